"""The help of a second worker for a lane that its holder can't empty alone: who asks, who comes, who goes.

SQL for any owner's tables, beside delivery.queue's. The holder stays the only writer of the lane's state. It
asks for help while all goes well; who comes takes half of the lane's cap as soon as the holder keeps to the
other half, and goes at the first sign that something is not well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from delivery.lanes import Help, LaneState, Tables
from delivery.queue import STATE, lane_state


@dataclass(frozen=True, kw_only=True, slots=True)
class HelpedGlance:
    """A lane as who helps it finds it. `is_over`: something is not well, or it is paused."""

    is_due: bool
    is_agreed: bool
    is_over: bool


WELL = """
    l.paused_reason = '' AND l.ends_reason = '' AND l.breaker_state = 'closed' AND l.refusals = 0
    AND l.throttled_until IS NULL AND l.pace->>'per_s' IS NULL AND l.is_quick IS NOT FALSE
"""


def ask(tables: Tables, lane_id: UUID, holder: UUID, *, now: datetime) -> bool:
    """Let others know that they may help; False while somebody does, or when the lane is lost."""
    query = f"""
        UPDATE {tables.lanes} SET help = %s, helper = NULL, helper_until = NULL
        WHERE id = %s AND holder = %s AND (helper IS NULL OR helper_until < %s)
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [Help.WANTED, lane_id, holder, now])
        return bool(cursor.rowcount == 1)


def agree(tables: Tables, lane_id: UUID, holder: UUID) -> None:
    """From now on who came may send: the holder keeps to its half."""
    query = f"""
        UPDATE {tables.lanes} SET help = %s WHERE id = %s AND holder = %s AND helper IS NOT NULL
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [Help.AGREED, lane_id, holder])


def come(tables: Tables, helper: UUID, *, now: datetime, lease: timedelta) -> Mapping[UUID, LaneState]:
    """Take up the help of one lane that wants it, has due rows and somebody who holds it."""
    query = f"""
        UPDATE {tables.lanes} l SET helper = %(helper)s, helper_until = %(until)s
        WHERE l.ctid = any(array(
            SELECT l.ctid FROM {tables.lanes} l
            WHERE l.help = %(wanted)s AND l.holder <> %(helper)s AND l.held_until > %(now)s
              AND (l.helper IS NULL OR l.helper_until < %(now)s) AND {WELL}
              AND EXISTS (SELECT 1 FROM {tables.queue} q WHERE q.lane_id = l.id AND q.due_at <= %(now)s)
            LIMIT 1 FOR UPDATE SKIP LOCKED))
        RETURNING {STATE}
    """
    arguments: dict[str, Any] = {"helper": helper, "until": now + lease, "now": now, "wanted": Help.WANTED}
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return {row[0]: lane_state(row) for row in cursor.fetchall()}


def look(
    tables: Tables, helper: UUID, lane_ids: Sequence[UUID], *, now: datetime
) -> Mapping[UUID, HelpedGlance]:
    """How the lanes stand that this worker helps; those that it no longer may are missing."""
    query = f"""
        SELECT l.id, EXISTS (SELECT 1 FROM {tables.queue} q WHERE q.lane_id = l.id AND q.due_at <= %s),
               l.help = %s, NOT ({WELL})
        FROM {tables.lanes} l WHERE l.id = any(%s) AND l.helper = %s
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [now, Help.AGREED, list(lane_ids), helper])
        return {
            row[0]: HelpedGlance(is_due=row[1], is_agreed=row[2], is_over=row[3]) for row in cursor.fetchall()
        }


def stay(tables: Tables, helper: UUID, lane_ids: Sequence[UUID], *, until: datetime) -> None:
    """Stretch the help of these lanes."""
    query = f"UPDATE {tables.lanes} SET helper_until = %s WHERE id = any(%s) AND helper = %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [until, list(lane_ids), helper])


def go(tables: Tables, helper: UUID, lane_ids: Sequence[UUID] | None = None) -> None:
    """End the help of these lanes, or of every lane that this worker helps."""
    query = f"""
        UPDATE {tables.lanes} SET help = %s, helper = NULL, helper_until = NULL
        WHERE helper = %s AND (%s::uuid[] IS NULL OR id = any(%s::uuid[]))
    """
    chosen = None if lane_ids is None else list(lane_ids)
    with connection.cursor() as cursor:
        cursor.execute(query, [Help.NONE, helper, chosen, chosen])
