"""Celery's way to the services: one service called each."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.services import audit, idempotency


@shared_task(name="accounts.drop_old", ignore_result=True)
def drop_old() -> None:
    """Hourly: audit entries and idempotency keys past their time."""
    now = timezone.now()
    audit.drop_old(settings.AUDIT_RETENTION_DAYS, now)
    idempotency.drop_old(now)
