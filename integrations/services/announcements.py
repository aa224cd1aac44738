"""Tells organizations by webhook what happened to their destinations, in the transaction that records it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from delivery.core.breaker import Transition
from delivery.lanes import Ending
from integrations.models import Destination
from webhooks.services.messages import publish

MOST_IDS = 100  # of deliveries named in one message


def tell_of_breaker(destination_id: UUID, transition: Transition, reason: str, *, at: datetime) -> None:
    """`destination.breaker_opened` or `destination.breaker_closed`."""
    for destination in _destinations([destination_id]):
        data = {**_told(destination), "reason": reason}
        publish(destination.pipeline.organization_id, f"destination.breaker_{transition}", data, at=at)


def tell_of_pause(destination_id: UUID, reason: str, *, at: datetime) -> None:
    """`destination.paused`, where nobody did it: a person's own pause is no news to them."""
    for destination in _destinations([destination_id]):
        data = {**_told(destination), "reason": reason}
        publish(destination.pipeline.organization_id, "destination.paused", data, at=at)


def tell_of_exhausted(endings: Sequence[Ending], *, at: datetime) -> None:
    """`delivery.exhausted`, once for each destination: an outage ends many deliveries together."""
    by_lane: dict[UUID, list[Ending]] = {}
    for one in endings:
        by_lane.setdefault(one.row.lane_id, []).append(one)
    for destination in _destinations(list(by_lane)) if by_lane else ():
        ended = by_lane[destination.id]
        data = {
            **_told(destination),
            "count": len(ended),
            "delivery_ids": [one.row.id for one in ended[:MOST_IDS]],
            "reason": ended[-1].reason,
        }
        publish(destination.pipeline.organization_id, "delivery.exhausted", data, at=at)


def _destinations(ids: Sequence[UUID]) -> Sequence[Destination]:
    return list(Destination.objects.filter(id__in=ids).select_related("pipeline__organization"))


def _told(destination: Destination) -> dict[str, object]:
    pipeline = destination.pipeline
    return {
        "org_id": pipeline.organization_id,
        "org_name": pipeline.organization.name,
        "pipeline_id": pipeline.id,
        "pipeline_name": pipeline.name,
        "destination_id": destination.id,
        "destination_name": destination.name,
    }
