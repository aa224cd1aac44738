"""Whatever happens in whatever order, no delivery is lost, doubled or ended twice (a model-based test)."""

from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from delivery import ending
from delivery.core.breaker import BreakerPolicy
from delivery.core.outcome import Outcome
from delivery.core.retry import RetryPolicy
from delivery.ids import moment_of
from delivery.lanes import LanePolicy
from tests.delivery.engine_machine import LANES, WORKERS, EngineMachine, run_machine
from tests.delivery.queue_rows import TABLES
from tests.delivery.simulation import stored

pytestmark = pytest.mark.django_db
CHUNK = 3
POLICY = LanePolicy(
    concurrency=6,
    claims_ahead=True,
    retry=RetryPolicy(attempts=3, base_s=30, factor=1, longest_age_s=1e9),
    breaker=BreakerPolicy(failures=2, open_s=60),
)


class QueueMachine(EngineMachine):
    """One lane claims ahead, one sends in pairs, one holds what may have been carried out.

    The model knows how each row stands and what it spent.
    """

    policies = POLICY, replace(POLICY, rows_per_request=2), replace(POLICY, claims_ahead=False)

    def prepare(self):
        self.world.holding = self.lanes[2]
        self.undone.enter_context(patch.object(ending, "CHUNK", CHUNK))
        self.model, self.lane_of, self.marked = {}, {}, {}
        for lane in range(3):
            self.enqueue(lane, 4)

    def kinds(self, lane_id):
        return ["delivered", "rejected", "failed", "throttled", "unknown"]

    def added(self, lane_id, rows):
        self.model.update(dict.fromkeys(rows, ("waiting", 0)))
        self.lane_of.update(dict.fromkeys(rows, lane_id))

    def land(self, worker, answers):
        mine = [
            (row.id, after(self.model[row.id][1], kind, holds=sent.flight.hold_unknown))
            for sent, kind, row in self.theirs(answers)
        ]

        super().land(worker, answers)

        self.model.update(mine)

    # --- what may happen ---------------------------------------------------------------------------

    @rule(worker=WORKERS, answer=st.sampled_from(["failed", "unknown"]))
    def vendors_are_down(self, worker, answer):
        """Everything that flies fails, and the retries come due before the breakers let a probe through."""
        self.answer([(sent, answer) for sent in self.workers[worker].network.flying])
        self.time_passes(20)
        self.work(worker)

    @rule(lane=LANES)
    def cancel(self, lane):
        """A chunk of what rests; where that was not all, the rest is marked to end later."""
        lane_id, before = self.lanes[lane], stored(self.lanes)

        ending.cancel_waiting(TABLES, lane_id, reason="By hand.")

        if len(self.cancelled(before, lane_id)) == CHUNK:
            self.marked[lane_id] = self.clock.now

    @precondition(lambda self: self.marked)
    @rule()
    def end_some(self):
        before, marks = stored(self.lanes), dict(self.marked)

        ending.go_on(TABLES)

        left = {row.pk for row in self.rows() if row.ends_reason}
        (lane_id,) = {lane_id for lane_id in marks if self.has_ended(before, lane_id)} or marks.keys() - left
        ended = self.cancelled(before, lane_id)
        assert all(moment_of(row) <= marks[lane_id] for row in ended), "what came later was not meant"
        assert (lane_id in left) == (len(ended) == CHUNK)
        self.marked = {lane_id: at for lane_id, at in marks.items() if lane_id in left}

    @rule()
    def all_that_may_leave_does(self):
        while self.marked:
            self.end_some()
        super().all_that_may_leave_does()

    def has_ended(self, before, lane_id):
        ended = stored(self.lanes).outcomes.keys() - before.outcomes.keys()
        return any(self.lane_of[row] == lane_id for row in ended)

    def cancelled(self, before, lane_id):
        """What has just ended: rows of this lane that no worker had, a chunk at most."""
        free = {row for row, found in before.unfinished.items() if found[0] is None}
        mine = {row for row in free if self.lane_of[row] == lane_id}
        ended = stored(self.lanes).outcomes.keys() - before.outcomes.keys()
        assert ended <= mine
        assert len(ended) <= CHUNK
        self.model.update(dict.fromkeys(ended, ("cancelled", 0)))
        return ended

    def looked(self, worker):
        super().looked(worker)
        self.seen_paused.update({lane: True for lane in worker.lanes if lane.id in self.marked})

    @precondition(lambda self: any(state == "held" for state, _ in self.model.values()))
    @rule(sends=st.booleans(), place=st.integers(0, 9))
    def decide(self, sends, place):
        held = [row for row, (state, _) in self.model.items() if state == "held"]
        row = held[place % len(held)]
        if sends:
            assert ending.send_held(TABLES, row)
            self.model[row] = ("waiting", self.model[row][1])
        else:
            assert ending.end_held(TABLES, row, Outcome.REJECTED, "By hand.")
            self.model[row] = ("rejected", 0)

    # --- what must always hold ---------------------------------------------------------------------

    @invariant()
    def the_tables_say_what_the_model_says(self):
        found = stored(self.lanes)

        assert found.places == dict.fromkeys(self.model, 1), "a row is lost, or stands in two places"
        for row, (claim_id, attempts, is_held, reason) in found.unfinished.items():
            state, spent = self.model[row]
            if is_held and reason.startswith("Set aside"):  # too many workers died with it
                state, self.model[row] = "held", ("held", spent)
            assert ("held" if is_held else "waiting", attempts) == (state, spent)
            assert not (is_held and claim_id)
        for row, outcome in found.outcomes.items():
            assert outcome == self.model[row][0]


def after(spent, answer, *, holds):
    """How a row stands after an answer, as the documentation says it."""
    if answer in ("delivered", "rejected"):
        return (answer, spent)
    if answer == "throttled":
        return ("waiting", spent)
    if answer == "unknown" and holds:
        return ("held", spent + 1)
    return ("exhausted", spent) if spent + 1 >= POLICY.retry.attempts else ("waiting", spent + 1)


def test_nothing_is_lost_doubled_or_ended_twice():
    run_machine(QueueMachine, examples=20, steps=30)
