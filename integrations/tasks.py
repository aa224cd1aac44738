"""Celery's way to the services: ids in, one service called."""

from __future__ import annotations

from celery import shared_task

from integrations.services import partitions


@shared_task(name="integrations.keep_partitions", ignore_result=True)
def keep_partitions() -> None:
    """Hourly."""
    partitions.keep_partitions()
