"""Keeps what a write answered for a day, so that asking twice writes once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from accounts.core.principal import Principal
from accounts.fields import decrypt, encrypt
from accounts.models import IdempotencyKey

KEPT = timedelta(hours=24)


class InFlight(Exception):
    """A request with this Idempotency-Key is being worked on. Ask again in a second."""


class OtherRequest(Exception):
    """This Idempotency-Key was used for another request. Take a new key for every write."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A write with its key: what tells it from others. `path` has the query, `digest` is the body's."""

    by: Principal
    key: str
    method: str
    path: str
    digest: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What was answered, to the byte."""

    status: int
    headers: Mapping[str, str]
    body: str


def begin(asked: Asked) -> Answer | None:
    """Hold the key until the transaction's end; the answer when there is one already.

    InFlight when another transaction holds it, OtherRequest when it stood for something else. A refused
    request is rolled back and leaves its key free.
    """
    if not _held(asked):
        raise InFlight
    kept = IdempotencyKey.objects.filter(
        actor_kind=asked.by.kind.value, actor_id=asked.by.id, key=asked.key
    ).first()
    if kept is None:
        return None
    if kept.created_at <= timezone.now() - KEPT:
        kept.delete()
        return None
    if (kept.method, kept.path, bytes(kept.body_digest)) != (asked.method, asked.path, asked.digest):
        raise OtherRequest
    return Answer(status=kept.status, headers=kept.headers, body=decrypt(kept.body))


def keep(asked: Asked, answer: Answer) -> None:
    """In the transaction of the write."""
    IdempotencyKey.objects.create(
        actor_kind=asked.by.kind.value,
        actor_id=asked.by.id,
        key=asked.key,
        method=asked.method,
        path=asked.path,
        body_digest=asked.digest,
        status=answer.status,
        headers=dict(answer.headers),
        body=encrypt(answer.body),
        created_at=timezone.now(),
    )


def drop_old(now: datetime) -> int:
    """Forget what is older than a day. Returns how many."""
    return IdempotencyKey.objects.filter(created_at__lte=now - KEPT).delete()[0]


def _held(asked: Asked) -> bool:
    """A lock of the database that ends with the transaction, however it ends."""
    name = f"{asked.by.kind}:{asked.by.id}:{asked.key}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotency {name}"])
        row = cursor.fetchone()
    return bool(row and row[0])
