"""The rows that an ingest transaction writes: events, and the deliveries that were planned for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from delivery.ids import Ids
from delivery.queue import copy_rows, jsonb
from integrations.core.event import Event
from integrations.core.plan import Plan
from integrations.services.senders import Sender

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
    "part": "int2",
}


class EventRows:
    """Gathers the rows of one transaction and writes them by COPY."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.ids = Ids(now)
        self.events: list[tuple[Any, ...]] = []
        self.deliveries: list[tuple[Any, ...]] = []

    def add(self, event: Event, plan: Plan, sender: Sender) -> None:
        """One event, its skips, and a delivery for each destination, or part of it, that it goes to."""
        event_id = self.ids.next()
        payload = event.payload
        skips = [
            {"destination": str(skip.target.id), "reason": skip.reason.value, "sentence": skip.sentence}
            for skip in plan.skips
        ]
        self.events.append(
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
                self.now,
                sender.version,
                len(plan.deliver),
                jsonb(skips),
                msgspec.json.encode(payload),
            )
        )
        for due in plan.deliver:
            delay_s = due.target.delay_s
            due_at = self.now + timedelta(seconds=delay_s) if delay_s else self.now
            self.deliveries.append(
                (
                    self.ids.next(),
                    due.target.id,
                    due_at,
                    sender.organization_id,
                    sender.pipeline_id,
                    event_id,
                    due.part,
                )
            )

    def write(self) -> None:
        """In the caller's transaction."""
        if self.events:
            copy_rows("integrations_event", EVENT_COLUMNS, self.events)
        if self.deliveries:
            copy_rows("integrations_delivery", DELIVERY_COLUMNS, self.deliveries)
