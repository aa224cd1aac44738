"""Celery's way to the services: one service called each."""

from __future__ import annotations

from celery import shared_task

from webhooks.services import notices, partitions, recoveries


@shared_task(name="webhooks.keep_partitions", ignore_result=True)
def keep_partitions() -> None:
    """Hourly."""
    partitions.keep_partitions()


@shared_task(name=recoveries.TASK, ignore_result=True)
def recover() -> None:
    """Woken by who starts one, and swept: a job outlives whoever ran it."""
    recoveries.run_recoveries()


@shared_task(name=notices.TASK, ignore_result=True)
def send_notices() -> None:
    """Woken by who disables one, and swept every minute."""
    notices.send_notices()
