"""The durable queue: hold lanes, claim rows with a lease, record what became of them.

SQL for any owner's tables, on the calling thread's Django connection. A queue's statistics are always wrong:
it is empty when they are taken and full when they are used. So its work goes `by_index`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import DatabaseError, connection

from delivery.core.breaker import Breaker, BreakerState
from delivery.core.flow import Flow
from delivery.core.pace import Pace
from delivery.core.rate import Bucket
from delivery.lanes import Help, LaneState, Row, Tables

FLOOR_MARGIN = timedelta(seconds=10)  # rows may become visible this long after their due_at was taken
NEVER = datetime.fromisoformat("9999-01-01T00:00:00+00:00")  # due_at of a held row
HELPED = "(l.helper IS NOT NULL AND l.helper_until > %(now)s)"
STATE = f"""
    l.id, l.breaker_state, l.breaker_failures, l.breaker_open_until, l.tokens, l.tokens_at,
    l.throttled_until, l.throttled_reason, l.pace::text, l.is_quick, l.refusals, {HELPED}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Glance:
    """A held lane as it stands in the database: whether it has due rows, and whether somebody paused it.

    `has_asked`: help was asked for and not agreed; `is_helped`: another worker came.
    """

    is_due: bool
    is_paused: bool
    has_asked: bool
    is_helped: bool


@contextmanager
def by_index() -> Iterator[None]:
    """What runs inside walks indexes in their order: it sorts no backlog and reads no whole table."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # it may be what broke
            cursor.execute("RESET enable_seqscan; RESET enable_bitmapscan")


def database_now() -> datetime:
    """The one clock that all hosts share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row
    now: datetime = row[0]
    return now


def look_at_lanes(
    tables: Tables, holder: UUID, lane_ids: Sequence[UUID], *, now: datetime
) -> Mapping[UUID, Glance]:
    """How these lanes stand; those that this holder lost meanwhile are missing."""
    query = f"""
        SELECT l.id, EXISTS (SELECT 1 FROM {tables.queue} q WHERE q.lane_id = l.id AND q.due_at <= %(now)s),
               l.paused_reason <> '' OR l.ends_reason <> '', l.help = %(wanted)s, {HELPED}
        FROM {tables.lanes} l WHERE l.id = any(%(lanes)s) AND l.holder = %(holder)s
    """
    with connection.cursor() as cursor:
        arguments: dict[str, Any] = {
            "now": now,
            "lanes": list(lane_ids),
            "holder": holder,
            "wanted": Help.WANTED,
        }
        cursor.execute(query, arguments)
        return {
            row[0]: Glance(is_due=row[1], is_paused=row[2], has_asked=row[3], is_helped=row[4])
            for row in cursor.fetchall()
        }


