"""Keeps the day partitions of messages, results and attempts."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from delivery.partitions import keep_days
from delivery.queue import database_now
from webhooks.services.tables import COLD_TABLES


def keep_partitions(now: datetime | None = None) -> tuple[list[str], list[str]]:
    """Make what will be needed and drop what is past retention: (made, dropped). Idempotent."""
    now = now or database_now()
    oldest = (now - timedelta(days=settings.RETENTION_DAYS)).date()
    return keep_days(COLD_TABLES, today=now.date(), ahead=settings.PARTITION_DAYS_AHEAD, oldest=oldest)
