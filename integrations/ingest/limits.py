"""How large a request, an event and a batch may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bytes of one event and of one request (after inflation too), levels of nesting, events in a batch."""

    event_bytes: int = 32 * 1024
    request_bytes: int = 4 * 1024 * 1024
    nesting: int = 32
    batch_events: int = 20_000
