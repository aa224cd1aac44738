"""Whoever holds a lane, what leaves it keeps to its cap, its rate, its pause and the other side's wishes.

A model-based test.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis.stateful import invariant

from delivery.core.breaker import BreakerPolicy
from delivery.core.rate import RateLimit
from delivery.core.retry import RetryPolicy
from delivery.lanes import LanePolicy
from tests.delivery.engine_machine import run_machine
from tests.delivery.holder_machine import HolderMachine
from tests.delivery.simulation import stored

pytestmark = pytest.mark.django_db
RATE = RateLimit(per_s=1 / 16, burst=4)  # counted without rounding, and slower than lanes change hands
ASKED_S = 40
POLICY = LanePolicy(
    concurrency=3,
    retry=RetryPolicy(longest_age_s=1e9, throttle_s=30),
    breaker=BreakerPolicy(failures=1_000_000),
)


@dataclass(frozen=True)
class Flow:
    """What a holder goes by: tokens at a time, and the wait that was asked for, until something is taken."""

    tokens: float
    at: datetime
    waits_until: datetime | None = None
    slowed_at: datetime | None = None

    @property
    def has_waited(self):
        return self.waits_until is not None or self.slowed_at is not None

    def tokens_at(self, now: datetime) -> float:
        dripped = max((now - self.at).total_seconds(), 0) * RATE.per_s
        return min(self.tokens + dripped, RATE.burst)


class LanesMachine(HolderMachine):
    """One lane has a cap, one a rate, one is asked to slow down."""

    policies = POLICY, replace(POLICY, concurrency=20, rate=RATE), replace(POLICY, claims_ahead=True)

    def prepare(self):
        super().prepare()
        self.capped, self.rated, self.asked = self.lanes
        self.counted_exactly = {self.capped, self.rated}  # the third one learns a pace

    def fresh(self, lane_id):
        return Flow(tokens=RATE.burst, at=self.clock.now)

    def kinds(self, lane_id):
        return ["delivered", "rejected", "delivered", *["asked to wait"] * 2 * (lane_id == self.asked)]

    def rests(self, lane_id, known):
        return known.waits_until is not None and self.clock.now < known.waits_until

    def admits(self, lane_id, known):
        if self.rests(lane_id, known):
            return 0
        cap = 1 if known.has_waited else self.world.policies[lane_id].concurrency
        return min(cap, int(known.tokens_at(self.clock.now))) if lane_id == self.rated else cap

    def learns(self, lane_id, known, kind, left_at):
        now, until, slowed_at = self.clock.now, known.waits_until, known.slowed_at
        if kind == "asked to wait":
            until = max(until or now, now + timedelta(seconds=ASKED_S))
            return replace(known, waits_until=until, slowed_at=slowed_at or now)
        is_late = slowed_at is not None and left_at <= slowed_at
        return (
            known
            if is_late or self.rests(lane_id, known)
            else replace(known, waits_until=None, slowed_at=None)
        )

    def freed(self, known):
        now = self.clock.now
        return replace(known, tokens=max(known.tokens, 1), at=min(known.at, now), waits_until=None)

    def leaves(self, sent):
        super().leaves(sent)
        lane, known = sent.lane, self.hands[sent.lane]
        flying = sum(other.lane is lane for other in self.flights())
        assert flying < lane.policy.concurrency, "more fly than the cap allows"
        assert not (flying and known.has_waited), "more than one asks whether the wait is over"
        assert self.admits(lane.id, known), "something left a lane that waits, or that has no token"
        if lane.id == self.rated:
            now = self.clock.now
            self.hands[lane] = replace(known, tokens=known.tokens_at(now) - 1, at=now)

    def land(self, worker, answers):
        for answer in answers:  # one by one: what comes first may let something leave before the next
            super().land(worker, [answer])

    @invariant()
    def the_rows_say_what_the_model_says(self):
        for row in self.rows():
            known = self.stored[row.pk]
            assert row.throttled_until == known.waits_until
            if row.pk == self.rated and row.tokens_at:
                found = Flow(tokens=row.tokens, at=row.tokens_at)
                assert found.tokens_at(self.clock.now) == known.tokens_at(self.clock.now)

    @invariant()
    def waiting_spends_no_attempt(self):
        assert {found[1] for found in stored(self.lanes).unfinished.values()} <= {0}


def test_what_leaves_keeps_to_cap_rate_pause_and_throttle():
    run_machine(LanesMachine, examples=20, steps=25)
