"""What ends without a worker ends in chunks, each a transaction: resumable, and a worker's claim stands."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from delivery import ending, queue
from delivery.run import end_what_waits
from integrations.models import DeliveryResult, DestinationLane
from tests.delivery.queue_rows import TABLES, add_lane, add_rows, database_now, waiting

pytestmark = pytest.mark.django_db
REASON = "AdRoll was disabled."


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(ending, "CHUNK", 2)


def ended(lane):
    return set(DeliveryResult.objects.filter(lane_id=lane).values_list("outcome", "reason"))


def is_held(lane):
    now = database_now() + timedelta(seconds=1)
    return lane in queue.hold_lanes(TABLES, uuid4(), now=now, lease=timedelta(seconds=9))


def test_more_than_a_chunk_ends_bit_by_bit_and_its_lane_rests_meanwhile():
    lane = add_lane()
    add_rows(lane, 5)

    assert ending.cancel_waiting(TABLES, lane, reason=REASON) == 2
    assert (len(waiting(lane)), is_held(lane)) == (3, False)

    left = []
    while ending.go_on(TABLES):
        left.append(len(waiting(lane)))
    assert left == [1, 0]
    assert ended(lane) == {("cancelled", REASON)}

    add_rows(lane, 1)
    assert is_held(lane)


def test_a_chunk_that_all_fits_in_leaves_no_mark():
    lane = add_lane()
    add_rows(lane, 1)

    assert ending.cancel_waiting(TABLES, lane, reason=REASON) == 1
    assert DestinationLane.objects.get(pk=lane).ends_reason == ""


def test_what_comes_after_the_mark_is_not_meant_by_it():
    lane = add_lane()
    add_rows(lane, 3)
    ending.cancel_waiting(TABLES, lane, reason=REASON)
    time.sleep(0.01)  # ids are of milliseconds
    (late,) = add_rows(lane, 1)

    while ending.go_on(TABLES):
        pass

    assert waiting(lane) == [late]
    assert is_held(lane)


def test_what_a_worker_has_is_left_to_it():
    lane = add_lane()
    (flying,) = add_rows(lane, 1, due_in_s=-9)
    add_rows(lane, 4)
    (row,), _ = queue.claim(
        TABLES, lane, uuid4(), 1, now=database_now() - timedelta(seconds=5), lease=timedelta(seconds=60)
    )

    ending.cancel_waiting(TABLES, lane, reason=REASON)
    while ending.go_on(TABLES):
        pass

    assert waiting(lane) == [flying]
    assert queue.end_rows(TABLES, [(row.id, row.claim_id, "delivered", "", 1, None)], now=database_now())


def test_a_chunk_that_breaks_leaves_nothing_half_written_and_is_taken_again():
    lane = add_lane()
    add_rows(lane, 4)
    ending.cancel_waiting(TABLES, lane, reason=REASON)

    def broken(ended):
        raise ValueError("killed in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        ending.go_on(replace(TABLES, ended_apart=broken))
    assert (len(waiting(lane)), DeliveryResult.objects.filter(lane_id=lane).count()) == (2, 2)

    while ending.go_on(TABLES):
        pass
    assert (waiting(lane), DeliveryResult.objects.filter(lane_id=lane).count()) == ([], 4)


def test_rows_whose_lane_is_gone_end_too_but_for_those_that_fly():
    gone, beside = uuid4(), add_lane()
    (flying,) = add_rows(gone, 1, due_in_s=-9)
    add_rows(gone, 3)
    kept = add_rows(beside, 1)
    queue.claim(TABLES, gone, uuid4(), 1, now=database_now(), lease=timedelta(seconds=60))

    end_what_waits()

    assert (waiting(gone), waiting(beside)) == ([flying], kept)
    assert ended(gone) == {("cancelled", "Its destination was removed.")}
