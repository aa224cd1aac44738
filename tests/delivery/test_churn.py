"""Claims cost the same however many rows have passed through the queue, counted in pages, not in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection

from delivery import queue
from delivery.appending import copy_rows
from delivery.ids import Ids
from tests.delivery.queue_rows import SCOPE, TABLES, add_lane, add_rows, database_now

LEASE = timedelta(seconds=60)
OF_THE_CTE = "CTE Scan", "Aggregate"  # the selected places, and the last due time among them
COLUMNS = {
    "id": "uuid",
    "lane_id": "uuid",
    "due_at": "timestamptz",
    "organization_id": "uuid",
    "pipeline_id": "uuid",
    "event_id": "uuid",
}


class Plans:
    """Explains what runs while it is in force, and lets it run all the same."""

    def __init__(self) -> None:
        self.found: list[dict] = []

    def __enter__(self) -> Plans:
        self._wrapper = connection.execute_wrapper(self)
        self._wrapper.__enter__()
        return self

    def __exit__(self, *reason: object) -> None:
        self._wrapper.__exit__(*reason)

    def __call__(self, execute, sql, params, many, context):
        execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params, many, context)
        self.found.append(context["cursor"].fetchone()[0][0]["Plan"])
        return execute(sql, params, many, context)

    @property
    def nodes(self) -> list[dict]:
        return [node for plan in self.found for node in walk(plan)]

    @property
    def pages(self) -> int:
        """Pages that the selection of rows touched, that is the plan below the update."""
        (selection,) = (node for node in self.nodes if node["Node Type"] == "Limit")
        return selection["Shared Hit Blocks"] + selection["Shared Read Blocks"]


def walk(plan: dict) -> list[dict]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in walk(child))]


def copy_in(lane: UUID, count: int, *, due_in_s: float) -> None:
    now = database_now()
    ids, due_at = Ids(now), now + timedelta(seconds=due_in_s)
    new = [ids.next() for _ in range(count)]
    rows = [(one, lane, due_at, SCOPE, SCOPE, one) for one in new]
    copy_rows("integrations_delivery", COLUMNS, rows)


def copy_in_backlog(lane: UUID, count: int, *, since_s: float) -> None:
    """Rows that became due one after the other, evenly over that time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO integrations_delivery (id, lane_id, due_at, organization_id, pipeline_id, event_id)"
            " SELECT gen_random_uuid(), %s, now() - (%s - n * %s) * interval '1 s', %s, %s, gen_random_uuid()"
            " FROM generate_series(1, %s) n",
            [lane, since_s, since_s / count, SCOPE, SCOPE, count],
        )


def claim(lane: UUID, limit: int, floor=None):
    return queue.claim(TABLES, lane, uuid4(), limit, now=database_now(), lease=LEASE, floor=floor)


def pages_of_a_claim(lane: UUID, floor) -> int:
    copy_in(lane, 20, due_in_s=-1.0)
    with Plans() as plans:
        rows, _ = claim(lane, 10, floor)
    assert len(rows) == 10
    return plans.pages


@pytest.fixture(autouse=True)
def _by_index(db) -> Iterator[None]:
    with queue.by_index():
        yield


@pytest.mark.django_db
def test_a_claim_passes_over_rows_that_are_gone_and_cannot_be_removed_yet() -> None:
    lane = add_lane()
    fresh = pages_of_a_claim(lane, None)
    copy_in(lane, 20_000, due_in_s=-60.0)
    floor = None
    while True:  # no vacuum can touch them: this test's transaction still sees them
        rows, floor = claim(lane, 500, floor)
        queue.end_rows(
            TABLES, [(row.id, row.claim_id, "delivered", "", 1, None) for row in rows], now=database_now()
        )
        if len(rows) < 500:
            break

    with_floor, without = pages_of_a_claim(lane, floor), pages_of_a_claim(lane, None)

    assert with_floor <= fresh + 50
    assert without >= 10 * with_floor  # what a claim without the floor pays, every half a minute


@pytest.mark.django_db
def test_a_claim_from_a_long_backlog_passes_over_what_is_gone_of_it() -> None:
    lane = add_lane()
    copy_in_backlog(lane, 20_000, since_s=7200)
    floor = None
    for _ in range(30):  # none of them finds the lane empty
        rows, floor = claim(lane, 500, floor)
        assert len(rows) == 500
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM integrations_delivery WHERE id = any(%s)", [[r.id for r in rows]])

    with Plans() as with_floor:
        claim(lane, 10, floor)
    with Plans() as without:
        claim(lane, 10)

    assert without.pages >= 5 * with_floor.pages


@pytest.mark.django_db
def test_a_row_that_comes_late_into_a_backlog_is_not_passed_over() -> None:
    lane = add_lane()
    copy_in_backlog(lane, 1000, since_s=7200)
    _, floor = claim(lane, 500)
    late = add_rows(lane, 1, due_in_s=-7200 + 500 * 7.2 - 5)  # it was accepted then and committed now

    found, _ = claim(lane, 10, floor)

    assert late[0] in {row.id for row in found}


@pytest.mark.django_db(transaction=True)
def test_a_claim_is_an_index_scan_when_the_queue_filled_since_its_statistics_were_taken() -> None:
    lane = add_lane()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE integrations_delivery")
        cursor.execute("VACUUM ANALYZE integrations_delivery")
    copy_in(lane, 50_000, due_in_s=-1.0)

    with Plans() as plans:
        rows, _ = claim(lane, 500)

    assert len(rows) == 500
    kinds = {node["Node Type"] for node in plans.nodes}
    assert kinds == {"ModifyTable", "Tid Scan", "Result", "Limit", "LockRows", "Index Scan", *OF_THE_CTE}
    assert [node["Index Name"] for node in plans.nodes if "Index Name" in node] == ["delivery_due"]
    assert plans.pages < 5_000
