"""Valkey as the file routes use it: a stamp for everything that may change, and copies for bad days.

A stamp says "what you remember from before is old"; the database says what is true. Losing all of it costs a
few reads.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from functools import cache
from typing import TypeVar, cast
from uuid import uuid4

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from integrations.core.served.freshness import NoStamp, Stamp

log = logging.getLogger(__name__)
T = TypeVar("T")

STAMP = "s2sadmin:served:stamp:"
COPY = "s2sadmin:served:copy:"
KEPT_S = 30 * 24 * 3600  # what nobody asks for goes
CHANGING = b"~"
CHANGING_S = 15  # a writer that died is waited for no longer
QUIET_S = 1.0  # after a failure: one request a second finds out whether Valkey is back


class _Silence:
    until = 0.0


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=0.25,
        socket_connect_timeout=0.25,
        retry=Retry(NoBackoff(), 0),
    )


def read_stamp(name: str) -> Stamp:
    """The stamp as it stands now."""
    try:
        found = _get(STAMP + name)
    except redis.RedisError:
        return NoStamp.SILENT
    if found is None:
        return NoStamp.ABSENT
    return NoStamp.CHANGING if found == CHANGING else found.decode("ascii")


def make_stamp(name: str) -> Stamp:
    """A first stamp, unless somebody set one meanwhile: then ABSENT, and what was read before is old."""
    stamp = uuid4().hex
    try:
        is_first = _ask(lambda client: client.set(STAMP + name, stamp, nx=True, ex=KEPT_S))
    except redis.RedisError:
        return NoStamp.SILENT
    return stamp if is_first else NoStamp.ABSENT


def begin_change(names: Collection[str]) -> None:
    """Before the commit: until `end_change`, nobody may remember what is read."""
    _set(names, lambda: CHANGING, expires_s=CHANGING_S)


def end_change(names: Collection[str]) -> None:
    """After the commit: everybody reads again."""
    _set(names, lambda: uuid4().hex.encode(), expires_s=KEPT_S)


def read_copy(name: str) -> bytes | None:
    """What some process read last."""
    try:
        return _get(COPY + name)
    except redis.RedisError:
        return None


def keep_copy(name: str, value: bytes) -> None:
    """For processes that start while the database is away. Never raises."""
    try:
        _ask(lambda client: client.set(COPY + name, value, ex=KEPT_S))
    except redis.RedisError:
        return


def drop_copy(name: str) -> None:
    """What is gone must not come back with the next outage. Never raises."""
    try:
        _ask(lambda client: client.delete(COPY + name))
    except redis.RedisError:
        return


def is_copied(name: str) -> bool:
    """Whether there is a copy; its time begins again. True also while Valkey does not answer."""
    try:
        return bool(_ask(lambda client: client.expire(COPY + name, KEPT_S)))
    except redis.RedisError:
        return True


def _get(key: str) -> bytes | None:
    return cast("bytes | None", _ask(lambda client: client.get(key)))


def _set(names: Collection[str], value: Callable[[], bytes], *, expires_s: int) -> None:
    """Also in the second after a failure: a change that is not told costs others half a minute."""
    if not names:
        return
    try:
        with _client().pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.set(STAMP + name, value(), ex=expires_s)
            pipeline.execute()
    except redis.RedisError as error:
        log.warning("Valkey does not answer (%s): web processes learn of a change within 30 s.", error)


def _ask(command: Callable[[redis.Redis], T]) -> T:
    """Raises RedisError, at once in the second after a failure: one slow answer a second is enough."""
    if time.monotonic() < _Silence.until:
        raise redis.ConnectionError("It did not answer a moment ago.")
    try:
        answer = command(_client())
    except redis.RedisError:
        _Silence.until = time.monotonic() + QUIET_S
        raise
    return answer
