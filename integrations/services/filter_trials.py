"""What a filter would do with the latest events of a pipeline, before it is saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from integrations.core.event import Event as PlannedEvent
from integrations.core.filter import Filter
from integrations.core.plan import Snapshot, Target, plan
from integrations.core.skips import SkipReason
from integrations.models import Event, Pipeline
from integrations.services.snapshots import snapshot
from integrations.services.stored_events import read_events

LAST = 200


class Fate(StrEnum):
    """What becomes of an event: `skipped` passes the filter and is kept out by something else."""

    SENT = "sent"
    FILTERED = "filtered"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """One event, and the sentence where it is not sent."""

    id: UUID
    type: str
    name: str
    received_at: datetime
    verdict: Fate
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class FilterTrial:
    """The events that were tried, newest first."""

    events: Sequence[Tried]

    def count(self, verdict: Fate) -> int:
        """How many ended so."""
        return sum(one.verdict is verdict for one in self.events)


def try_filter(pipeline: Pipeline, target: Target, filter: Filter | None, *, last: int = LAST) -> FilterTrial:
    """Plan the pipeline's last events for the target as if it had this filter and were on.

    What the mapping would refuse is not looked at, nor a Global Privacy Control header: it is not stored.
    """
    ids = Event.objects.filter(pipeline_id=pipeline.id).order_by("-id").values_list("id", flat=True)[:last]
    wanted = replace(target, filter=filter, enabled=True)
    state = replace(snapshot(pipeline.id, pipeline.config_version), targets=(wanted,))
    return FilterTrial(list(_tried(ids, state)))


def _tried(ids: Iterable[UUID], state: Snapshot) -> Iterable[Tried]:
    known = list(ids)
    stored = read_events(known)
    for event_id in known:
        if event_id in stored:  # else its partition was dropped just now
            yield _fate(event_id, stored[event_id].event, state)


def _fate(event_id: UUID, event: PlannedEvent, state: Snapshot) -> Tried:
    skip = next(iter(plan(event, state, gpc=False).skips), None)
    verdict = Fate.SENT
    if skip is not None:
        verdict = Fate.FILTERED if skip.reason is SkipReason.FILTER else Fate.SKIPPED
    return Tried(
        id=event_id,
        type=event.type,
        name=event.name,
        received_at=event.received_at,
        verdict=verdict,
        reason=skip.reason.value if skip else "",
        sentence=skip.sentence if skip else "",
    )
