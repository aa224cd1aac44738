"""A second worker helps with a hot lane: within the lane's cap, and only while all is well."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from math import inf
from unittest.mock import patch

import pytest
from django.db import connection
from hypothesis.stateful import invariant, rule

from delivery import held
from delivery.core.addresses import AddressPolicy
from delivery.core.breaker import BreakerPolicy
from delivery.core.rate import RateLimit
from delivery.core.retry import RetryPolicy
from delivery.http import HttpEdge
from delivery.lanes import LanePolicy, Pause
from delivery.worker import Drain
from integrations.models import DestinationLane
from tests.delivery.engine_machine import WORKERS, EngineMachine, run_machine
from tests.delivery.moved_clock import moved_clock
from tests.delivery.queue_rows import add_lane, add_rows, outcomes
from tests.delivery.receiver import receiving
from tests.delivery.simulation import Worker, World, stored
from tests.delivery.test_worker import PostsRowIds
from tests.webhooks.services.test_concurrency import elsewhere

CAP, ROWS = 4, 40
POLICY = LanePolicy(concurrency=CAP, retry=RetryPolicy(longest_age_s=1e9), breaker=BreakerPolicy(failures=3))


class Hot:
    """A lane with more due rows than its holder sends: that one has its whole cap in flight and has asked."""

    def __init__(self, clock, policy=POLICY):
        self.clock, self.lane = clock, add_lane()
        self.calls = []
        self.world = World(clock, {self.lane: policy}, leaves=lambda sent: None)
        self.holder = self.worker()
        add_rows(self.lane, ROWS)
        self.work(self.holder)
        clock.move(1)
        self.answer(self.holder, "delivered", self.flying(self.holder))
        self.work(self.holder)
        self.holder.look()

    def worker(self):
        worker = Worker(self.world)
        worker.lanes.call_help = lambda: self.calls.append("rung")
        return worker

    def work(self, worker):
        worker.look()
        worker.claim()

    def flying(self, worker):
        return len(worker.network.flying)

    def answer(self, worker, kind, count=1):
        worker.land([(sent, kind) for sent in worker.network.flying[:count]])

    def helped(self):
        """Who helps, and has all in flight that it may."""
        helper = self.worker()
        helper.look()
        self.holder.look()
        self.answer(self.holder, "delivered", self.flying(self.holder) // 2)
        self.holder.look()
        self.work(helper)
        self.work(self.holder)
        return helper

    @property
    def row(self):
        return DestinationLane.objects.get(pk=self.lane)


@pytest.fixture
def hot(db):
    with moved_clock() as clock:
        yield Hot(clock)


def test_the_holder_of_a_hot_lane_asks_once_and_rings(hot):
    hot.work(hot.holder)
    hot.work(hot.holder)

    assert hot.row.help == "wanted"
    assert hot.calls == ["rung"]


def test_who_comes_sends_nothing_until_the_holder_keeps_to_its_half(hot):
    helper = hot.worker()
    hot.work(helper)
    hot.work(hot.holder)
    hot.work(helper)
    assert (hot.flying(hot.holder), hot.flying(helper)) == (CAP, 0)

    hot.answer(hot.holder, "delivered", CAP // 2)
    hot.work(hot.holder)
    hot.work(helper)
    hot.work(hot.holder)

    assert (hot.flying(hot.holder), hot.flying(helper)) == (CAP // 2, CAP // 2)


@pytest.mark.django_db
def test_who_comes_claims_nothing_ahead_of_the_holders_agreement():
    with moved_clock() as clock:
        hot = Hot(clock, replace(POLICY, claims_ahead=True))
        add_rows(hot.lane, 2 * ROWS)
        helper = hot.worker()

        hot.work(helper)

        (lane,) = helper.lanes
        assert (lane.is_help, len(lane.ready)) == (True, 0)


def test_who_comes_first_is_the_one_who_helps(hot):
    first, second = hot.worker(), hot.worker()

    hot.work(first)
    hot.work(second)

    assert hot.row.helper == first.lanes.holder
    assert not list(second.lanes)


def test_the_holder_has_the_whole_lane_again_when_the_help_ends(hot):
    helper = hot.helped()
    hot.answer(helper, "delivered", CAP)
    helper.rest()

    hot.work(hot.holder)

    assert hot.flying(hot.holder) == CAP
    assert hot.row.helper is None


def test_the_holder_has_the_whole_lane_again_when_the_helper_died(hot):
    hot.helped()
    hot.answer(hot.holder, "delivered", CAP)

    hot.work(hot.holder)
    assert hot.flying(hot.holder) == CAP // 2

    hot.clock.move(16)
    hot.answer(hot.holder, "delivered", CAP)
    hot.work(hot.holder)
    assert hot.flying(hot.holder) == CAP


def test_who_takes_the_lane_of_a_dead_holder_leaves_its_half_to_the_helper(hot):
    helper = hot.helped()
    hot.clock.move(10)
    helper.look()  # stretches its help
    hot.clock.move(10)

    heir = hot.worker()
    hot.work(heir)

    assert hot.row.holder == heir.lanes.holder
    assert (hot.flying(heir), hot.flying(helper)) == (CAP // 2, CAP // 2)


@pytest.mark.parametrize("kind", ["throttled", "asked to wait"])
def test_a_helper_goes_at_the_first_wish_to_slow_down_and_leaves_the_lesson_to_the_holder(hot, kind):
    helper = hot.helped()
    before = hot.row

    hot.answer(helper, kind)
    hot.work(helper)
    assert hot.flying(helper) == CAP // 2 - 1
    assert hot.row.helper == helper.lanes.holder  # its last request still flies

    hot.answer(helper, "delivered", CAP)
    hot.work(helper)

    assert (hot.row.helper, hot.flying(helper)) == (None, 0)
    for name in ("throttled_until", "pace", "breaker_failures", "tokens", "refusals"):
        assert getattr(hot.row, name) == getattr(before, name)


def test_a_helper_goes_when_requests_fail_one_after_the_other(hot):
    helper = hot.helped()

    hot.answer(helper, "failed")
    hot.work(helper)
    assert hot.flying(helper) == CAP // 2

    hot.answer(helper, "failed")
    hot.answer(helper, "failed", CAP)
    hot.work(helper)

    assert not list(helper.lanes)
    assert (hot.row.breaker_state, hot.row.breaker_failures) == ("closed", 0)


def test_a_helper_that_has_to_wait_for_an_access_token_goes(hot):
    helper = hot.helped()
    hot.answer(helper, "delivered", CAP)
    (lane,) = helper.lanes
    lane.pause(Pause(hot.clock.now + timedelta(minutes=1), "The vendor gives no access token."))

    hot.work(helper)

    assert not list(helper.lanes)
    assert hot.row.helper is None


def test_a_helper_whose_requests_all_fail_spends_few_attempts(hot):
    """As on a host that reaches no vendor: it learns nothing, and the holder sees nothing of it."""
    add_rows(hot.lane, 2 * ROWS)
    helper, failed = hot.worker(), 0

    for _ in range(40):
        for worker in (helper, hot.holder):
            hot.work(worker)
        hot.answer(hot.holder, "delivered", hot.flying(hot.holder))
        failed += hot.flying(helper)
        hot.answer(helper, "failed", hot.flying(helper))
        hot.clock.move(0.02)

    assert failed == CAP // 2
    assert hot.calls == ["rung"]


def test_help_that_a_dead_holder_wanted_is_not_given_where_a_rate_limits_the_lane_by_now(hot):
    hot.world.policies[hot.lane] = replace(POLICY, rate=RateLimit(per_s=1, burst=1))
    hot.clock.move(16)
    heir, other = hot.worker(), hot.worker()

    for worker in (heir, other, heir, other):
        hot.work(worker)

    assert (hot.flying(heir), hot.flying(other), hot.row.help) == (1, 0, "")


def test_a_helper_goes_when_the_holders_requests_are_throttled(hot):
    helper = hot.helped()

    hot.answer(hot.holder, "throttled")
    hot.answer(helper, "delivered", CAP)
    hot.work(helper)

    assert (hot.flying(helper), list(helper.lanes)) == (0, [])


def test_a_pause_halts_who_holds_and_who_helps(hot):
    helper = hot.helped()
    DestinationLane.objects.filter(pk=hot.lane).update(paused_reason="By hand.")
    for worker in (helper, hot.holder):
        hot.answer(worker, "delivered")
        hot.work(worker)

    assert [hot.flying(worker) for worker in (helper, hot.holder)] == [CAP // 2 - 1] * 2


def test_a_helper_leaves_to_the_holder_what_a_worker_died_of(hot):
    with_a_dead_worker = add_rows(hot.lane, 1, due_in_s=-100)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_delivery SET flights = 1 WHERE id = %s", [with_a_dead_worker[0]])

    helper = hot.helped()

    assert hot.flying(helper) == 0
    hot.work(helper)
    assert not list(helper.lanes)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "policy",
    [replace(POLICY, concurrency=1), replace(POLICY, rate=RateLimit(per_s=1000, burst=1000))],
    ids=["one at a time", "so many a second"],
)
def test_nobody_is_asked_where_a_second_worker_could_send_no_more(policy):
    with moved_clock() as clock:
        hot = Hot(clock, policy)

        assert (hot.row.help, hot.calls) == ("", [])


@pytest.mark.django_db
def test_nobody_is_asked_for_a_lane_that_is_soon_empty():
    with moved_clock() as clock, patch.object(held, "HOT_S", inf):
        assert Hot(clock).calls == []


class HelpMachine(EngineMachine):
    """Every lane that was claimed full asks at once, whatever happens meanwhile."""

    policies = (
        replace(POLICY, concurrency=3),
        replace(POLICY, concurrency=5, claims_ahead=True),
        replace(POLICY, concurrency=2, rows_per_request=2),
    )

    def prepare(self):
        for name in ("HOT_S", "ASK_S"):
            self.undone.enter_context(patch.object(held, name, 0))
        self.expected = set()
        for lane in range(3):
            self.enqueue(lane, 30)

    def added(self, lane_id, rows):
        self.expected.update(rows)

    def kinds(self, lane_id):
        return ["delivered", "delivered", "delivered", "failed", "throttled", "unknown"]

    @rule(worker=WORKERS)
    def help_begins(self, worker):
        """One fills its lanes and asks, the other one comes; whether they agree depends on what flies."""
        for one in (worker, worker, 1 - worker, worker, 1 - worker):
            self.work(one)

    def leaves(self, sent):
        super().leaves(sent)
        lane = sent.lane
        row = DestinationLane.objects.get(pk=lane.id)
        current = {row.holder, row.helper if row.helper_until and row.helper_until > self.clock.now else None}
        flying = sum(
            other.lane.id == lane.id
            for worker in self.workers
            if worker.lanes.holder in current
            for other in worker.network.flying
            if other.lane in worker.lanes
        )
        mine = next(worker for worker in self.workers if lane in worker.lanes)
        if mine.lanes.holder in current:  # else it stalled for longer than its hold lasts
            assert flying < lane.policy.concurrency, "two workers send more than the lane's cap allows"

    @invariant()
    def each_stands_once(self):
        assert stored(self.lanes).places == dict.fromkeys(self.expected, 1)


@pytest.mark.django_db
def test_however_workers_come_and_go_a_lane_keeps_to_its_cap_and_loses_nothing():
    run_machine(HelpMachine, examples=20, steps=30)


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_real_requests_share_the_work_and_the_cap():
    lane, flying, most = add_lane(), [0], [0]
    rows = add_rows(lane, 400)
    lock = threading.Lock()

    def counts(handler):
        with lock:
            flying[0] += 1
            most[0] = max(most[0], flying[0])
        time.sleep(0.02)
        with lock:
            flying[0] -= 1
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def work():
        edge = HttpEdge(policy=AddressPolicy(allowed_networks=("127.0.0.0/8",)))
        recorded = 0
        until = time.monotonic() + 60
        while len(outcomes(lane)) < len(rows) and time.monotonic() < until:
            recorded += Drain([owner], edge, lease=timedelta(seconds=60)).run(claiming_s=5.0, linger_s=0.0)
            time.sleep(0.05)
        edge.close()
        return recorded

    with receiving(counts) as receiver:
        owner = PostsRowIds({lane: receiver.url}, concurrency=CAP, claims_ahead=True, deadline_ms=20_000)
        recorded = [worker.result(90) for worker in [elsewhere(work), elsewhere(work)]]

    assert outcomes(lane) == dict.fromkeys(rows, "delivered")
    assert len(receiver.bodies) == len(rows) == sum(recorded)
    assert most[0] == CAP
    assert min(recorded) > 20
