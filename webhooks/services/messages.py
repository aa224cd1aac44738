"""Writes messages, and their deliveries, in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from delivery.doorbell import ring
from delivery.ids import Ids
from webhooks.core.event_types import EVENT_TYPES
from webhooks.core.payload import frozen_body
from webhooks.models import Message, MessageDelivery, Origin


def publish(
    organization_id: UUID, event_type: str, data: Mapping[str, object], *, at: datetime
) -> Message | None:
    """Tell the organization's enabled subscriptions to this type; None when there is none.

    Call it in the transaction of what happened at `at`: what is rolled back is never told. `data` is as the
    event type's JSON Schema says (webhooks.core.event_types).
    """
    lane_ids = _subscribed(organization_id, EVENT_TYPES[event_type].name)
    if not lane_ids:
        return None
    message = write_message(organization_id, event_type, data, at=at)
    send(message, lane_ids, Origin.EVENT)
    return message


def write_message(
    organization_id: UUID, event_type: str, data: Mapping[str, object], *, at: datetime
) -> Message:
    """A message with its bytes frozen; nobody gets it yet."""
    return Message.objects.create(
        id=Ids(timezone.now()).next(),
        organization_id=organization_id,
        event_type=event_type,
        made_at=at,
        body=frozen_body(event_type, data, at=at),
    )


def send(message: Message, lane_ids: Iterable[UUID], origin: Origin) -> list[MessageDelivery]:
    """A delivery of the message for each of these subscriptions, due now."""
    now = timezone.now()
    ids = Ids(now)
    rows = [
        MessageDelivery(
            id=ids.next(),
            lane_id=lane_id,
            due_at=now,
            organization_id=message.organization_id,
            message_id=message.id,
            event_type=message.event_type,
            origin=origin,
        )
        for lane_id in lane_ids
    ]
    MessageDelivery.objects.bulk_create(rows)
    transaction.on_commit(ring)
    return rows


def _subscribed(organization_id: UUID, event_type: str) -> list[UUID]:
    """Locked against being disabled before this transaction ends: what that cancels is then all there is."""
    query = """
        SELECT id FROM webhooks_subscription
        WHERE organization_id = %s AND enabled AND %s = any(event_types)
        ORDER BY id FOR KEY SHARE
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [organization_id, event_type])
        return [row[0] for row in cursor.fetchall()]
