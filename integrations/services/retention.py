"""The end of retention: deliveries that can't be sent any more end visibly, and organizations that keep
less than the installation have their rows erased in small batches.

Whole days go, as with partitions. Every batch is a transaction of its own of at most BATCH rows, so nobody
waits for it and no snapshot is held; a run ends after BUDGET_S and the next one goes on.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from accounts.models import Organization
from delivery.ending import CHUNK, cancel_carried, cancel_older
from delivery.partitions import first_id, oldest_day
from delivery.queue import database_now
from integrations.services.lanes import TABLES

BATCH = 1_000
BUDGET_S = 45.0
SPARED_DAYS = 3  # so long a delivery may be tried: with a shorter retention none is ended a day ahead
EVENTS = "SELECT id FROM integrations_event WHERE organization_id = %s AND id < %s ORDER BY id LIMIT %s"
RESULTS = f"""
    SELECT id FROM {TABLES.results}
    WHERE organization_id = %s AND id < %s AND ended_at < %s ORDER BY id LIMIT %s
"""  # noqa: S608 (names are made here)
ATTEMPTS = f"SELECT id FROM {TABLES.attempts} WHERE scope_id = %s AND id < %s ORDER BY id LIMIT %s"  # noqa: S608


def start_of(day: date) -> datetime:
    """Its first moment, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def end_before_they_go(now: datetime, *, clock: Callable[[], float] = time.monotonic) -> bool:
    """End unfinished deliveries a day before their event's day is dropped, so that the sentence can be read.

    The counters keep them longer. False when the time was over before all had ended.
    """
    days = settings.RETENTION_DAYS
    ahead = timedelta(days=1 if days > SPARED_DAYS else 0)
    first = oldest_day(TABLES.results)
    if first is None:
        return True
    reason = (
        f"The installation keeps events for {days} days, and this one's are over: it can't be sent any more. "
        "Send the event again if it still counts, and look why the delivery waited so long."
    )
    before = start_of((now - timedelta(days=days) + ahead).date())
    since, until, ends_at = first_id(start_of(first)), first_id(before), clock() + BUDGET_S
    while cancel_older(TABLES, since=since, before=until, reason=reason) == CHUNK:
        if clock() > ends_at:
            return False
    return True


def erase_expired(
    now: datetime | None = None, *, clock: Callable[[], float] = time.monotonic
) -> Mapping[str, int]:
    """Erase what organizations keep no longer; how many rows of each kind, and `cancelled` deliveries."""
    now = now or database_now()
    ends_at = clock() + BUDGET_S
    erased: Counter[str] = Counter()
    shorter = Q(event_days__lt=settings.RETENTION_DAYS) | Q(attempt_days__lt=settings.RETENTION_DAYS)
    waiting = deque(deque(_steps(organization, now)) for organization in Organization.objects.filter(shorter))
    while waiting and clock() < ends_at:  # a batch each in turn: who has much to erase keeps nobody waiting
        steps = waiting.popleft()
        if steps[0](erased) < BATCH:
            steps.popleft()
        if steps:
            waiting.append(steps)
    return erased


Step = Callable[[Counter[str]], int]


def _steps(organization: Organization, now: datetime) -> list[Step]:
    """What erases one batch each, and says how many rows it found."""
    key, steps = organization.id, list[Step]()
    if organization.event_days is not None:
        days = organization.event_days
        oldest = start_of((now - timedelta(days=days)).date())
        steps.append(lambda erased: _erase_events(key, oldest, days, erased))
        steps.append(
            lambda erased: _erase(
                "results", TABLES.results, RESULTS, [key, first_id(oldest), oldest, BATCH], erased
            )
        )
    if organization.attempt_days is not None:
        until = first_id(start_of((now - timedelta(days=organization.attempt_days)).date()))
        steps.append(
            lambda erased: _erase("attempts", TABLES.attempts, ATTEMPTS, [key, until, BATCH], erased)
        )
    return steps


def _erase_events(organization_id: UUID, oldest: datetime, days: int, erased: Counter[str]) -> int:
    """One batch of events; their unfinished deliveries end in the same transaction."""
    reason = (
        f"The organization keeps events for {days} days, and this one's are over: it was erased and can't be "
        "sent any more. Send the event again if it still counts, or keep events longer."
    )
    with transaction.atomic():
        ids = _found(EVENTS, [organization_id, first_id(oldest), BATCH])
        if ids:
            erased["cancelled"] += cancel_carried(TABLES, "event_id", ids, reason=reason)
            _delete("integrations_event", ids)
    erased["events"] += len(ids)
    return len(ids)


def _erase(kind: str, table: str, query: str, arguments: list[Any], erased: Counter[str]) -> int:
    with transaction.atomic():
        ids = _found(query, arguments)
        if ids:
            _delete(table, ids)
    erased[kind] += len(ids)
    return len(ids)


def _found(query: str, arguments: list[Any]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return [row[0] for row in cursor.fetchall()]


def _delete(table: str, ids: list[UUID]) -> None:
    """The bounds let the planner leave other days' partitions alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE id = any(%s) AND id BETWEEN %s AND %s",  # noqa: S608
            [ids, min(ids), max(ids)],
        )
