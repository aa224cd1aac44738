"""The rows that an ingest transaction writes: events, and the deliveries that were planned for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from delivery.appending import copy_rows, jsonb
from delivery.ids import Ids
from integrations.core.counts import Counts, Measure, hour_of
from integrations.core.event import Event
from integrations.core.plan import Plan, Target
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


@dataclass(eq=False, slots=True)
class Number:
    """What is counted, held so that its identity stays its own, and how often."""

    sender: Sender | Stranger
    target: Target | None
    measure: Measure
    reason: str
    count: int = 0


class EventRows:
    """Gathers the rows of one transaction and writes them by COPY."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.ids = Ids(now)
        self.events: list[tuple[Any, ...]] = []
        self.deliveries: list[tuple[Any, ...]] = []
        self._counted: dict[tuple[int, int, str, str], Number] = {}

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
            self.count(sender, Measure.SKIPPED, skip.target, skip.reason.value)
        for due in plan.deliver:
            self.count(sender, Measure.PLANNED, due.target)
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
        self, sender: Sender | Stranger, measure: Measure, target: Target | None = None, reason: str = ""
    ) -> None:
        """One more of these. By identity, several times an event: neither UUIDs nor targets hash quickly."""
        key = (id(sender), id(target), measure._value_, reason)
        known = self._counted.get(key)
        if known is None:
            known = self._counted[key] = Number(sender, target, measure, reason)
        known.count += 1

    def _counts(self) -> Counts:
        counts, hour = Counts(), hour_of(self.now)
        for one in self._counted.values():
            pipeline = one.sender.organization_id, one.sender.pipeline_id
            target_id = one.target.id if one.target else None
            counts.add(hour, *pipeline, target_id, one.measure, reason=one.reason, number=one.count)
        return counts

    def write(self) -> None:
        """In the caller's transaction."""
        write_counts(self._counts())
        if self.events:
            copy_rows("integrations_event", EVENT_COLUMNS, self.events)
        if self.deliveries:
            copy_rows("integrations_delivery", DELIVERY_COLUMNS, self.deliveries)
