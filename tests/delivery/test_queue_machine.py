"""Whatever happens in whatever order, no delivery is lost, doubled or ended twice (a model-based test)."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from delivery import ending
from delivery.core.breaker import BreakerPolicy
from delivery.core.outcome import Outcome
from delivery.core.retry import RetryPolicy
from delivery.lanes import LanePolicy
from tests.delivery.engine_machine import LANES, WORKERS, EngineMachine, run_machine
from tests.delivery.queue_rows import TABLES
from tests.delivery.simulation import stored

pytestmark = pytest.mark.django_db
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
        self.model, self.lane_of = {}, {}
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
        free = [row for row, found in stored(self.lanes).unfinished.items() if found[0] is None]

        ending.cancel_waiting(TABLES, self.lanes[lane], reason="By hand.")

        for row in free:
            if self.lane_of[row] == self.lanes[lane]:
                self.model[row] = ("cancelled", 0)

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
    run_machine(QueueMachine, examples=25, steps=30)
