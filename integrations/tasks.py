"""Celery's way to the services: ids in, one service called."""

from __future__ import annotations

from celery import shared_task

from integrations.services import counters, partitions


@shared_task(name="integrations.keep_partitions", ignore_result=True)
def keep_partitions() -> None:
    """Hourly."""
    partitions.keep_partitions()


@shared_task(name="integrations.fold_counts", ignore_result=True)
def fold_counts() -> None:
    """Every few seconds: what is not folded yet is read from the deltas."""
    counters.fold_counts()
