"""The time in ids of logs, which are UUIDv7s: what bounds a list without an index of its own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


def first_id_of(at: datetime) -> UUID:
    """The smallest id of this moment; ids have no time before 1970."""
    return UUID(int=int(max(at.timestamp(), 0.0) * 1000) << 80)
