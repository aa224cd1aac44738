"""One event in the shape that everything after ingest works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

TYPES = ("track", "page", "screen", "identify", "group", "alias", "custom")


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One accepted event.

    `payload` is the event's JSON object as it is stored: what the sender sent, unknown fields kept, with
    `type`, `messageId`, `timestamp` (ISO 8601, corrected for the sender's clock) and `receivedAt` always
    there. `name` is the event of a track, the name of a page or screen, else empty. Times are UTC.
    """

    type: str
    name: str
    message_id: str
    timestamp: datetime
    received_at: datetime
    payload: Mapping[str, object]
