"""Takes events in: one transaction for the events and their deliveries, and success only after its commit."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.conf import settings
from django.db import connection, transaction

from delivery.doorbell import ring
from delivery.ids import Ids
from delivery.queue import copy_rows, jsonb
from integrations.core.event import Event
from integrations.core.facts import (
    Acceptance,
    Duplicate,
    Facts,
    Incoming,
    KeyRefused,
    Refused,
    Result,
    Stored,
)
from integrations.core.normalise import BadEvent, normalise
from integrations.core.plan import Plan, plan
from integrations.services.message_keys import claim_message_ids
from integrations.services.snapshots import snapshot

log = logging.getLogger(__name__)

VISITOR_KINDS = frozenset({"web", "ios", "android"})  # their requests come from the visitor's device
LAST_USED_S = 60.0

EVENT_COLUMNS = {
    "id": "uuid",
    "organization_id": "uuid",
    "pipeline_id": "uuid",
    "write_key_id": "uuid",
    "type": "text",
    "name": "text",
    "message_id": "text",
    "user_id": "text",
    "anonymous_id": "text",
    "received_at": "timestamptz",
    "plan_version": "int8",
    "planned": "int2",
    "skips": "bytea",
    "payload": "bytea",
}
DELIVERY_COLUMNS = {
    "id": "uuid",
    "lane_id": "uuid",
    "due_at": "timestamptz",
    "organization_id": "uuid",
    "pipeline_id": "uuid",
    "event_id": "uuid",
}


@dataclass(frozen=True, slots=True)
class Sender:
    """A write key that may send, with what its pipeline is."""

    key_id: UUID
    pipeline_id: UUID
    organization_id: UUID
    kind: str
    version: int
    answers_207: bool


@dataclass(slots=True)
class Rows:
    """What one transaction writes."""

    ids: Ids
    events: list[tuple[Any, ...]] = field(default_factory=list)
    deliveries: list[tuple[Any, ...]] = field(default_factory=list)


def accept(incoming: Sequence[Incoming], facts: Facts) -> Acceptance:
    """Store events and plan their deliveries, durably. Raises KeyRefused when no key among them may send."""
    with transaction.atomic():
        senders, refusals, now = _senders({one.key for one in incoming})
        if not senders:
            raise refusals[incoming[0].key]
        results: list[Result | None] = [None] * len(incoming)
        for index, one in enumerate(incoming):
            if one.key in refusals:
                results[index] = Refused(refusals[one.key].code, refusals[one.key].message)
        rows = Rows(Ids(now))
        for key, sender in senders.items():
            mine = [(i, one) for i, one in enumerate(incoming) if one.key == key]
            _accept_from(sender, mine, facts, now, results, rows)
        copy_rows("integrations_event", EVENT_COLUMNS, rows.events)
        if rows.deliveries:
            copy_rows("integrations_delivery", DELIVERY_COLUMNS, rows.deliveries)
    if rows.deliveries:
        ring()
    _note_use(senders.values())
    return Acceptance(
        results=tuple(result or Stored() for result in results),
        partial_207=all(sender.answers_207 for sender in senders.values()),
    )


def _senders(keys: set[str]) -> tuple[dict[str, Sender], dict[str, KeyRefused], datetime]:
    query = """
        SELECT k.key, k.id, k.revoked_at, p.id, p.organization_id, p.kind, p.config_version, p.answers_207,
               p.enabled, now()
        FROM unnest(%s::text[]) AS wanted(key)
        LEFT JOIN integrations_writekey k ON k.key = wanted.key
        LEFT JOIN integrations_pipeline p ON p.id = k.pipeline_id
    """
    senders: dict[str, Sender] = {}
    with connection.cursor() as cursor:
        cursor.execute(query, [sorted(keys)])
        found = cursor.fetchall()
    for (
        key,
        key_id,
        revoked_at,
        pipeline_id,
        organization_id,
        kind,
        version,
        answers_207,
        enabled,
        _,
    ) in found:
        if key is not None and revoked_at is None and enabled:
            senders[key] = Sender(key_id, pipeline_id, organization_id, kind, version, answers_207)
    disabled = {row[0] for row in found if row[0] is not None and row[2] is None and not row[8]}
    refusals = {key: _key_refused(key in disabled) for key in keys - senders.keys()}
    return senders, refusals, found[0][-1]


def _key_refused(is_disabled: bool) -> KeyRefused:
    if is_disabled:
        message = (
            "The pipeline of this write key is disabled. Enable it in the admin, or use another write key."
        )
        return KeyRefused(403, "pipeline_disabled", message)
    message = "The write key is unknown or revoked. Use a write key of this pipeline's page in the admin."
    return KeyRefused(401, "unknown_write_key", message)


def _accept_from(
    sender: Sender,
    mine: Sequence[tuple[int, Incoming]],
    facts: Facts,
    now: datetime,
    results: list[Result | None],
    rows: Rows,
) -> None:
    """Normalise, drop what was seen before, plan: one sender's part of a request."""
    events: dict[str, tuple[int, Event]] = {}
    for index, one in mine:
        try:
            event = _normalised(one, sender, facts, now)
        except BadEvent as error:
            results[index] = Refused(error.code, error.message)
            continue
        if event.message_id in events:
            results[index] = Duplicate()
        else:
            events[event.message_id] = (index, event)
    fresh = claim_message_ids(sender.pipeline_id, list(events), now=now) if events else set()
    state = snapshot(sender.pipeline_id, sender.version)
    for message_id, (index, event) in events.items():
        if message_id in fresh:
            _add_rows(rows, event, plan(event, state, gpc=facts.gpc), sender, now)
        else:
            results[index] = Duplicate()


def _normalised(one: Incoming, sender: Sender, facts: Facts, now: datetime) -> Event:
    from_visitor = sender.kind in VISITOR_KINDS
    return normalise(
        one.raw,
        received_at=now,
        type_hint=one.type_hint,
        ip=facts.ip if from_visitor else "",
        user_agent=facts.user_agent if from_visitor else "",
        new_message_id=str(uuid4()),
        needs_walk=one.needs_walk,
        nesting_limit=settings.INGEST_NESTING_LIMIT,
    )


def _add_rows(rows: Rows, event: Event, planned: Plan, sender: Sender, now: datetime) -> None:
    event_id = rows.ids.next()
    payload = event.payload
    skips = [
        {"destination": str(skip.target.id), "reason": skip.reason.value, "sentence": skip.sentence}
        for skip in planned.skips
    ]
    rows.events.append(
        (
            event_id,
            sender.organization_id,
            sender.pipeline_id,
            sender.key_id,
            event.type,
            event.name,
            event.message_id,
            payload.get("userId") or "",
            payload.get("anonymousId") or "",
            now,
            sender.version,
            len(planned.deliver),
            jsonb(skips),
            msgspec.json.encode(payload),
        )
    )
    for target in planned.deliver:
        due_at = now + timedelta(seconds=target.delay_s)
        rows.deliveries.append(
            (rows.ids.next(), target.id, due_at, sender.organization_id, sender.pipeline_id, event_id)
        )


_used: dict[UUID, float] = {}


def _note_use(senders: Any) -> None:
    """Write keys' last use, at most once a minute and process: never in the ingest transaction."""
    at = time.monotonic()
    stale = [sender.key_id for sender in senders if at - _used.get(sender.key_id, -1e9) > LAST_USED_S]
    if not stale:
        return
    _used.update(dict.fromkeys(stale, at))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_writekey SET last_used_at = now() WHERE id = any(%s)", [stale])
