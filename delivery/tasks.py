"""The tasks of the engine: deliver what is due, and end what shall not be sent any more."""

from __future__ import annotations

from celery import shared_task

from delivery.ending import TASK as END
from delivery.run import deliver_due, end_what_waits


@shared_task(name="delivery.deliver", ignore_result=True)
def deliver() -> None:
    """Rung after each commit and swept every second; what is due stands in PostgreSQL."""
    deliver_due()


@shared_task(name=END, ignore_result=True)
def end() -> None:
    """Woken by who disables or removes, and swept: what one run leaves, the next one goes on with."""
    end_what_waits()
