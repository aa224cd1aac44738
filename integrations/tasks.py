"""Celery's way to the services: ids in, one service called."""

from __future__ import annotations

from celery import shared_task

from integrations.services import counters, heartbeats, partitions, retention
from integrations.services.replays import turns


@shared_task(name="integrations.keep_partitions", ignore_result=True)
def keep_partitions() -> None:
    """Hourly."""
    partitions.keep_partitions()


@shared_task(name="integrations.erase_expired", ignore_result=True)
def erase_expired() -> None:
    """Every ten minutes: what one run leaves, the next one goes on with."""
    retention.erase_expired()


@shared_task(name="integrations.fold_counts", ignore_result=True)
def fold_counts() -> None:
    """Every few seconds, and a sign of beat's life: nobody else rings it."""
    heartbeats.sign(heartbeats.BEAT, heartbeats.BEAT)
    counters.fold_counts()


@shared_task(name=turns.TASK, ignore_result=True)
def replay() -> None:
    """Woken by who asks for one or starts it, and swept: a replay outlives whoever ran it."""
    turns.run_replays()
