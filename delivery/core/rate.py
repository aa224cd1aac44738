"""A token bucket as a value: how many requests a lane may send now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimit:
    """At most `per_s` requests a second on average, `burst` at once."""

    per_s: float
    burst: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """Tokens left at a time. None in `filled_at` is a bucket that was never used: it is full."""

    tokens: float = 0.0
    filled_at: datetime | None = None

    def filled(self, limit: RateLimit, *, now: datetime) -> Bucket:
        """The bucket with what has dripped in since."""
        if self.filled_at is None:
            return Bucket(tokens=limit.burst, filled_at=now)
        if now <= self.filled_at:  # emptied until then
            return self
        elapsed = (now - self.filled_at).total_seconds()
        return Bucket(tokens=min(self.tokens + elapsed * limit.per_s, limit.burst), filled_at=now)

    def take(self, wanted: int) -> tuple[Bucket, int]:
        """The bucket without the tokens, and how many of the wanted there were."""
        granted = max(min(wanted, int(self.tokens)), 0)
        return replace(self, tokens=self.tokens - granted), granted

    def next_at(self, limit: RateLimit) -> datetime | None:
        """When the next whole token is there; None when one is there already."""
        if self.tokens >= 1 or self.filled_at is None:
            return None
        return self.filled_at + timedelta(seconds=(1 - self.tokens) / limit.per_s)
