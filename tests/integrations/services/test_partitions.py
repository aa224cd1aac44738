"""Day partitions: made ahead, dropped at the end of retention, while rows are read and written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection

from delivery.ids import new_id
from delivery.partitions import drop_partitions, first_id, make_partitions, partition_name
from integrations.services.partitions import keep_partitions

TABLE = "integrations_attempt"
DAY = datetime(2031, 5, 4, tzinfo=UTC)


def partitions():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [TABLE]
        )
        return {row[0] for row in cursor.fetchall()}


def add_attempt(at):
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (id, lane_id, scope_id, delivery_ids, operation, started_at, method, url,"
            " request_headers, request_body, response_headers, response_body, verdict, reason, total_ms)"
            " VALUES (%s, %s, %s, '{}', '', now(), '', '', '{}', '', '{}', '', '', '', 0)",
            [new_id(at), new_id(at), new_id(at)],
        )


@pytest.mark.django_db(transaction=True)
def test_a_day_has_its_partition_from_its_first_to_its_last_moment():
    make_partitions(TABLE, [DAY.date()])

    add_attempt(DAY)
    add_attempt(DAY + timedelta(days=1) - timedelta(milliseconds=1))

    with pytest.raises(IntegrityError, match="no partition"):
        add_attempt(DAY + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {partition_name(TABLE, DAY.date())}")
        assert cursor.fetchone() == (2,)
    drop_partitions(TABLE, before=datetime(2031, 5, 5, tzinfo=UTC).date())


@pytest.mark.django_db(transaction=True)
def test_making_twice_is_making_once_and_dropping_leaves_later_days():
    before = partitions()
    days = [DAY.date(), (DAY + timedelta(days=1)).date()]

    assert make_partitions(TABLE, days) == [partition_name(TABLE, day) for day in days]
    assert make_partitions(TABLE, days) == []
    assert partition_name(TABLE, days[0]) in partitions()
    assert first_id(DAY) < first_id(DAY + timedelta(milliseconds=1))

    _remove_alone(days)
    assert partitions() == before


def _remove_alone(days):
    with connection.cursor() as cursor:
        for day in days:
            cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {partition_name(TABLE, day)}")
            cursor.execute(f"DROP TABLE {partition_name(TABLE, day)}")


@pytest.mark.django_db(transaction=True)
def test_keeping_makes_what_will_be_needed_and_drops_what_is_past_retention(settings):
    now = datetime.now(UTC)
    old = (now - timedelta(days=settings.RETENTION_DAYS + 1)).date()
    make_partitions(TABLE, [old])

    made, dropped = keep_partitions(now + timedelta(days=1))

    assert partition_name(TABLE, (now + timedelta(days=8)).date()) in made
    assert dropped == [partition_name(TABLE, old)]
    assert keep_partitions(now + timedelta(days=1)) == ([], [])
