"""A subscription's signing secrets: the current one, and previous ones that stay valid for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

OVERLAP_HOURS = 24
LONGEST_OVERLAP_HOURS = 168
MOST_PREVIOUS = 10


@dataclass(frozen=True, slots=True)
class Previous:
    """A secret that was replaced, and until when it still signs."""

    secret: str
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningSecrets:
    """`previous` ones stand newest first."""

    current: str
    previous: tuple[Previous, ...] = ()

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> SigningSecrets:
        """From the form that is stored."""
        previous = [
            Previous(one["secret"], datetime.fromisoformat(one["until"]))
            for one in stored.get("previous", ())
        ]
        return cls(current=stored["current"], previous=tuple(previous))

    def stored(self) -> dict[str, Any]:
        """As it is stored."""
        previous = [{"secret": one.secret, "until": one.until.isoformat()} for one in self.previous]
        return {"current": self.current, "previous": previous}

    def valid(self, now: datetime) -> tuple[str, ...]:
        """Those that sign now, newest first."""
        return (self.current, *(one.secret for one in self.previous if one.until > now))

    def all(self) -> tuple[str, ...]:
        """Every one, to be masked wherever it would be logged."""
        return (self.current, *(one.secret for one in self.previous))

    def rotated(self, new: str, *, overlap: timedelta, now: datetime) -> SigningSecrets:
        """With a new current secret; the one before stays valid for the overlap."""
        kept = self._live(now)
        before = (Previous(self.current, now + overlap),) if overlap else ()
        return SigningSecrets(current=new, previous=(*before, *kept))

    def finished(self) -> SigningSecrets:
        """Without previous ones: from now on the current one signs alone."""
        return SigningSecrets(current=self.current)

    def overlaps_until(self, now: datetime) -> datetime | None:
        """When the last of the previous ones ends; None when there is none."""
        return max((one.until for one in self._live(now)), default=None)

    def _live(self, now: datetime) -> tuple[Previous, ...]:
        return tuple(one for one in self.previous if one.until > now)
