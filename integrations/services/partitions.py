"""Keeps the day partitions of the cold tables: made ahead, dropped at the end of retention."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection

from delivery.partitions import drop_days, first_id, make_days
from delivery.queue import database_now
from integrations.services.access_tokens import forget_unused
from integrations.services.counters import drop_old_counts
from integrations.services.heartbeats import forget_silent
from integrations.services.lanes import TABLES
from integrations.services.message_keys import empty_old_keys
from integrations.services.replays.jobs import forget_replays
from integrations.services.retention import end_before_they_go, start_of

log = logging.getLogger(__name__)

COLD_TABLES = ("integrations_event", TABLES.results, TABLES.attempts)


def keep_partitions(now: datetime | None = None) -> tuple[list[str], list[str]]:
    """Make what will be needed and drop what is past retention: (made, dropped). Idempotent.

    Days are made first: without them ingest stops, whatever goes wrong with what is old. While more
    deliveries have to end than one call can, nothing is dropped: the next call goes on.
    """
    now = now or database_now()
    oldest = (now - timedelta(days=settings.RETENTION_DAYS)).date()
    made = make_days(COLD_TABLES, today=now.date(), ahead=settings.PARTITION_DAYS_AHEAD)
    dropped = _drop(oldest) if end_before_they_go(now) else []
    empty_old_keys(now=now)
    forget_unused(now=now)
    drop_old_counts(now=now)
    forget_silent(now=now)
    forget_replays(now=now)
    return made, dropped


def _drop(oldest: date) -> list[str]:
    _forget_older_than(start_of(oldest))
    return drop_days(COLD_TABLES, oldest=oldest)


def _forget_older_than(day: datetime) -> None:
    """What is left where no result can be written any more: a worker had it, or its day has no place."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLES.queue} WHERE id < %s", [first_id(day)])  # noqa: S608
        if cursor.rowcount:
            log.warning(
                "%d unfinished deliveries had no place for their result and are gone", cursor.rowcount
            )
