"""Whatever happens in whatever order, no delivery is lost, doubled or ended twice (a model-based test)."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from delivery import ending, queue
from delivery.core.outcome import Outcome
from tests.delivery.queue_machine import ANSWERS, LEASE, POLICY, Worker, World, stored
from tests.delivery.queue_rows import TABLES, add_lane, add_rows, database_now

pytestmark = pytest.mark.django_db
LANES, WORKERS = st.integers(0, 2), st.integers(0, 1)
ANSWERED = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(sorted(ANSWERS))), min_size=1, max_size=4)


class QueueMachine(RuleBasedStateMachine):
    """Two workers and three lanes. The model knows how each row stands and what it spent."""

    @initialize()
    def begin(self):
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.lanes = [add_lane() for _ in range(3)]
        self.world = World(now=database_now(), batching=self.lanes[1], holding=self.lanes[2])
        self.workers = [Worker(self.world, self.flights) for _ in range(2)]
        self.model, self.lane_of, self.paused = {}, {}, set()
        for lane in range(3):
            self.enqueue(lane, 4)

    def teardown(self):
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def flights(self):
        return [sent.flight for worker in self.workers for sent in worker.network.flying]

    # --- what may happen ---------------------------------------------------------------------------

    @rule(lane=LANES, count=st.integers(1, 5))
    def enqueue(self, lane, count):
        for row in add_rows(self.lanes[lane], count):
            self.model[row], self.lane_of[row] = ("waiting", 0), self.lanes[lane]

    @rule(worker=WORKERS)
    def work(self, worker):
        self.workers[worker].look(self.paused)
        self.workers[worker].claim()

    @precondition(lambda self: self.flights())
    @rule(answers=ANSWERED)
    def answers_come(self, answers):
        self._answer_some(self.workers, answers)

    def _answer_some(self, workers, answers):
        for place, answer in answers:
            flying = [(worker, sent) for worker in workers for sent in worker.network.flying]
            if flying:
                self._answer(*flying[place % len(flying)], answer)

    def _answer(self, worker, sent, answer):
        unfinished = stored(self.lanes).unfinished
        mine = [row for row in sent.flight.rows if unfinished.get(row.id, (None,))[0] == row.claim_id]

        worker.land(sent, answer)

        for row in mine:  # a late answer to a claim that was lost changes nothing
            self.model[row.id] = after(self.model[row.id][1], answer, holds=sent.flight.hold_unknown)

    @rule(seconds=st.sampled_from([1, 16, 31, 61, 200]))
    def time_passes(self, seconds):
        self.world.now += timedelta(seconds=seconds)

    @rule(worker=WORKERS, early=ANSWERED, late=ANSWERED)
    def take_over(self, worker, early, late):
        """The other one stalls for longer than its leases last: its answers come when its rows are lost."""
        self.time_passes(LEASE.seconds + 1)
        self.work(worker)
        self._answer_some([self.workers[worker]], early)
        self._answer_some([self.workers[1 - worker]], late)

    @rule(worker=WORKERS, answer=st.sampled_from(["failed", "unknown"]))
    def vendors_are_down(self, worker, answer):
        """Everything that flies fails, and the retries come due before the breakers let a probe through."""
        for sent in list(self.workers[worker].network.flying):
            self._answer(self.workers[worker], sent, answer)
        self.time_passes(20)
        self.work(worker)

    @rule(worker=WORKERS)
    def die(self, worker):
        self.workers[worker] = Worker(self.world, self.flights)

    @precondition(lambda self: any(not worker.network.flying for worker in self.workers))
    @rule()
    def end_runs(self):
        for place, worker in enumerate(self.workers):
            if not worker.network.flying:
                worker.lanes.release(self.world.now)
                self.workers[place] = Worker(self.world, self.flights)

    @rule(lane=LANES)
    def pause_or_resume(self, lane):
        if self.lanes[lane] in self.paused:
            self.paused.discard(self.lanes[lane])
            for worker in self.workers:
                worker.network.paused -= {self.lanes[lane]}
            self._set_reason(lane, "")
        else:
            self.paused.add(self.lanes[lane])
            self._set_reason(lane, "By hand.")

    @rule(lane=LANES)
    def retry_now(self, lane):
        queue.retry_lane_now(TABLES, self.lanes[lane])

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

    @invariant()
    def a_lane_has_no_two_holders(self):
        hands = [lane.id for worker in self.workers for lane in worker.lanes if self._holds(worker, lane)]

        assert len(hands) == len(set(hands))

    @invariant()
    def breakers_open_and_close_by_turns(self):
        for moments in self.world.moments.values():
            assert moments == (["opened", "closed"] * len(moments))[: len(moments)]

    def _set_reason(self, lane, reason):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE integrations_destinationlane SET paused_reason = %s WHERE id = %s",
                [reason, self.lanes[lane]],
            )

    def _holds(self, worker, lane):
        with connection.cursor() as cursor:
            cursor.execute("SELECT holder FROM integrations_destinationlane WHERE id = %s", [lane.id])
            return cursor.fetchone()[0] == worker.lanes.holder


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
    run_state_machine_as_test(
        QueueMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
