"""Rings a worker after a commit. A ring that is lost costs a second, the sweep's; never a delivery."""

from __future__ import annotations

import logging
import time
from functools import cache

import redis
from celery import current_app
from django.conf import settings

log = logging.getLogger(__name__)

RING = "s2sadmin:ring"
RING_S = 5
QUIET_S = 1.0  # after a failure nobody is rung for this long: ingest must not wait for a dead broker


class _Silence:
    until = 0.0


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.DOORBELL_URL, socket_timeout=0.25, socket_connect_timeout=0.25)


def ring() -> None:
    """Wake one worker, unless one was woken that has not begun yet. Never raises."""
    if time.monotonic() < _Silence.until:
        return
    try:
        if _client().set(RING, b"1", nx=True, ex=RING_S):
            current_app.send_task("delivery.deliver", expires=RING_S, ignore_result=True, retry=False)
    except Exception as error:
        _Silence.until = time.monotonic() + QUIET_S
        log.warning("The doorbell is out of order (%s): what is due waits until it is back.", error)


def wake(task: str) -> None:
    """Run an app's task soon, which its beat would run anyway. Never raises."""
    try:
        current_app.send_task(task, expires=RING_S, ignore_result=True, retry=False)
    except Exception as error:
        log.warning("The task %s can't be woken (%s): its beat will.", task, error)


def answer() -> None:
    """Take the ring down. Called before the first claim: taking it down later would lose rings."""
    try:
        _client().delete(RING)
    except redis.RedisError as error:
        log.warning("The ring can't be taken down (%s): it expires by itself.", error)
