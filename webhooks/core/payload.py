"""The body of a message: compact JSON, made once and never again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime


def frozen_body(event_type: str, data: Mapping[str, object], *, at: datetime) -> bytes:
    """The bytes that are stored, signed and sent. `at` is told in UTC, to the second."""
    payload = {"event_type": event_type, "timestamp": timestamp(at), "data": dict(data)}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def timestamp(at: datetime) -> str:
    """As `2026-03-18T10:30:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
