"""Celery's way to the services: one service called."""

from __future__ import annotations

from celery import shared_task

from webhooks.services import partitions


@shared_task(name="webhooks.keep_partitions", ignore_result=True)
def keep_partitions() -> None:
    """Hourly."""
    partitions.keep_partitions()
