"""Many workers at one lane's row at the same time: threads, each with a connection and an edge of its own."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from delivery import queue
from delivery.core.addresses import AddressPolicy
from delivery.core.breaker import BreakerPolicy
from delivery.core.rate import RateLimit
from delivery.core.retry import RetryPolicy
from delivery.http import HttpEdge
from delivery.worker import Drain
from integrations.models import DestinationLane
from tests.delivery.queue_rows import TABLES, add_lane, add_rows, database_now, outcomes
from tests.delivery.receiver import receiving
from tests.delivery.test_worker import PostsRowIds
from tests.webhooks.services.test_concurrency import elsewhere, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4
TOKENS = 25
HOUR = timedelta(hours=1)


def at_once(act):
    """What each of the workers got of it; they begin together."""
    begin = threading.Barrier(WORKERS)

    def together():
        begin.wait(20)
        return act()

    return [worker.result(60) for worker in [elsewhere(together) for _ in range(WORKERS)]]


def work_until(done, owner):
    """Short runs of one worker until it is done, and some more: lanes go from hand to hand."""
    edge = HttpEdge(policy=AddressPolicy(allowed_networks=("127.0.0.0/8",)))
    until, more = time.monotonic() + 40, 3
    try:
        while more and time.monotonic() < until:
            more -= bool(done())
            drain = Drain([owner], edge, lease=timedelta(seconds=60), jitter=lambda: 0.0)
            drain.run(claiming_s=0.03, linger_s=0.0)
    finally:
        edge.close()


def test_one_of_many_workers_gets_a_lane():
    for _ in range(10):
        lane, now = add_lane(), database_now()
        add_rows(lane, 1)

        held = at_once(lambda now=now: queue.hold_lanes(TABLES, uuid4(), now=now, lease=HOUR))

        assert [list(lanes) for lanes in held if lanes] == [[lane]]


def test_a_lanes_tokens_are_shared_by_all_workers():
    lane = add_lane()
    add_rows(lane, 60)

    with receiving() as receiver:
        rate = RateLimit(per_s=0.0001, burst=TOKENS)
        owner = PostsRowIds({lane: receiver.url}, rate=rate, concurrency=2)

        at_once(lambda: work_until(lambda: len(receiver.bodies) >= TOKENS, owner))

    assert len(set(receiver.bodies)) == len(receiver.bodies) == TOKENS


def test_a_breaker_opens_once_probes_once_and_closes_once_whoever_holds_its_lane():
    lane = add_lane()
    rows = add_rows(lane, 40)
    probed, go = threading.Event(), threading.Event()

    def answers_late(handler):
        probed.set()
        assert go.wait(30)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with receiving((500, {})) as receiver:
        breaker, retry = BreakerPolicy(failures=3, open_s=3600), RetryPolicy(base_s=0, attempts=100)
        owner = PostsRowIds(
            {lane: receiver.url}, breaker=breaker, retry=retry, concurrency=1, deadline_ms=30_000
        )

        at_once(lambda: work_until(lambda: owner.moments, owner))
        assert owner.moments == [(lane, "opened")]
        assert len(receiver.bodies) == 3

        receiver.answers = [answers_late, (200, {})]
        DestinationLane.objects.filter(pk=lane).update(breaker_open_until=database_now())
        probe = elsewhere(lambda: work_until(go.is_set, owner))
        assert probed.wait(20)
        at_once(lambda: work_until(lambda: True, owner))
        assert len(receiver.bodies) == 4

        go.set()
        probe.result(60)
        at_once(lambda: work_until(lambda: len(outcomes(lane)) == len(rows), owner))

    assert owner.moments == [(lane, "opened"), (lane, "closed")]
    assert outcomes(lane) == dict.fromkeys(rows, "delivered")
    assert len(receiver.bodies) == 3 + len(rows)


def test_who_closes_a_breaker_is_not_undone_by_its_holder_who_records_at_the_same_moment():
    later = database_now() + HOUR
    lane = add_lane(breaker_state="open", breaker_failures=3)
    add_rows(lane, 1)
    holder = uuid4()
    (state,) = queue.hold_lanes(TABLES, holder, now=database_now(), lease=HOUR).values()
    reopened = replace(state, breaker=replace(state.breaker, failures=4, open_until=later))

    with transaction.atomic():
        queue.retry_lane_now(TABLES, lane)
        records = elsewhere(lambda: queue.save_lane(TABLES, lane, holder, reopened, now=later))
        wait_until_somebody_waits()

    assert records.result(20) is False
    row = DestinationLane.objects.get(pk=lane)
    assert (row.holder, row.breaker_open_until, row.breaker_failures) == (None, None, 3)
