"""What became of one event, in sentences: who got it, who did not and why, and what comes next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from delivery.partitions import first_id
from integrations.models import (
    Attempt,
    Delivery,
    DeliveryResult,
    Destination,
    Event,
    Pipeline,
    Replay,
)
from integrations.services.event_stories import (
    ORDER,
    DestinationStory,
    headline,
    marked_past,
    worst_states,
)
from integrations.services.event_teller import Teller
from integrations.services.wording import (
    HIDDEN,
    counted,
    masked_id,
    pretty,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class EventPage:
    """An event's facts, its stories, and its payload for those who may read it."""

    id: UUID
    type: str
    name: str
    message_id: str
    received_at: datetime
    pipeline_id: UUID
    pipeline: str
    user_id: str
    anonymous_id: str
    headline: str
    stories: tuple[DestinationStory, ...]
    unrecorded: str
    payload: str
    shows_personal_data: bool


def event_page(event: Event, *, now: datetime, shows_personal_data: bool) -> EventPage:
    """Read what is stored about the event, in eight queries however long its story is, and tell it."""
    waiting = list(Delivery.objects.filter(event_id=event.id))
    ended = _results(event)
    rows: list[Delivery | DeliveryResult] = [*waiting, *ended]
    destinations = _destinations(event, rows)
    attempts = _attempts([id_ for row in rows for id_ in row.attempt_ids])
    parts = Counter(lane_id for lane_id, _ in {(row.lane_id, row.part) for row in rows})
    teller = Teller(
        destinations, attempts, parts, _replays(rows), now=now, shows_personal_data=shows_personal_data
    )
    stories = marked_past(
        [
            *map(teller.waiting, waiting),
            *map(teller.ended, ended),
            *map(teller.skipped, event.skips),
        ]
    )
    pipeline = Pipeline.objects.filter(id=event.pipeline_id).values_list("name", flat=True).first()
    return EventPage(
        id=event.id,
        type=event.type,
        name=event.name,
        message_id=event.message_id,
        received_at=event.received_at,
        pipeline_id=event.pipeline_id,
        pipeline=pipeline or "a deleted pipeline",
        user_id=event.user_id if shows_personal_data else masked_id(event.user_id),
        anonymous_id=event.anonymous_id if shows_personal_data else masked_id(event.anonymous_id),
        headline=headline(worst_states(stories)),
        stories=tuple(sorted(stories, key=_in_order)),
        unrecorded=_unrecorded(event.planned, sum(row.replay_id is None for row in rows)),
        payload=pretty(event.payload) if shows_personal_data else HIDDEN,
        shows_personal_data=shows_personal_data,
    )


def _results(event: Event) -> list[DeliveryResult]:
    """Delivery ids carry their event's millisecond, so only one day's partition is read; those of replays
    are of later, and found by an index that holds nothing else.
    """
    day = event.received_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = DeliveryResult.objects.filter(event_id=event.id, id__gte=first_id(day))
    planned = rows.filter(id__lt=first_id(day + timedelta(days=1)), replay_id=None)
    return [*planned, *rows.exclude(replay_id=None)]


def _replays(rows: Sequence[Delivery | DeliveryResult]) -> Mapping[UUID, Replay]:
    ids = {row.replay_id for row in rows if row.replay_id}
    return Replay.objects.in_bulk(list(ids)) if ids else {}


def _destinations(event: Event, rows: Sequence[Delivery | DeliveryResult]) -> Mapping[UUID, Destination]:
    ids = {row.lane_id for row in rows} | {UUID(skip["destination"]) for skip in event.skips}
    return Destination.objects.select_related("vendor_revision", "lane").in_bulk(list(ids))


def _attempts(ids: Sequence[UUID]) -> Mapping[UUID, Attempt]:
    return Attempt.objects.in_bulk(list(set(ids))) if ids else {}


def _in_order(story: DestinationStory) -> tuple[bool, int, list[tuple[int, str]]]:
    """What went wrong first, then by name; what is past comes last."""
    return story.is_past, ORDER.index(story.state), _natural(story.destination)


def _natural(name: str) -> list[tuple[int, str]]:
    """Part 10 after part 9."""
    pieces = re.split(r"(\d+)", name)
    return [(int(piece), "") if piece.isdecimal() else (0, piece) for piece in pieces]


def _unrecorded(planned: int, found: int) -> str:
    missing = planned - found
    if missing <= 0:
        return ""
    return f"{counted(missing, 'planned delivery', 'planned deliveries')} not stored any more."
