"""Ends deliveries without a worker: cancelled with whatever they wait for, or as a person decides.

Millions may wait, so one transaction ends CHUNK of them at most. Where more are to end, whoever asks for it
marks the lane, which rests from then on, and `go_on` ends the rest until the mark is gone. What a worker has
is left alone: its claim stands, and it ends by its answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from delivery.core.outcome import Outcome
from delivery.doorbell import wake
from delivery.lanes import EndedApart, Tables
from delivery.partitions import first_id
from delivery.queue import database_now

TASK = "delivery.end"
CHUNK = 1_000
RESTS = "q.claim_id IS NULL"
AT_REST = "(q.claim_id IS NULL OR q.due_at < now())"  # no worker has it, or one that lost it
HOUR_OF_ID = (
    "date_trunc('hour', to_timestamp("
    "('x' || left(translate(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0), 'UTC')"
)


def cancel_waiting(tables: Tables, lane_id: UUID, *, reason: str) -> int:
    """End every row of a lane that no worker has as cancelled: at most CHUNK now, the rest by its mark.

    In the caller's transaction. Returns how many ended now.
    """
    ended = _end_where(tables, f"q.lane_id = %s AND {RESTS}", [lane_id], Outcome.CANCELLED, reason, CHUNK)
    if ended == CHUNK:
        _mark(tables, lane_id, first_id(database_now() + timedelta(milliseconds=1)), reason)
        transaction.on_commit(lambda: wake(TASK))
    return ended


def go_on(tables: Tables) -> bool:
    """End a chunk of a marked lane, and of each lane that is gone; whether there may be more."""
    return _end_marked(tables) | _end_orphaned(tables)


@transaction.atomic
def _end_marked(tables: Tables) -> bool:
    """A chunk of one marked lane; whether there was one. Rows that came after the mark are not meant."""
    query = f"""
        SELECT id, ends_before, ends_reason FROM {tables.lanes} WHERE ends_reason <> ''
        LIMIT 1 FOR UPDATE SKIP LOCKED
    """
    with connection.cursor() as cursor:
        cursor.execute(query)
        marked = cursor.fetchone()
    if marked is None:
        return False
    lane_id, before, reason = marked
    where = f"q.lane_id = %s AND q.id < %s AND {RESTS}"
    if _end_where(tables, where, [lane_id, before], Outcome.CANCELLED, reason, CHUNK) < CHUNK:
        _mark(tables, lane_id, None, "")
    return True


def _end_orphaned(tables: Tables) -> bool:
    """A chunk of each lane that is gone, of rows that no worker has; whether one of them has more."""
    where = f"q.lane_id = %s AND {AT_REST}"
    ended = [
        _end_where(tables, where, [lane_id], Outcome.CANCELLED, tables.gone, CHUNK)
        for lane_id in _orphaned(tables)
    ]
    return CHUNK in ended


def cancel_older(tables: Tables, *, since: UUID, before: UUID, reason: str) -> int:
    """End up to CHUNK rows by the time in their ids as cancelled, but those that a worker has."""
    where = f"q.id >= %s AND q.id < %s AND {AT_REST}"
    return _end_where(tables, where, [since, before], Outcome.CANCELLED, reason, CHUNK)


def cancel_carried(
    tables: Tables, column: str, values: Sequence[UUID], *, reason: str, most: int | None = None
) -> int:
    """End rows, or as many, whose carried column has one of these values, but those that a worker has."""
    assert column in tables.carried
    where = f"q.{column} = any(%s) AND {AT_REST}"
    return _end_where(tables, where, [list(values)], Outcome.CANCELLED, reason, most)


def end_held(tables: Tables, row_id: UUID, outcome: Outcome, reason: str) -> bool:
    """End a held row as a person decided. False when it was not held any more."""
    return _end_where(tables, "q.id = %s AND q.held_at IS NOT NULL", [row_id], outcome, reason, 1) == 1


def send_held(tables: Tables, row_id: UUID) -> bool:
    """Put a held row back into the queue, due now. False when it was not held any more."""
    query = f"""
        UPDATE {tables.queue} SET held_at = NULL, due_at = now(), flights = 0, unsure_since = NULL
        WHERE id = %s AND held_at IS NOT NULL
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [row_id])
        return bool(cursor.rowcount == 1)


# --- Parts --------------------------------------------------------------------------------------------
def _mark(tables: Tables, lane_id: UUID, before: UUID | None, reason: str) -> None:
    query = f"UPDATE {tables.lanes} SET ends_before = %s, ends_reason = %s WHERE id = %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [before, reason, lane_id])


def _orphaned(tables: Tables) -> Sequence[UUID]:
    """Lanes that have rows and are no more; from one lane of the index to the next."""
    query = f"""
        WITH RECURSIVE lane(id) AS (
            (SELECT lane_id FROM {tables.queue} ORDER BY lane_id LIMIT 1)
            UNION ALL
            SELECT (SELECT lane_id FROM {tables.queue} WHERE lane_id > lane.id ORDER BY lane_id LIMIT 1)
            FROM lane WHERE lane.id IS NOT NULL
        )
        SELECT id FROM lane
        WHERE id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {tables.lanes} l WHERE l.id = lane.id)
    """
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [row[0] for row in cursor.fetchall()]


def _end_where(
    tables: Tables, where: str, arguments: list[Any], outcome: Outcome, reason: str, most: int | None
) -> int:
    """Up to `most` rows, in the caller's transaction or one of its own."""
    carried = "".join(f", {column}" for column in tables.carried)
    counted = "".join(f", {column}" for column in tables.counted)
    query = f"""
        WITH gone AS (
            DELETE FROM {tables.queue} WHERE id = any(array(
                SELECT q.id FROM {tables.queue} q WHERE {where} LIMIT %s FOR UPDATE))
            RETURNING *
        ), kept AS (
            INSERT INTO {tables.results}
                (id, lane_id, outcome, reason, attempts, attempt_ids, ended_at{carried})
            SELECT id, lane_id, %s, %s, attempts, attempt_ids, now(){carried} FROM gone
            RETURNING *
        )
        SELECT count(*), lane_id, {HOUR_OF_ID} AS hour{counted} FROM kept GROUP BY lane_id, hour{counted}
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(query, [*arguments, most, outcome.value, reason])
        found = cursor.fetchall()
        if found and tables.ended_apart is not None:
            tables.ended_apart([_ended_apart(row, outcome) for row in found])
    return sum(row[0] for row in found)


def _ended_apart(row: tuple[Any, ...], outcome: Outcome) -> EndedApart:
    count, lane_id, hour, *counted = row
    return EndedApart(lane_id=lane_id, hour=hour, outcome=outcome, counted=tuple(counted), count=count)
