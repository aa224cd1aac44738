"""Reads stored events back for delivery, by id: never joined from the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from integrations.core.event import Event


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event, and the configuration version that planned it."""

    event: Event
    plan_version: int


def read_events(event_ids: Sequence[UUID]) -> Mapping[UUID, StoredEvent]:
    """The events that are still stored."""
    query = """
        SELECT id, plan_version, type, name, message_id, received_at, payload::text
        FROM integrations_event WHERE id = any(%s)
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [list(set(event_ids))])
        return {row[0]: _stored(row) for row in cursor.fetchall()}


def _stored(row: tuple[Any, ...]) -> StoredEvent:
    _, plan_version, type_, name, message_id, received_at, text = row
    payload = msgspec.json.decode(text)
    event = Event(
        type=type_,
        name=name,
        message_id=message_id,
        timestamp=datetime.fromisoformat(payload["timestamp"]),
        received_at=received_at,
        payload=payload,
    )
    return StoredEvent(event, plan_version)
