"""Signs of life of workers and beat, as rows: whoever asks sees all hosts."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from delivery.queue import database_now
from integrations.models import Heartbeat

log = logging.getLogger(__name__)
EVERY_S = 5.0  # one process writes one name at most this often
ALIVE = timedelta(seconds=30)
FORGOTTEN = timedelta(days=1)  # of hosts that are no more
BEAT = "beat"
WORKER = "worker"


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """Who is alive: workers by name, and beat by when a worker last had a task of it."""

    workers: Sequence[str]
    silent: Sequence[str]
    beat_at: datetime | None
    is_beat_alive: bool


def sign(kind: str, name: str) -> None:
    """Write that it lives. Never raises."""
    at = time.monotonic()
    if at - _signed.get(name, -EVERY_S) < EVERY_S:
        return
    _signed[name] = at
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO integrations_heartbeat (name, kind, at) VALUES (%s, %s, now()) "
                "ON CONFLICT (name) DO UPDATE SET at = excluded.at",
                [name, kind],
            )
    except DatabaseError as error:
        log.warning("A sign of life of %s could not be written: %s", name, error)


def life(*, now: datetime | None = None) -> Life:
    """Who gave a sign within half a minute by the database's clock, and who did not."""
    now = now or database_now()
    rows = list(Heartbeat.objects.order_by("name"))
    workers = [row for row in rows if row.kind == WORKER]
    beat_at = max((row.at for row in rows if row.kind == BEAT), default=None)
    return Life(
        workers=[row.name for row in workers if now - row.at <= ALIVE],
        silent=[row.name for row in workers if now - row.at > ALIVE],
        beat_at=beat_at,
        is_beat_alive=beat_at is not None and now - beat_at <= ALIVE,
    )


def forget_silent(*, now: datetime) -> None:
    """Workers of hosts that are no more."""
    Heartbeat.objects.filter(at__lt=now - FORGOTTEN).delete()


_signed: dict[str, float] = {}