def hold_lanes(
    tables: Tables,
    holder: UUID,
    *,
    now: datetime,
    lease: timedelta,
    besides: Sequence[UUID] = (),
    only_quick: bool = False,
    most: int = 200,
) -> Mapping[UUID, LaneState]:
    """Take lanes that have due rows, that nobody holds, and that are not paused, open, throttled or ending.

    Help that a former holder asked for in vain is asked for no more. `only_quick`: none whose last request
    took long.
    """
    query = f"""
        UPDATE {tables.lanes} l
        SET holder = %(holder)s, held_until = %(until)s,
            help = CASE WHEN {HELPED} THEN l.help ELSE '' END, helper = CASE WHEN {HELPED} THEN l.helper END
        WHERE l.ctid = any(array(
            SELECT l.ctid FROM {tables.lanes} l
            WHERE l.paused_reason = '' AND l.ends_reason = ''
              AND NOT (%(only_quick)s AND l.is_quick IS FALSE)
              AND l.id <> ALL(%(besides)s)
              AND (l.holder IS NULL OR l.held_until < %(now)s)
              AND (l.breaker_open_until IS NULL OR l.breaker_open_until <= %(now)s)
              AND (l.throttled_until IS NULL OR l.throttled_until <= %(now)s)
              AND EXISTS (SELECT 1 FROM {tables.queue} q WHERE q.lane_id = l.id AND q.due_at <= %(now)s)
            ORDER BY l.held_until NULLS FIRST
            LIMIT %(most)s FOR UPDATE SKIP LOCKED))
        RETURNING {STATE}
    """
    arguments: dict[str, Any] = {
        "holder": holder,
        "besides": list(besides),
        "only_quick": only_quick,
        "until": now + lease,
        "now": now,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return {row[0]: lane_state(row) for row in cursor.fetchall()}


def keep_lanes(tables: Tables, holder: UUID, lane_ids: Sequence[UUID], *, until: datetime) -> None:
    """Stretch the hold on lanes whose requests still fly."""
    query = f"UPDATE {tables.lanes} SET held_until = %s WHERE id = any(%s) AND holder = %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [until, list(lane_ids), holder])


def unclaim(tables: Tables, rows: Sequence[Row], *, now: datetime) -> None:
    """Give claimed rows back that were never sent, due at once."""
    query = f"""
        UPDATE {tables.queue} q
        SET claim_id = NULL, due_at = %s, flights = greatest(q.flights - 1, 0)
        FROM unnest(%s::uuid[], %s::uuid[]) AS w(row_id, claim)
        WHERE q.id = w.row_id AND q.claim_id = w.claim
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [now, [row.id for row in rows], [row.claim_id for row in rows]])


def stretch(tables: Tables, rows: Sequence[Row], *, until: datetime) -> set[UUID]:
    """Lease claimed rows for longer; the ids of those that are still this worker's."""
    query = f"""
        UPDATE {tables.queue} q SET due_at = %s
        FROM unnest(%s::uuid[], %s::uuid[]) AS w(row_id, claim)
        WHERE q.id = w.row_id AND q.claim_id = w.claim RETURNING q.id
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [until, [row.id for row in rows], [row.claim_id for row in rows]])
        return {row[0] for row in cursor.fetchall()}


def release_lanes(tables: Tables, holder: UUID, lane_ids: Sequence[UUID] | None = None) -> None:
    """Let go of these lanes, or of every lane that this holder has."""
    query = f"""
        UPDATE {tables.lanes}
        SET holder = NULL, held_until = NULL, help = CASE WHEN helper IS NULL THEN '' ELSE help END
        WHERE holder = %s AND (%s::uuid[] IS NULL OR id = any(%s::uuid[]))
    """
    chosen = None if lane_ids is None else list(lane_ids)
    with connection.cursor() as cursor:
        cursor.execute(query, [holder, chosen, chosen])


def claim(
    tables: Tables,
    lane_id: UUID,
    claim_id: UUID,
    limit: int,
    *,
    now: datetime,
    lease: timedelta,
    floor: datetime | None = None,
) -> tuple[list[Row], datetime | None]:
    """Up to `limit` due rows of a lane, leased; and the floor for the next claim.

    The floor skips index entries of rows that are gone: without it every claim walks all that were
    claimed since the last vacuum. It is what was due before the last row that came, or before now when there
    was none left, less a margin. The array form keeps the planner from joining (ARCHITECTURE decision 1).
    """
    carried = "".join(f", q.{column}" for column in tables.carried)
    query = f"""
        WITH due AS MATERIALIZED (
            SELECT c.ctid AS place, c.due_at FROM {tables.queue} c
            WHERE c.lane_id = %(lane)s AND c.due_at <= %(now)s AND c.due_at >= %(floor)s
            ORDER BY c.due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        UPDATE {tables.queue} q SET claim_id = %(claim)s, due_at = %(until)s, flights = q.flights + 1
        WHERE q.ctid = any(array(SELECT place FROM due))
        RETURNING q.id, q.flights, q.attempts, q.most_together, q.unsure_since,
                  (SELECT max(due_at) FROM due){carried}
    """
    arguments: dict[str, Any] = {
        "claim": claim_id,
        "lane": lane_id,
        "now": now,
        "until": now + lease,
        "floor": floor or datetime.min.replace(tzinfo=now.tzinfo),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        found = cursor.fetchall()
    rows = [
        Row(
            id=r[0],
            lane_id=lane_id,
            claim_id=claim_id,
            flights=r[1],
            attempts=r[2],
            most_together=r[3],
            unsure_since=r[4],
            leased_until=now + lease,
            carried=tuple(r[6:]),
        )
        for r in found
    ]
    return rows, (found[0][5] if len(rows) == limit else now) - FLOOR_MARGIN


def end_rows(tables: Tables, ended: Sequence[tuple[Any, ...]], *, now: datetime) -> set[UUID]:
    """Delete ended rows and write their results; rows whose claim was lost are left alone.

    `ended`: (id, claim_id, outcome, reason, attempts, attempt_id or None) each. Returns the ids that ended.
    """
    if not ended:
        return set()
    carried = "".join(f", {column}" for column in tables.carried)
    query = f"""
        WITH e AS (
            SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::smallint[], %s::uuid[])
                AS e(row_id, claim, outcome, why, tries, attempt)
        ), gone AS (
            DELETE FROM {tables.queue} q USING e WHERE q.id = e.row_id AND q.claim_id = e.claim
            RETURNING q.*, e.outcome, e.why, e.tries, e.attempt
        )
        INSERT INTO {tables.results}
            (id, lane_id, outcome, reason, attempts, attempt_ids, ended_at{carried})
        SELECT id, lane_id, outcome, why, tries,
               CASE WHEN attempt IS NULL THEN attempt_ids ELSE attempt_ids || attempt END, %s{carried}
        FROM gone
        RETURNING id
    """
    columns = [list(column) for column in zip(*ended, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(query, [*columns, now])
        return {row[0] for row in cursor.fetchall()}


def requeue_rows(tables: Tables, waiting: Sequence[tuple[Any, ...]]) -> int:
    """Give rows back to the queue for later; rows whose claim was lost are left alone.

    `waiting`: (id, claim_id, due_at, held_at or None, reason, attempts, attempt_id or None, most_together or
    None to leave that as it is, unsure_since or None) each.
    """
    if not waiting:
        return 0
    query = f"""
        UPDATE {tables.queue} q
        SET claim_id = NULL, flights = 0, due_at = w.due, held_at = w.held, reason = w.why,
            attempts = w.tries, most_together = coalesce(w.most, q.most_together), unsure_since = w.unsure,
            attempt_ids = CASE WHEN w.attempt IS NULL THEN q.attempt_ids ELSE q.attempt_ids || w.attempt END
        FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::smallint[],
                    %s::uuid[], %s::smallint[], %s::timestamptz[])
             AS w(row_id, claim, due, held, why, tries, attempt, most, unsure)
        WHERE q.id = w.row_id AND q.claim_id = w.claim
    """
    columns = [list(column) for column in zip(*waiting, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(query, columns)
        return int(cursor.rowcount)


def save_lane(tables: Tables, lane_id: UUID, holder: UUID, state: LaneState, *, now: datetime) -> bool:
    """Write a held lane's state. False when the hold was lost: then somebody else's state stands."""
    query = f"""
        UPDATE {tables.lanes}
        SET breaker_state = %s, breaker_failures = %s, breaker_open_until = %s, tokens = %s, tokens_at = %s,
            throttled_until = %s, throttled_reason = %s, pace = %s, is_quick = %s, refusals = %s,
            changed_at = %s
        WHERE id = %s AND holder = %s
    """
    breaker, flow = state.breaker, state.flow
    bucket, pace = flow.bucket, msgspec.json.encode(flow.pace).decode()
    values: list[Any] = [breaker.state, breaker.failures, breaker.open_until, bucket.tokens, bucket.filled_at]
    values += [flow.waits_until, flow.reason, pace, state.is_quick, state.refusals]
    with connection.cursor() as cursor:
        cursor.execute(query, [*values, now, lane_id, holder])
        return bool(cursor.rowcount == 1)


def pause_lane(tables: Tables, lane_id: UUID, holder: UUID, reason: str) -> bool:
    """Pause a held lane. False when it was lost, or is paused already for another reason."""
    query = (
        f"UPDATE {tables.lanes} SET paused_reason = %s WHERE id = %s AND holder = %s AND paused_reason = ''"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [reason, lane_id, holder])
        return bool(cursor.rowcount == 1)


def retry_lane_now(tables: Tables, lane_id: UUID) -> None:
    """Let a lane's breaker be probed now, and end the wait after a 429, which had emptied its tokens too.

    Its holder loses it, so that the state which that one has in hand can't undo this.
    """
    query = f"""
        UPDATE {tables.lanes}
        SET breaker_open_until = NULL, throttled_until = NULL, holder = NULL, held_until = NULL,
            tokens = greatest(tokens, 1),
            tokens_at = CASE WHEN tokens_at > now() THEN now() ELSE tokens_at END
        WHERE id = %s
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [lane_id])


def lane_state(row: tuple[Any, ...]) -> LaneState:
    """The state in a row of STATE."""
    (
        _,
        state,
        failures,
        open_until,
        tokens,
        tokens_at,
        waits_until,
        reason,
        pace,
        is_quick,
        refusals,
        helped,
    ) = row
    flow = Flow(
        bucket=Bucket(tokens=tokens, filled_at=tokens_at),
        pace=msgspec.json.decode(pace, type=Pace),
        waits_until=waits_until,
        reason=reason,
    )
    breaker = Breaker(state=BreakerState(state), failures=failures, open_until=open_until)
    return LaneState(breaker=breaker, flow=flow, is_quick=is_quick, refusals=refusals, is_helped=helped)
