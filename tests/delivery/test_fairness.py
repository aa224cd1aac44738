"""Bad neighbours: lanes that hang, fail or throttle cost the healthy ones nothing that could be counted."""

import threading

import pytest
from django.db import connection

from delivery.core.retry import RetryPolicy
from tests.delivery.queue_rows import add_lane, add_rows, outcomes
from tests.delivery.receiver import receiving
from tests.delivery.test_worker import PostsRowIds, drain, edge

pytestmark = pytest.mark.django_db
__all__ = ["edge"]

PATIENT = RetryPolicy(throttle_s=60.0)
HEALTHY, ROWS, CAP = 20, 20, 4
DEADLINE_S = 20.0


class AnswersWhenOthersAreServed:
    """Hangs until every healthy receiver has everything, or till its deadline when they don't get it."""

    def __init__(self):
        self.others_are_served, self.was_in_time = threading.Event(), []

    def __call__(self, handler):
        self.was_in_time.append(self.others_are_served.wait(DEADLINE_S - 1))
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


def test_healthy_lanes_are_served_in_full_while_others_hang_fail_and_throttle(edge):
    healthy = [add_lane() for _ in range(HEALTHY)]
    hanging, failing, throttled = add_lane(), add_lane(), add_lane()
    for lane in (hanging, failing, throttled):
        add_rows(lane, 2 * ROWS)
    rows = {
        lane: add_rows(lane, ROWS, due_in_s=1.0) for lane in healthy
    }  # the bad ones are under way by then
    hang, arrived = AnswersWhenOthersAreServed(), []

    def take(handler):
        arrived.append(handler)
        if len(arrived) == HEALTHY * ROWS:
            hang.others_are_served.set()
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with (
        receiving(take) as good,
        receiving(hang) as bad,
        receiving((500, {})) as no,
        receiving((429, {})) as slow,
    ):
        urls = dict.fromkeys(healthy, good.url)
        urls |= {hanging: bad.url, failing: no.url, throttled: slow.url}
        owner = PostsRowIds(urls, deadline_ms=int(DEADLINE_S * 1000), concurrency=CAP, retry=PATIENT)
        drain(owner, edge, claiming_s=DEADLINE_S)

    assert hang.was_in_time and all(hang.was_in_time)
    for lane in healthy:
        assert outcomes(lane) == dict.fromkeys(rows[lane], "delivered")
    assert 1 <= len(slow.bodies) <= 3 * CAP  # what had left before its first answer, then ever less


def test_a_lane_that_hangs_has_no_more_requests_in_flight_than_its_cap(edge):
    lane = add_lane()
    add_rows(lane, 50)
    released, open_at_once = threading.Event(), []

    def hold(handler):
        open_at_once.append(len(receiver.bodies))
        released.wait(5)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with receiving(hold) as receiver:
        threading.Timer(1.5, released.set).start()
        owner = PostsRowIds({lane: receiver.url}, deadline_ms=10_000, concurrency=3, claims_ahead=True)
        drain(owner, edge, claiming_s=1.0)
        assert max(open_at_once[:3]) <= 3

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM integrations_delivery WHERE lane_id = %s", [lane])
        assert cursor.fetchone() == (50 - len(receiver.bodies),)
