"""How far a replay is: what was expected, what is queued, and how the queued ones ended so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count

from integrations.core.replay import Tally
from integrations.models import Delivery, Replay, ReplayDestination
from integrations.services.replays.endings import Ends, ends_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """One destination's part. `expected` is the dry run's tally, `tally` the replay's own so far."""

    destination_id: UUID
    name: str
    is_counted: bool
    is_finished: bool
    expected: Tally
    tally: Tally
    delivered: int
    failed: int
    cancelled: int
    waiting: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """All shares, and their sums."""

    shares: tuple[Share, ...]

    def total(self, name: str) -> int:
        """The sum of `delivered`, `failed`, `cancelled` or `waiting` over all destinations."""
        return sum(getattr(share, name) for share in self.shares)

    @property
    def expected(self) -> int:
        """How many the dry run would send."""
        return sum(share.expected.to_send for share in self.shares)

    @property
    def queued(self) -> int:
        """How many deliveries were made."""
        return sum(share.tally.to_send for share in self.shares)

    @property
    def skipped(self) -> int:
        """How many were left alone: by the replay, and before it starts by its dry run."""
        return sum(_last(share).skipped for share in self.shares)

    @property
    def percent(self) -> int:
        """How much of the walk is done; what is found may differ from what was counted."""
        finished = all(share.is_finished for share in self.shares)
        return 100 if finished else min(99, 100 * self.queued // max(self.expected, 1))


def progress_of(replay: Replay) -> Progress:
    """Read in two queries beside the shares: what waits of this replay is counted, what ended was counted."""
    waiting, ends = _waiting(replay), ends_of(replay.id)
    return Progress(
        shares=tuple(_share(one, waiting, ends[one.destination_id]) for one in replay.shares.all())
    )


def reasons(share: Share) -> list[Mapping[str, Any]]:
    """Why deliveries are left alone, the most frequent reason first."""
    left = _last(share).left
    named = [{"reason": reason, **one} for reason, one in left.items()]
    return sorted(named, key=lambda one: (-one["count"], one["reason"]))


def _last(share: Share) -> Tally:
    """The replay's own tally once it has begun, before that the dry run's."""
    return share.tally if share.tally.found or share.is_finished else share.expected


def _share(row: ReplayDestination, waiting: Mapping[UUID, int], ends: Ends) -> Share:
    return Share(
        destination_id=row.destination_id,
        name=row.name,
        is_counted=row.is_counted,
        is_finished=row.is_finished,
        expected=Tally.read(row.expected),
        tally=Tally.read(row.tally),
        delivered=ends.delivered,
        failed=ends.failed,
        cancelled=ends.cancelled,
        waiting=waiting.get(row.destination_id, 0),
    )


def _waiting(replay: Replay) -> Mapping[UUID, int]:
    rows = Delivery.objects.filter(replay_id=replay.id).values("lane_id").annotate(count=Count("id"))
    return {row["lane_id"]: row["count"] for row in rows}
