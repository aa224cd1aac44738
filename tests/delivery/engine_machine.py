"""The ground of the engine's model-based tests: two workers, some lanes, and what may happen to them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID

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

from delivery.held import HeldLane
from delivery.lanes import LanePolicy, Row
from delivery.worker import Sent
from integrations.models import Destination, DestinationLane
from integrations.services.destinations import close_breaker, pause_destination, resume_destination
from tests.delivery.moved_clock import moved_clock
from tests.delivery.queue_rows import add_lane, add_rows
from tests.delivery.simulation import LEASE, Worker, World, stored
from tests.integrations.pipelines import BY

LANES, WORKERS = st.integers(0, 2), st.integers(0, 1)
PICKED = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), min_size=1, max_size=4)
ROUNDS, ROUND_S = 60, 30  # a half hour is more than any wait that the rules can bring about


class EngineMachine(RuleBasedStateMachine):
    """Its subclasses say how the lanes are driven, what answers come, and keep a model of one noun."""

    policies: tuple[LanePolicy, LanePolicy, LanePolicy]

    @initialize()
    def begin(self):
        self.undone = ExitStack()
        self.clock = self.undone.enter_context(moved_clock())
        self.lanes = [add_lane() for _ in self.policies]
        driven = dict(zip(self.lanes, self.policies, strict=True))
        self.world = World(self.clock, driven, leaves=self.leaves)
        self.workers = [Worker(self.world), Worker(self.world)]
        self.paused: set[UUID] = set()
        self.seen_paused: dict[HeldLane, bool] = {}
        self.prepare()

    def teardown(self):
        if hasattr(self, "undone"):
            self.undone.close()

    # --- what a subclass adds ----------------------------------------------------------------------

    def prepare(self) -> None:
        """The model as it begins."""

    def kinds(self, lane_id: UUID) -> Sequence[str]:
        """How this lane's requests may be answered."""
        raise NotImplementedError

    def added(self, lane_id: UUID, rows: Sequence[UUID]) -> None:
        """New deliveries came."""

    def looked(self, worker: Worker) -> None:
        """A worker knows now what stands in the lanes' rows."""
        self.seen_paused.update({lane: lane.id in self.paused for lane in worker.lanes})

    def leaves(self, sent: Sent) -> None:
        """Something is about to leave: may it?"""
        now, flight = self.clock.now, sent.flight
        answered_at = now + timedelta(milliseconds=flight.request.deadline_ms)
        for row in flight.rows:
            assert row.leased_until > answered_at, "its lease ends before its answer comes"
        live = {row.id for other in self.flights() for row in other.flight.rows if row.leased_until > now}
        assert not live & {row.id for row in flight.rows}, "a row has two live claims"
        assert not self.seen_paused[sent.lane], "something left a paused lane"

    def land(self, worker: Worker, answers: Sequence[tuple[Sent, str]]) -> None:
        """Answers of this worker's requests come, and are recorded together."""
        worker.land(answers)

    # --- what may happen ---------------------------------------------------------------------------

    @rule(lane=LANES, count=st.integers(1, 6))
    def enqueue(self, lane, count):
        self.added(self.lanes[lane], add_rows(self.lanes[lane], count))

    @rule(worker=WORKERS)
    def work(self, worker):
        self.workers[worker].look()
        self.looked(self.workers[worker])
        self.workers[worker].claim()

    @rule(worker=WORKERS)
    def go_on_after_a_stall(self, worker):
        """It claims and sends without a look: what it has in hand may be another's by now."""
        self.workers[worker].claim()

    @precondition(lambda self: self.flights())
    @rule(picked=PICKED)
    def answers_come(self, picked):
        self.answer_some(self.workers, picked)

    @rule(seconds=st.sampled_from([1, 4, 16, 31, 61, 200]))
    def time_passes(self, seconds):
        self.clock.move(seconds)

    @rule(worker=WORKERS, early=PICKED, late=PICKED)
    def take_over(self, worker, early, late):
        """The other one stalls for longer than its leases last: its answers come when its rows are lost."""
        self.time_passes(LEASE.seconds + 1)
        self.work(worker)
        self.answer_some([self.workers[worker]], early)
        self.answer_some([self.workers[1 - worker]], late)

    @rule(worker=WORKERS)
    def die(self, worker):
        self.workers[worker] = Worker(self.world)

    @rule()
    def end_runs(self):
        for place, worker in enumerate(self.workers):
            if not worker.network.flying:
                worker.rest()
                assert worker.lanes.holder not in {row.holder for row in self.rows()}, "a lane was kept"
                self.die(place)

    @rule(lane=LANES)
    def pause_or_resume(self, lane):
        lane_id = self.lanes[lane]
        if lane_id in self.paused:
            resume_destination(BY, self.destination(lane_id))
        else:
            pause_destination(BY, self.destination(lane_id), "By hand.")
        self.paused ^= {lane_id}

    @rule(lane=LANES)
    def retry_now(self, lane):
        close_breaker(BY, self.destination(self.lanes[lane]))

    @rule()
    def all_that_may_leave_does(self):
        """However it stands, a worker that is left alone empties every lane: no wake-up is lost."""
        for lane_id in set(self.paused):
            self.pause_or_resume(self.lanes.index(lane_id))
        self.answer([(sent, "delivered") for sent in self.flights()])
        self.end_runs()
        for _ in range(ROUNDS):
            if not self.waiting():
                return
            self.time_passes(ROUND_S)
            self.work(0)
            self.answer([(sent, "delivered") for sent in self.flights()])
        raise AssertionError(f"{len(self.waiting())} deliveries wait for ever")

    # --- what must always hold ---------------------------------------------------------------------

    @invariant()
    def a_lane_has_no_two_holders(self):
        holders = {row.pk: row.holder for row in self.rows()}
        hands = [
            lane.id for one in self.workers for lane in one.lanes if holders[lane.id] == one.lanes.holder
        ]

        assert len(hands) == len(set(hands))

    # --- what is seen ------------------------------------------------------------------------------

    def rows(self) -> Sequence[DestinationLane]:
        """The lanes' rows, in the lanes' order."""
        found = {row.pk: row for row in DestinationLane.objects.filter(pk__in=self.lanes)}
        return [found[lane_id] for lane_id in self.lanes]

    def flights(self) -> list[Sent]:
        return self.flights_of(self.workers)

    def flights_of(self, workers: Sequence[Worker]) -> list[Sent]:
        """Lane by lane, in an order that does not hang on where PostgreSQL keeps the rows."""
        return [sent for worker in workers for sent in sorted(worker.network.flying, key=self.rank)]

    def rank(self, sent: Sent) -> tuple[int, list[tuple[int, int]]]:
        rows = sorted((row.attempts, row.flights) for row in sent.flight.rows)
        return self.lanes.index(sent.lane.id), rows

    def waiting(self) -> list[UUID]:
        """Unfinished rows that no person must decide about."""
        return [row for row, found in stored(self.lanes).unfinished.items() if not found[2]]

    def holds(self, worker: Worker, lane_id: UUID) -> bool:
        return DestinationLane.objects.filter(pk=lane_id, holder=worker.lanes.holder).exists()

    def destination(self, lane_id: UUID) -> Destination:
        return Destination.objects.select_related("pipeline").get(pk=lane_id)

    # --- answering ---------------------------------------------------------------------------------

    def answer_some(self, workers: Sequence[Worker], picked: Sequence[tuple[int, int]]) -> None:
        """Answers of a kind by number for requests by number."""
        flying = self.flights_of(workers)
        chosen = {flying[place % len(flying)]: kind for place, kind in picked if flying}
        kinds = {sent: self.kinds(sent.lane.id) for sent in chosen}
        self.answer([(sent, kinds[sent][kind % len(kinds[sent])]) for sent, kind in chosen.items()])

    def theirs(self, answers: Sequence[tuple[Sent, str]]) -> list[tuple[Sent, str, Row]]:
        """The answered rows whose claim was not lost: an answer to others changes nothing."""
        unfinished = stored(self.lanes).unfinished
        return [
            (sent, kind, row)
            for sent, kind in answers
            for row in sent.flight.rows
            if unfinished.get(row.id, (None,))[0] == row.claim_id
        ]

    def answer(self, answers: Sequence[tuple[Sent, str]]) -> None:
        for worker in self.workers:
            mine = [(sent, kind) for sent, kind in answers if sent in worker.network.flying]
            if mine:
                self.land(worker, mine)


def run_machine(machine: type[EngineMachine], *, examples: int, steps: int) -> None:
    """Run it on as many sequences of so many steps, the same ones each time."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
