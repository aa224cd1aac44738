"""UUIDv7s of one moment, in the order in which they were asked for (RFC 9562 sections 5.7 and 6.2).

Layout: 48 bits of Unix milliseconds, the version, a 26-bit counter around the variant, 48 random bits. The
libraries at hand take a moment or keep the order, not both.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from uuid import UUID

VERSION = 0x7 << 76
VARIANT = 0b10 << 62
COUNTER_BITS = 26


class Ids:
    """Gives up to 2**26 ids that sort as they were given."""

    def __init__(self, at: datetime) -> None:
        self._base = int(at.timestamp() * 1000) << 80 | VERSION | VARIANT
        self._count = 0

    def next(self) -> UUID:
        """The next one."""
        count, self._count = self._count, self._count + 1
        assert count < 1 << COUNTER_BITS, "more ids than one moment holds"
        counted = (count >> 14) << 64 | (count & 0x3FFF) << 48
        return UUID(int=self._base | counted | int.from_bytes(os.urandom(6)))


def moment_of(id: UUID) -> datetime:
    """When the id was made, to the millisecond."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)


def new_id(at: datetime) -> UUID:
    """One id of this moment."""
    return Ids(at).next()
