"""How PostgreSQL reads for a replay among many results: along an index, in the days that are asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from delivery.ids import new_id
from delivery.partitions import first_id, make_partitions
from integrations.services.replays import candidates, standings

pytestmark = pytest.mark.django_db
LANE, OTHER = uuid4(), uuid4()
ROWS = 100_000
DAY = timedelta(days=1)
FILLED = """
    INSERT INTO integrations_deliveryresult
        (id, lane_id, outcome, reason, attempts, attempt_ids, ended_at, organization_id, pipeline_id,
         event_id, part)
    SELECT (lpad(to_hex((extract(epoch FROM %(start)s::timestamptz) * 1000)::int8 + n * 800), 12, '0')
            || '70008000000000000000')::uuid,
           CASE WHEN n %% 2 = 0 THEN %(lane)s::uuid ELSE %(other)s::uuid END,
           CASE WHEN n %% 100 = 0 THEN 'rejected' ELSE 'delivered' END,
           '', 1, '{}', now(), %(lane)s, %(lane)s, gen_random_uuid(), 0
    FROM generate_series(1, %(rows)s) n
"""


@pytest.fixture(scope="module")
def many(django_db_setup: Any, django_db_blocker: Any) -> Any:
    """Many results of one day, between two empty days; gone at the end."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - DAY
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        make_partitions("integrations_deliveryresult", [(day - n * DAY).date() for n in range(3)])
        cursor.execute(FILLED, {"start": day, "lane": LANE, "other": OTHER, "rows": ROWS})
        cursor.execute("ANALYZE integrations_deliveryresult")
        yield day
        cursor.execute("TRUNCATE integrations_deliveryresult")


def plan_of(query: str, values: dict[str, Any]) -> str:
    """How it was carried out."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {query}", values)
        return "\n".join(row[0] for row in cursor.fetchall())


def assert_indexed(text: str, day: datetime) -> None:
    """The full day is read by an index; empty days cost nothing either way."""
    assert f"Seq Scan on integrations_deliveryresult_{day:%Y%m%d}" not in text
    assert re.search(rf"(Index|Bitmap).* on \S*{day:%Y%m%d}", text)


def bounds(day: datetime, **values: Any) -> dict[str, Any]:
    return {"lane": LANE, "after": first_id(day), "until": first_id(day + DAY), "limit": 1000, **values}


@pytest.mark.parametrize("query", [candidates._FAILED, candidates._ENDED], ids=["failed", "all"])
def test_a_page_of_candidates_is_read_along_an_index_of_one_day(many: datetime, query: str) -> None:
    text = plan_of(query, bounds(many))

    assert "Seq Scan" not in text
    assert "Index Scan" in text
    assert len(set(re.findall(r"integrations_deliveryresult_\d{8}", text))) == 1


def test_failed_ones_are_read_without_touching_delivered_ones(many: datetime) -> None:
    text = plan_of(candidates._FAILED, bounds(many))

    assert "Rows Removed by Filter" not in text


def test_standings_are_read_by_event_and_only_where_they_can_be(many: datetime) -> None:
    at = many + timedelta(hours=1)
    events = [new_id(at) for _ in range(100)]
    values = {
        "lane": LANE,
        "events": events,
        "first": first_id(at),
        "beyond": first_id(at + timedelta(milliseconds=1)),
    }

    text = plan_of(standings._ENDED, values)

    assert_indexed(text, many)


def test_progress_is_read_by_the_replay(many: datetime) -> None:
    query = """
        SELECT lane_id, outcome, count(id) FROM integrations_deliveryresult
        WHERE replay_id = %(replay)s AND id >= %(first)s GROUP BY 1, 2
    """
    text = plan_of(query, {"replay": uuid4(), "first": first_id(timezone.now() - 2 * DAY)})

    assert_indexed(text, many)
