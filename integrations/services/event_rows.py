"""The rows that an ingest transaction writes: events, and the deliveries that were planned for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from delivery.ids import Ids
from delivery.queue import copy_rows, jsonb
from integrations.core.counts import Counts, Measure, hour_of
from integrations.core.event import Event
from integrations.core.plan import Plan
from integrations.services.counters import write_counts
from integrations.services.senders import Sender, Stranger

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
        self.counts = Counts()
        self._hour = hour_of(now)

    def add(self, event: Event, plan: Plan, sender: Sender) -> None:
        """One event, its skips, and a delivery for each destination, or part of it, that it goes to."""
        event_id = self.ids.next()
        self.count(sender, Measure.STORED)
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
        for skip in plan.skips:
            self.count(sender, Measure.SKIPPED, skip.target.id, skip.reason.value)
        for due in plan.deliver:
            self.count(sender, Measure.PLANNED, due.target.id)
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

    def count(
        self,
        sender: Sender | Stranger,
        measure: Measure,
        destination_id: UUID | None = None,
        reason: str = "",
    ) -> None:
        """One more of these in this hour."""
        self.counts.add(
            self._hour, sender.organization_id, sender.pipeline_id, destination_id, measure, reason=reason
        )

    def write(self) -> None:
        """In the caller's transaction."""
        write_counts(self.counts)
        if self.events:
            copy_rows("integrations_event", EVENT_COLUMNS, self.events)
        if self.deliveries:
            copy_rows("integrations_delivery", DELIVERY_COLUMNS, self.deliveries)
