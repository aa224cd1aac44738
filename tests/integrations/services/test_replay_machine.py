"""Whatever happens to replays, each sends an event once, only what it was asked for, and counts it right.

A model-based test. How deliveries end is read from the tables: the engine's machines prove that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from integrations.core.replay import MOST_FAILURES, wait_after
from integrations.models import Replay, ReplayDestination
from integrations.services.counters import fold_counts
from integrations.services.destinations import disable_destination, enable_destination
from integrations.services.lanes import DestinationLanes
from integrations.services.replays import jobs, steps, turns
from integrations.services.replays.jobs import Asked, ask_replay, cancel_replay, start_replay
from integrations.services.replays.progress import progress_of
from tests.delivery.engine_machine import run_machine
from tests.delivery.moved_clock import moved_clock
from tests.delivery.simulation import LEASE, Worker, World
from tests.integrations.pipelines import BY
from tests.integrations.services.replay_model import Made, Model, Pair, read_counted, read_made
from tests.integrations.stub_vendor import send, stub_destination

pytestmark = pytest.mark.django_db
PAGE = 2
MOST_SELECTED = 5
MOST_STEPS = 200
CHUNK = 2
LONGEST_WAIT_S = int(wait_after(MOST_FAILURES).total_seconds())
ENDS = st.sampled_from(["delivered", "rejected", "cancelled", "waiting"])
PARTS_OF_A_STEP = st.sampled_from(["judge", "copy_rows", "write_counts"])
CHOICES = st.integers(0, 30)
OUTCOMES = st.lists(st.sampled_from(["rejected", "cancelled"]), unique=True).map(tuple)


class Killed(BaseException):
    """The worker is gone."""


@contextmanager
def after_it(part: str, *, raising: type[BaseException]) -> Iterator[None]:
    """Steps do this part, and come no further."""
    real = getattr(steps, part)

    def act(*arguments):
        real(*arguments)
        raise raising

    with patch.object(steps, part, act):
        yield


class ReplayMachine(RuleBasedStateMachine):
    """Two destinations of one pipeline, events that come and end, and some replays at once."""

    @initialize()
    def begin(self):
        self.undone = ExitStack()
        self.clock = self.undone.enter_context(moved_clock())
        self.undone.enter_context(patch.object(steps, "next_page", lambda page, backlog: (PAGE, PAGE)))
        self.undone.enter_context(patch.object(steps, "COUNTED_PAGE", MOST_SELECTED + 1))
        for module in (jobs, turns):
            self.undone.enter_context(patch.object(module, "CHUNK", CHUNK))
        first = stub_destination(batch={"max_count": 1})
        second = stub_destination(pipeline=first.pipeline, name="Other", batch={"max_count": 1})
        self.destinations = [first, second]
        order = [destination.id for destination in self.destinations]
        self.world = World(self.clock, {}, leaves=lambda sent: None, order=order)
        self.begun_at = self.clock.now
        self.replays: dict[UUID, Model] = {}
        self.seen: set[UUID] = set()
        self.states: dict[UUID, str] = {}
        self.turn = 0
        self.come_and_fail(3)
        self.come(2)
        self.deliver([True])

    def teardown(self):
        if hasattr(self, "undone"):
            self.undone.close()

    # --- what may happen to events -----------------------------------------------------------------

    @rule(count=st.integers(1, 4))
    def come(self, count):
        send(self.destinations[0], *["event"] * count)
        self.time_passes(1)

    @rule(count=st.integers(1, 4))
    def come_and_fail(self, count):
        self.come(count)
        self.deliver([False])

    @rule(
        delivered=st.lists(st.booleans(), min_size=1, max_size=5), dies_after=st.just(30) | st.integers(0, 3)
    )
    def deliver(self, delivered, dies_after=30):
        """All that is due is sent and answered, unless its worker dies."""
        worker = Worker(self.world, DestinationLanes())
        worker.look()
        worker.claim()
        answers = ["delivered" if is_delivered else "rejected" for is_delivered in delivered]
        flying = list(worker.network.flying)[:dies_after]
        worker.land([(sent, answers[place % len(answers)]) for place, sent in enumerate(flying)])
        if not worker.network.flying:
            worker.rest()
        self.time_passes(1)

    @rule(place=st.integers(0, 1))
    def cancel_all_that_waits(self, place):
        disable_destination(BY, self.destinations[place])
        enable_destination(BY, self.destinations[place])
        self.time_passes(1)

    @rule(seconds=st.sampled_from([1, LEASE.seconds + 1, 3600]))
    def time_passes(self, seconds):
        self.clock.move(seconds)

    @rule()
    def fold(self):
        fold_counts()

    # --- what may happen to replays ----------------------------------------------------------------

    @rule(outcomes=OUTCOMES, delivered=st.booleans(), never=st.booleans(), starts=st.booleans())
    def ask_by_filter(self, outcomes, delivered, never, starts):
        self.ask(
            since=self.begun_at - timedelta(days=1),
            outcomes=outcomes or ("rejected", "cancelled"),
            include_delivered=delivered,
            include_never_sent=never,
            starts_itself=starts,
        )

    @rule(places=st.lists(CHOICES, min_size=1, max_size=MOST_SELECTED), delivered=st.booleans())
    def ask_for_some(self, places, delivered):
        made = sorted(self.made())
        chosen = {made[place % len(made)].id for place in places}

        replay = self.ask(deliveries=chosen, include_delivered=delivered)

        assert replay.state == "ready"
        assert progress_of(replay).expected == len(self.pairs(self.replays[replay.id], self.made()))

    def ask(self, **values):
        pipeline = self.destinations[0].pipeline
        asked = Asked(organization=pipeline.organization, destinations=self.destinations, **values)
        replay = ask_replay(BY, asked)
        self.replays[replay.id] = Model(asked, self.clock.now)
        return replay

    @precondition(lambda self: {"ready", "failed"} & set(self.states.values()))
    @rule(place=CHOICES)
    def start(self, place):
        """One that failed goes on where it stopped."""
        start_replay(BY, self.one_in("ready", "failed", place=place))

    @rule(outcomes=OUTCOMES, delivered=st.booleans(), never=st.booleans(), ends=ENDS)
    def replay_all_of_it(self, outcomes, delivered, never, ends):
        """From the question to the end of what was sent, so that later ones find a history."""
        self.ask_by_filter(outcomes, delivered, never, starts=True)
        self.go_on_to_the_end()
        if ends == "cancelled":
            self.cancel_all_that_waits(0)
            self.cancel_all_that_waits(1)
        elif ends != "waiting":
            self.deliver([ends == "delivered"])

    @precondition(lambda self: {"counting", "running"} & set(self.states.values()))
    @rule(pages=st.integers(1, 3), answers=st.lists(st.booleans(), max_size=4))
    def pages_and_answers(self, pages, answers):
        """What is sent ends while the rest is still to be sent."""
        self.some_pages(pages)
        for is_delivered in answers:
            self.deliver([is_delivered])
            self.some_pages(pages)

    def some_pages(self, pages):
        for _ in range(pages):
            self.step()

    @precondition(lambda self: {"running"} & set(self.states.values()))
    @rule(after=PARTS_OF_A_STEP, pages=st.integers(0, 2))
    def some_pages_and_a_death(self, after, pages):
        """The worker is killed in the middle of a page: nothing of that one stays."""
        self.some_pages(pages)
        with after_it(after, raising=Killed), suppress(Killed):
            self.step()

    @precondition(lambda self: {"running"} & set(self.states.values()))
    @rule(after=PARTS_OF_A_STEP, times=st.integers(1, 2 * MOST_FAILURES))
    def steps_that_break(self, after, times):
        """Whatever is wrong is wrong for a while, so that destinations may be given up."""
        for _ in range(times):
            with after_it(after, raising=ValueError):
                self.step(may_break=True)
            self.time_passes(LONGEST_WAIT_S)

    @rule(pages=st.integers(1, 3), delivered=st.booleans())
    def given_up_and_started_again(self, pages, delivered):
        """Some of it was sent and has ended by then."""
        self.come_and_fail(2 * PAGE)
        self.go_on_to_the_end()
        self.ask_by_filter((), delivered, False, starts=True)
        self.some_pages(2 * (1 + pages))  # of each destination: what it counts, and what it sends
        self.deliver([delivered])
        unfinished = ReplayDestination.objects.filter(replay__state="running", is_finished=False)
        self.steps_that_break("judge", MOST_FAILURES * unfinished.count())
        for replay in self.in_state("failed"):
            start_replay(BY, replay)
        self.go_on_to_the_end()

    @rule()
    def go_on_to_the_end(self):
        """However often they were stopped, who takes them on brings all to an end."""
        for _ in range(MOST_STEPS):
            if not self.in_state("counting", "running"):
                return
            self.time_passes(LONGEST_WAIT_S)
            self.step()
        raise AssertionError("a replay never ends")

    @precondition(lambda self: {"counting", "ready", "running"} & set(self.states.values()))
    @rule(place=CHOICES, takes_waiting=st.booleans())
    def cancel(self, place, takes_waiting):
        replay = self.one_in("counting", "ready", "running", place=place)
        waiting = {one.id: one.is_free for one in self.unfinished_of(replay.id)}

        cancel_replay(BY, replay, cancel_waiting=takes_waiting)

        left = {one.id for one in self.unfinished_of(replay.id)}
        ended = min(CHUNK, sum(waiting.values())) if takes_waiting else 0
        assert left <= waiting.keys()
        assert len(left) == len(waiting) - ended

    @rule()
    def cancel_the_rest(self):
        asked = set(Replay.objects.filter(cancels_waiting=True).values_list("id", flat=True))

        while turns.cancel_some():
            pass

        for replay_id in asked:
            assert not any(one.is_free for one in self.unfinished_of(replay_id))

    def step(self, *, may_break=False):
        """A page, after which all that is new must have been the model's to send."""
        before, running = self.made(), {one.id for one in self.in_state("running")}
        failures = self.failures()
        may_break = may_break or ReplayDestination.objects.filter(is_begun=True).exists()  # its worker died
        self.time_passes(1)

        turns.take_turn()

        assert may_break or self.failures() <= failures, "a step broke"
        made = self.made()
        new = [one for one in made if one.id not in self.seen and one.replay_id]
        self.seen |= {one.id for one in new}
        assert {one.replay_id for one in new} <= running
        for one in new:
            assert self.replays[one.replay_id].sends(one.pair, before), "it sent what it was not asked for"
        self.each_is_sent_once_and_none_forgotten(made)

    # --- what must always hold ---------------------------------------------------------------------

    @invariant()
    def all_of_it_holds(self):
        """One look at the tables for all that must be true of them."""
        made = self.made()
        self.each_is_sent_once_and_none_forgotten(made)
        self.counters_say_what_stands_in(made)
        if self.replays:
            self.turn += 1
            self.progress_says_what_stands_in(made, list(self.replays)[self.turn % len(self.replays)])

    def each_is_sent_once_and_none_forgotten(self, made):
        self.states = dict(Replay.objects.values_list("id", "state"))
        times = Counter((one.replay_id, one.pair) for one in made if one.replay_id)
        assert set(times.values()) <= {1}
        assert {one.id for one in made if one.replay_id} == self.seen, "something was made outside a step"
        for id, state in self.states.items():
            model, sent = self.replays[id], {pair for replay_id, pair in times if replay_id == id}
            if state in ("running", "done", "failed"):
                still = self.pairs(model, made) | sent
                model.owed = still if model.owed is None else model.owed & still
            if state == "done":
                assert model.owed <= sent, "it ended without what it was asked for"

    def progress_says_what_stands_in(self, made, replay_id):
        for share in progress_of(Replay.objects.get(id=replay_id)).shares:
            key = replay_id, share.destination_id
            outcomes = Counter(one.outcome for one in made if (one.replay_id, one.lane_id) == key)
            assert share.tally.to_send == outcomes.total()
            assert (share.delivered, share.failed) == (outcomes["delivered"], outcomes["rejected"])
            assert (share.cancelled, share.waiting) == (outcomes["cancelled"], outcomes[None])

    def counters_say_what_stands_in(self, made):
        """Planned is ended and waiting together, of each destination."""
        expected = Counter((one.lane_id, one.outcome) for one in made if one.outcome)
        expected.update((one.lane_id, "planned") for one in made)
        assert read_counted([one.id for one in self.destinations]) == expected

    # --- what is seen ------------------------------------------------------------------------------

    def made(self) -> list[Made]:
        return read_made([one.id for one in self.destinations])

    def pairs(self, model: Model, made: list[Made]) -> set[Pair]:
        """All that a replay would send which looked at everything now."""
        events = {one.event_id for one in made}
        pairs = {(event, lane.id) for event in events for lane in self.destinations}
        return {pair for pair in pairs if model.sends(pair, made)}

    def unfinished_of(self, replay_id: UUID) -> list[Made]:
        return [one for one in self.made() if one.replay_id == replay_id and not one.outcome]

    def failures(self) -> int:
        """Of steps in a row, over all shares."""
        return sum(ReplayDestination.objects.values_list("failures", flat=True))

    def in_state(self, *states: str) -> list[Replay]:
        return list(Replay.objects.filter(state__in=states).order_by("asked_at", "id"))

    def one_in(self, *states: str, place: int) -> Replay:
        found = self.in_state(*states)
        return found[place % len(found)]


def test_a_replay_sends_each_event_once_and_only_what_was_asked_for(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"

    run_machine(ReplayMachine, examples=7, steps=20)
