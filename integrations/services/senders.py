"""Who sends: write keys with what their pipelines are, and when they were last used."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from integrations.core.facts import KeyRefused

LAST_USED_S = 60.0  # a key's last use is written at most this often by one process


@dataclass(frozen=True, slots=True)
class Sender:
    """A write key that may send, with what its pipeline is."""

    key_id: UUID
    pipeline_id: UUID
    organization_id: UUID
    kind: str
    version: int
    answers_207: bool


@dataclass(frozen=True, slots=True)
class Stranger:
    """A write key that may not send, why, and its pipeline where it has one."""

    refusal: KeyRefused
    pipeline_id: UUID | None
    organization_id: UUID | None


@dataclass(frozen=True, slots=True)
class Senders:
    """Every asked key is in one of the two; `now` is the transaction's time by the database's clock."""

    allowed: Mapping[str, Sender]
    refused: Mapping[str, Stranger]
    now: datetime


def find_senders(keys: Collection[str]) -> Senders:
    """Look keys up in the caller's transaction, which sees the configuration version that it plans with."""
    query = """
        SELECT now(), wanted.key, k.revoked_at IS NOT NULL, p.enabled,
               k.id, p.id, p.organization_id, p.kind, p.config_version, p.answers_207
        FROM unnest(%s::text[]) AS wanted(key)
        LEFT JOIN integrations_writekey k ON k.key = wanted.key
        LEFT JOIN integrations_pipeline p ON p.id = k.pipeline_id
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [list(keys)])
        found = cursor.fetchall()
    allowed: dict[str, Sender] = {}
    refused: dict[str, Stranger] = {}
    for _, key, is_revoked, is_enabled, key_id, *pipeline in found:
        if key_id is None or is_revoked:
            refused[key] = Stranger(_unknown(), *pipeline[:2])
        elif not is_enabled:
            refused[key] = Stranger(_disabled(), *pipeline[:2])
        else:
            allowed[key] = Sender(key_id, *pipeline)
    return Senders(allowed, refused, found[0][0])


def note_use(senders: Collection[Sender]) -> None:
    """Write keys' last use after the commit: an ingest transaction updates no shared row."""
    at = time.monotonic()
    stale = [one.key_id for one in senders if at - _noted.get(one.key_id, -LAST_USED_S) >= LAST_USED_S]
    if not stale:
        return
    _noted.update(dict.fromkeys(stale, at))
    with connection.cursor() as cursor:
        # A key that somebody is changing just now is left out: nobody's event waits for it.
        cursor.execute(
            """
            UPDATE integrations_writekey SET last_used_at = now() WHERE id = any(array(
                SELECT id FROM integrations_writekey WHERE id = any(%s) FOR NO KEY UPDATE SKIP LOCKED))
            """,
            [stale],
        )


_noted: dict[UUID, float] = {}


def _disabled() -> KeyRefused:
    message = "The pipeline of this write key is disabled. Enable it in the admin, or use another write key."
    return KeyRefused(403, "pipeline_disabled", message)


def _unknown() -> KeyRefused:
    message = "The write key is unknown or revoked. Use a write key of this pipeline's page in the admin."
    return KeyRefused(401, "unknown_write_key", message)
