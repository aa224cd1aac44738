"""What waits in the hot table, per destination. The cold tables are never counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet, TextField
from django.db.models.functions import Cast

from delivery.ids import moment_of
from integrations.models import Delivery


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Unfinished deliveries of one destination. `oldest_at` is when the oldest one's event came."""

    count: int = 0
    retrying: int = 0
    held: int = 0
    oldest_at: datetime | None = None


NOTHING = Waiting()


def waiting_by_destination(deliveries: QuerySet[Delivery]) -> Mapping[UUID, Waiting]:
    """One query; destinations without any are absent."""
    rows = deliveries.values("lane_id").annotate(
        count=Count("id"),
        retrying=Count("id", filter=Q(attempts__gt=0, held_at=None)),
        held=Count("id", filter=Q(held_at__isnull=False)),
        oldest=Min(Cast("id", TextField())),  # PostgreSQL 16 has no min(uuid)
    )
    return {
        row["lane_id"]: Waiting(
            count=row["count"],
            retrying=row["retrying"],
            held=row["held"],
            oldest_at=moment_of(UUID(row["oldest"])),
        )
        for row in rows
    }


def waiting_of(destination_ids: Iterable[UUID]) -> Mapping[UUID, Waiting]:
    """What waits for these destinations."""
    return waiting_by_destination(Delivery.objects.filter(lane_id__in=list(destination_ids)))
