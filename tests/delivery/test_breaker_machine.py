"""Whoever holds a lane, its breaker opens, probes and closes in turn, and says so (a model-based test)."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from delivery.core.breaker import BreakerPolicy
from delivery.core.retry import RetryPolicy
from delivery.lanes import LanePolicy
from tests.delivery.engine_machine import WORKERS, run_machine
from tests.delivery.holder_machine import HolderMachine
from tests.delivery.simulation import stored

pytestmark = pytest.mark.django_db
HURTS = ("failed", "unknown")
OPEN_S = 60
POLICY = LanePolicy(
    concurrency=3,
    retry=RetryPolicy(attempts=1_000, base_s=30, factor=1, longest_age_s=1e9),
    breaker=BreakerPolicy(failures=2, open_s=OPEN_S),
)


@dataclass(frozen=True)
class Breaker:
    """Closed, or open with the time of its probe (None: now)."""

    is_open: bool = False
    failures: int = 0
    probes_at: datetime | None = None


class BreakerMachine(HolderMachine):
    """One breaker opens after two failures, one after five, one only observes."""

    policies = (
        POLICY,
        replace(POLICY, breaker=BreakerPolicy(failures=5, open_s=OPEN_S)),
        replace(POLICY, breaker=BreakerPolicy(failures=2, only_observes=True)),
    )

    def prepare(self):
        super().prepare()
        self.spent: Counter = Counter()
        self.moments = {lane_id: [] for lane_id in self.lanes}

    def fresh(self, lane_id):
        return Breaker()

    def kinds(self, lane_id):
        return ["failed", "delivered", "failed", "unknown", "rejected"]

    def admits(self, lane_id, known):
        policy = self.world.policies[lane_id]
        if not known.is_open or policy.breaker.only_observes:
            return policy.concurrency
        return 1 if self.may_probe(known) else 0

    def may_probe(self, known):
        return known.probes_at is None or known.probes_at <= self.clock.now

    def learns(self, lane_id, known, kind, left_at):
        policy = self.world.policies[lane_id].breaker
        if known.is_open and not self.may_probe(known):
            return known  # it left before the breaker opened
        if kind not in HURTS:
            return Breaker()
        failures = known.failures + 1
        if not known.is_open and failures < policy.failures:
            return Breaker(failures=failures)
        probes_at = None if policy.only_observes else self.clock.now + timedelta(seconds=OPEN_S)
        return Breaker(is_open=True, failures=failures, probes_at=probes_at)

    def freed(self, known):
        return replace(known, probes_at=None)

    def saved(self, lane_id, before, after):
        if before.is_open != after.is_open:
            self.moments[lane_id].append("opened" if after.is_open else "closed")

    def leaves(self, sent):
        super().leaves(sent)
        lane, known = sent.lane, self.hands[sent.lane]
        assert self.admits(lane.id, known), "something left an open lane"
        if known.is_open and not lane.policy.breaker.only_observes:
            assert all(other.lane is not lane for other in self.flights()), "something flies beside a probe"

    def land(self, worker, answers):
        spending = [row.id for sent, kind, row in self.theirs(answers) if kind in HURTS]

        super().land(worker, answers)

        self.spent.update(spending)

    @rule(worker=WORKERS, kind=st.sampled_from(["failed", "unknown", "delivered"]))
    def all_are_answered(self, worker, kind):
        """Together, so that a breaker may open and close within one record."""
        self.answer([(sent, kind) for sent in self.workers[worker].network.flying])

    @rule(worker=WORKERS)
    def vendors_are_down(self, worker):
        self.work(worker)
        self.all_are_answered(worker, "failed")

    @rule(worker=WORKERS, kinds=st.lists(st.sampled_from(["failed", "delivered"]), min_size=1, max_size=3))
    def probes_are_answered(self, worker, kinds):
        """One after the other, as often as they fail."""
        for kind in kinds:
            self.time_passes(OPEN_S + 1)
            self.work(worker)
            self.all_are_answered(worker, kind)

    @invariant()
    def the_rows_say_what_the_model_says(self):
        for row in self.rows():
            known = self.stored[row.pk]
            assert (row.breaker_state != "closed", row.breaker_failures) == (known.is_open, known.failures)
            assert row.breaker_open_until == known.probes_at

    @invariant()
    def each_moment_is_announced_once(self):
        assert {lane_id: self.world.moments.get(lane_id, []) for lane_id in self.lanes} == self.moments

    @invariant()
    def only_requests_spend_attempts(self):
        unfinished = stored(self.lanes).unfinished
        assert {row: found[1] for row, found in unfinished.items()} == {
            row: self.spent[row] for row in unfinished
        }


def test_breakers_open_probe_and_close_whoever_holds_the_lane():
    run_machine(BreakerMachine, examples=20, steps=25)
