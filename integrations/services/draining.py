"""What is still to be sent, over destinations and webhooks: what a drain waits for, and what it can't."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from delivery.ids import moment_of
from integrations.services.lanes import TABLES as EVENTS
from webhooks.services.tables import TABLES as MESSAGES


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """Unfinished deliveries. `sending` and `due` end soon; the others wait for a time, a lane or a person."""

    sending: int = 0
    due: int = 0
    later: int = 0
    blocked: int = 0
    held: int = 0
    oldest_at: datetime | None = None

    @property
    def is_drained(self) -> bool:
        """Whether nothing is left that could be sent now."""
        return not self.sending and not self.due


def left() -> Left:
    """One look at both queues."""
    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        rows = cursor.fetchall()
    sending, due, later, blocked, held = (sum(row[place] for row in rows) for place in range(5))
    oldest = [moment_of(UUID(row[5])) for row in rows if row[5]]
    return Left(
        sending=sending, due=due, later=later, blocked=blocked, held=held, oldest_at=min(oldest, default=None)
    )


def _part(queue: str, lanes: str) -> str:
    flies = "q.claim_id IS NOT NULL AND q.due_at > now()"
    rests = "q.held_at IS NULL AND (q.claim_id IS NULL OR q.due_at <= now())"
    is_open = """l.paused_reason = '' AND coalesce(l.breaker_open_until, '-infinity') <= now()
        AND coalesce(l.throttled_until, '-infinity') <= now()"""
    return f"""
        SELECT count(*) FILTER (WHERE {flies}),
               count(*) FILTER (WHERE {rests} AND q.due_at <= now() AND {is_open}),
               count(*) FILTER (WHERE {rests} AND q.due_at > now()),
               count(*) FILTER (WHERE {rests} AND q.due_at <= now() AND NOT ({is_open})),
               count(*) FILTER (WHERE q.held_at IS NOT NULL),
               min(q.id::text) FILTER (WHERE q.held_at IS NULL)
        FROM {queue} q JOIN {lanes} l ON l.id = q.lane_id
    """  # noqa: S608 (names are made here)


QUERY = f"{_part(EVENTS.queue, EVENTS.lanes)} UNION ALL {_part(MESSAGES.queue, MESSAGES.lanes)}"
