"""The time now, as the sandbox writes it down."""

from datetime import UTC, datetime


def now_text() -> str:
    """UTC to the millisecond: 2026-11-21T08:00:00.000Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
