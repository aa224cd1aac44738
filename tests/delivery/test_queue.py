"""The durable queue's SQL, on real PostgreSQL."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from delivery import ending, queue
from delivery.core.breaker import Breaker, BreakerState
from delivery.core.flow import Flow
from delivery.core.outcome import Outcome
from delivery.core.pace import Pace
from delivery.core.rate import Bucket
from delivery.lanes import LaneState
from tests.delivery.queue_rows import TABLES, add_lane, add_rows, database_now, outcomes, waiting

LEASE = timedelta(seconds=60)
pytestmark = pytest.mark.django_db


def claim(lane_id, limit, *, at=None, floor=None):
    return queue.claim(TABLES, lane_id, uuid4(), limit, now=at or database_now(), lease=LEASE, floor=floor)


def test_it_claims_the_longest_due_first_and_never_twice():
    lane = add_lane()
    old = add_rows(lane, 2, due_in_s=-60)
    new = add_rows(lane, 2, due_in_s=-1)

    first, _ = claim(lane, 3)
    second, _ = claim(lane, 3)

    assert {row.id for row in first} >= set(old)
    assert {row.id for row in first} | {row.id for row in second} == {*old, *new}
    assert len(first) == 3
    assert len(second) == 1


def test_it_leaves_what_is_not_due():
    lane = add_lane()
    add_rows(lane, 1, due_in_s=5)

    assert claim(lane, 10) == ([], pytest.approx(database_now(), abs=timedelta(seconds=30)))


def test_an_expired_lease_comes_back_and_says_that_a_worker_died():
    lane = add_lane()
    (row_id,) = add_rows(lane, 1)
    claim(lane, 1)

    (again,), _ = claim(lane, 1, at=database_now() + LEASE + timedelta(seconds=1))

    assert (again.id, again.flights) == (row_id, 2)


def test_who_lost_the_claim_can_record_nothing():
    lane = add_lane()
    (row_id,) = add_rows(lane, 1)
    (lost,), _ = claim(lane, 1)
    (held,), _ = claim(lane, 1, at=database_now() + LEASE + timedelta(seconds=1))

    ended = queue.end_rows(TABLES, [(row_id, lost.claim_id, "delivered", "", 1, None)], now=database_now())

    assert ended == set()
    assert outcomes(lane) == {}
    assert queue.end_rows(
        TABLES, [(row_id, held.claim_id, "delivered", "", 1, None)], now=database_now()
    ) == {row_id}
    assert outcomes(lane) == {row_id: "delivered"}


def test_a_lease_is_stretched_only_by_who_has_the_claim():
    lane = add_lane()
    add_rows(lane, 2)
    mine, _ = claim(lane, 2)
    (lost,), _ = claim(lane, 1, at=database_now() + LEASE + timedelta(seconds=1))
    later = database_now() + timedelta(hours=1)

    kept = queue.stretch(TABLES, mine, until=later)

    assert kept == {row.id for row in mine} - {lost.id}
    assert [row.id for row in claim(lane, 2, at=later - timedelta(seconds=1))[0]] == [lost.id]


def test_a_requeued_row_waits_for_its_time_and_keeps_its_attempts():
    lane = add_lane()
    add_rows(lane, 1)
    (row,), _ = claim(lane, 1)
    attempt, later = uuid4(), database_now() + timedelta(seconds=30)

    queue.requeue_rows(TABLES, [(row.id, row.claim_id, later, None, "Answered 500.", 1, attempt, None, None)])

    assert claim(lane, 1)[0] == []
    (again,), _ = claim(lane, 1, at=later)
    assert (again.attempts, again.flights) == (1, 1)


def test_a_limit_on_what_rides_together_stays_until_a_smaller_one_comes():
    lane = add_lane()
    add_rows(lane, 1)
    seen = []
    for limit in (4, None, 2):
        (row,), _ = claim(lane, 1)
        seen.append(row.most_together)
        queue.requeue_rows(TABLES, [(row.id, row.claim_id, database_now(), None, "", 0, None, limit, None)])

    (row,), _ = claim(lane, 1, at=database_now())
    assert [*seen, row.most_together] == [None, 4, 4, 2]


def test_ending_appends_the_last_attempt_to_the_others():
    lane = add_lane()
    add_rows(lane, 1)
    (row,), _ = claim(lane, 1)
    first, second = uuid4(), uuid4()
    later = database_now()
    queue.requeue_rows(TABLES, [(row.id, row.claim_id, later, None, "Answered 500.", 1, first, 4, None)])
    (row,), _ = claim(lane, 1, at=later)

    queue.end_rows(TABLES, [(row.id, row.claim_id, "delivered", "", 2, second)], now=later)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attempts, attempt_ids FROM integrations_deliveryresult WHERE id = %s", [row.id]
        )
        assert cursor.fetchone() == (2, [first, second])
    assert waiting(lane) == []


def test_cancelling_a_lane_leaves_what_a_worker_has():
    lane = add_lane()
    flying, resting = add_rows(lane, 1, due_in_s=-9), add_rows(lane, 2)
    claim(lane, 1)

    assert ending.cancel_waiting(TABLES, lane, reason="AdRoll was disabled.") == 2

    assert outcomes(lane) == dict.fromkeys(resting, "cancelled")
    assert waiting(lane) == flying


def test_a_held_row_is_never_due_until_a_person_sends_it():
    lane = add_lane()
    add_rows(lane, 1)
    (row,), _ = claim(lane, 1)
    now = database_now()
    queue.requeue_rows(
        TABLES, [(row.id, row.claim_id, queue.NEVER, now, "It may have arrived.", 1, None, None, None)]
    )

    assert claim(lane, 1, at=now + timedelta(days=365))[0] == []
    assert ending.send_held(TABLES, row.id) is True
    assert ending.send_held(TABLES, row.id) is False
    assert [again.id for again in claim(lane, 1, at=now + timedelta(seconds=1))[0]] == [row.id]


def test_a_held_row_ends_as_a_person_decides():
    lane = add_lane()
    add_rows(lane, 1)
    (row,), _ = claim(lane, 1)
    now = database_now()
    queue.requeue_rows(
        TABLES, [(row.id, row.claim_id, queue.NEVER, now, "It may have arrived.", 1, None, None, None)]
    )

    assert ending.end_held(TABLES, row.id, Outcome.DELIVERED, "Marked as delivered by jo@acme.example.")
    assert outcomes(lane) == {row.id: "delivered"}


def hold(now=None, **options):
    return queue.hold_lanes(TABLES, uuid4(), now=now or database_now(), lease=LEASE, **options)


def test_it_holds_a_lane_that_has_due_rows_once():
    lane, idle = add_lane(), add_lane()
    add_rows(lane, 1)
    add_rows(idle, 1, due_in_s=60)

    assert set(hold()) == {lane}
    assert hold() == {}
    assert set(hold(now=database_now() + LEASE + timedelta(seconds=1))) >= {lane}


@pytest.mark.parametrize(
    "state",
    [
        {"paused_reason": "Paused by hand."},
        {"breaker_open_until": "2999-01-01T00:00:00Z"},
        {"throttled_until": "2999-01-01T00:00:00Z"},
    ],
)
def test_it_leaves_lanes_that_must_wait(state):
    add_rows(add_lane(**state), 1)

    assert hold() == {}


def test_it_saves_and_reads_a_lanes_state_while_it_is_held():
    lane = add_lane()
    add_rows(lane, 1)
    holder, now = uuid4(), database_now()
    queue.hold_lanes(TABLES, holder, now=now, lease=LEASE)
    state = LaneState(
        breaker=Breaker(state=BreakerState.HALF_OPEN, failures=3, open_until=now),
        flow=Flow(
            bucket=Bucket(tokens=1.5, filled_at=now),
            pace=Pace(per_s=2.5, best_per_s=3.0, since=now, slowed_at=now, answered=9, taken=7, lulls=2),
        ),
        is_quick=True,
        refusals=3,
    )

    assert queue.save_lane(TABLES, lane, holder, state, now=now) is True
    assert queue.save_lane(TABLES, lane, uuid4(), LaneState(), now=now) is False
    queue.release_lanes(TABLES, holder)
    assert hold(now=now + timedelta(seconds=1)) == {lane: state}
