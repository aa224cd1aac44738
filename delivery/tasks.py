"""The one task of the engine: deliver what is due."""

from __future__ import annotations

from celery import shared_task

from delivery.run import deliver_due


@shared_task(name="delivery.deliver", ignore_result=True)
def deliver() -> None:
    """Rung after each commit and swept every second; what is due stands in PostgreSQL."""
    deliver_due()
