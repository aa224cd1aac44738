"""How long answers are gathered before they are recorded together, while a lane may wait for a claim."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest

from delivery import worker as engine
from delivery.lanes import LanePolicy
from tests.delivery.moved_clock import moved_clock
from tests.delivery.queue_rows import add_lane, add_rows
from tests.delivery.simulation import ANSWERS, Worker, World

POLICY = LanePolicy(concurrency=4)


class Steady:
    """A process whose first lane is answered every 10 ms and has more at hand."""

    def __init__(self, clock, rows_beside):
        ahead, beside = add_lane(), add_lane()
        add_rows(ahead, 60)
        add_rows(beside, rows_beside)
        policies = {ahead: replace(POLICY, claims_ahead=True), beside: POLICY}
        self.clock = clock
        self.worker = Worker(World(clock, policies, leaves=lambda sent: None))
        self.worker.network.wait = self.answer
        self.worker.look()
        self.worker.claim()
        self.ahead = ahead

    def answer(self, timeout_s):
        self.clock.move(timeout_s)
        sent = next(one for one in self.worker.network.flying if one.lane.id == self.ahead)
        self.worker.network.flying.remove(sent)
        return [(sent, ANSWERS["delivered"])]

    def gathered_s(self):
        """How long one round of answers takes."""
        began = self.clock.now
        self.worker._land()
        return (self.clock.now - began).total_seconds()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rows_beside", "longest_s"), [(3, engine.GATHER_LONG_S), (40, engine.GATHER_S)], ids=["none", "one"]
)
def test_answers_are_gathered_for_long_only_where_no_lane_waits_for_a_claim(rows_beside, longest_s):
    with moved_clock() as clock, patch.object(engine, "time", clock):
        gathered_s = Steady(clock, rows_beside).gathered_s()

    assert longest_s <= gathered_s <= longest_s + engine.GATHER_S / 2 + 0.001
