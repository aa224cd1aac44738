"""An index is built over all days while rows are written."""

from datetime import UTC, date, datetime
from threading import Event

import pytest
from django.db import connection, transaction

from delivery.ids import new_id
from delivery.partitions import add_index, make_partitions, partition_name
from tests.webhooks.services.test_concurrency import elsewhere, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)
TABLE, INDEX = "trial_cold", "trial_lane"
DAYS = [date(2031, 5, 4), date(2031, 5, 5)]
DEFINITION = "(lane) WHERE lane > 0"


@pytest.fixture(autouse=True)
def _table():
    """A cold table of two days."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {TABLE} (id uuid PRIMARY KEY, lane int) PARTITION BY RANGE (id)")
    make_partitions(TABLE, DAYS)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")


def insert(into=TABLE, day=DAYS[0]):
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {into} VALUES (%s, 1)", [new_id(datetime(day.year, day.month, day.day, tzinfo=UTC))]
        )


def is_valid():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [INDEX])
        return cursor.fetchone()[0]


def days_with_it():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = %s::regclass", [INDEX])
        return cursor.fetchone()[0]


def test_every_day_has_it_and_days_made_later_too_and_twice_is_once():
    insert()
    add_index(TABLE, INDEX, DEFINITION)
    make_partitions(TABLE, [date(2031, 5, 6)])
    add_index(TABLE, INDEX, DEFINITION)

    assert (is_valid(), days_with_it()) == (True, 3)


def test_an_empty_table_has_it_at_once(django_assert_num_queries):
    with django_assert_num_queries(5):  # a look, the statement between two settings, and what is missing
        add_index(TABLE, INDEX, DEFINITION)

    assert (is_valid(), days_with_it()) == (True, 2)


def test_what_a_broken_off_call_left_is_built_anew():
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX {INDEX} ON ONLY {TABLE} {DEFINITION}")
        cursor.execute(f"CREATE INDEX {INDEX}_20310504 ON {partition_name(TABLE, DAYS[0])} (id)")
    assert not is_valid()

    add_index(TABLE, INDEX, DEFINITION)

    assert (is_valid(), days_with_it()) == (True, 2)


def test_who_writes_goes_on_while_it_is_built():
    insert()
    came, go = Event(), Event()

    def stay():
        with transaction.atomic():
            insert(partition_name(TABLE, DAYS[0]))
            came.set()
            assert go.wait(20)

    staying = elsewhere(stay)
    assert came.wait(10)
    building = elsewhere(lambda: add_index(TABLE, INDEX, DEFINITION))
    wait_until_somebody_waits()

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
        for day in DAYS:
            insert(day=day)

    go.set()
    staying.result(20)
    building.result(60)
    assert (is_valid(), days_with_it()) == (True, 2)
