"""Judges a page of candidates: which deliveries are made again, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from integrations.core.plan import Plan, Snapshot, plan
from integrations.core.replay import (
    DESTINATION_GONE,
    NOT_STORED,
    NOTHING_YET,
    Left,
    Standing,
    Tally,
    asked_for,
    parts_of,
    refused_by,
)
from integrations.models import Pipeline, Replay
from integrations.services.replays.candidates import Candidate, Candidates, wanted_of
from integrations.services.replays.standings import Key, read_standings
from integrations.services.snapshots import snapshot
from integrations.services.stored_events import StoredEvent, read_events


@dataclass(frozen=True, slots=True)
class Judged:
    """One delivery that was asked for: how it ended before, or why it is left alone."""

    event_id: UUID
    part: int
    verdict: str | Left


def judge(replay: Replay, candidates: Candidates, page: Sequence[Candidate]) -> list[Judged]:
    """What is asked for among these, each by today's filter, consent and mapping."""
    event_ids = [one.event_id for one in page]
    view = View(
        replay=replay,
        candidates=candidates,
        standings=read_standings(candidates.destination_id, event_ids),
        events=read_events(event_ids),
        snapshot=_snapshot_for(candidates),
    )
    return [judged for candidate in page for judged in view.judge(candidate)]


def counted(judged: Sequence[Judged], tally: Tally) -> list[Judged]:
    """Add them to the tally; those that are sent."""
    sent = []
    for one in judged:
        if isinstance(one.verdict, Left):
            tally.leave(one.event_id, one.verdict)
        else:
            tally.send(one.event_id, one.verdict)
            sent.append(one)
    return sent


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """All that judging one page needs, read at once. No snapshot: the destination is gone."""

    replay: Replay
    candidates: Candidates
    standings: Mapping[Key, Standing]
    events: Mapping[UUID, StoredEvent]
    snapshot: Snapshot | None

    def judge(self, candidate: Candidate) -> Iterator[Judged]:
        """The deliveries of a candidate that were asked for."""
        stored = self.events.get(candidate.event_id)
        if not self._is_named(stored):
            return
        planned = self._plan(stored)
        for part in self._parts(candidate, planned):
            standing = self.standings.get((candidate.event_id, part), NOTHING_YET)
            if candidate.part is not None and not self.candidates.stands_for(candidate, standing.ended):
                continue
            asked = asked_for(standing, wanted_of(self.replay))
            if asked is None:
                continue
            refused = None if isinstance(asked, Left) else self._refusal(planned, stored, part)
            yield Judged(candidate.event_id, part, refused or asked)

    def _is_named(self, stored: StoredEvent | None) -> bool:
        """Whether the event has the type and name that are asked for."""
        asked_type, asked_name = self.replay.event_type, self.replay.event_name
        if stored is None:
            return not asked_type and not asked_name
        has_type = not asked_type or stored.event.type == asked_type
        return has_type and (not asked_name or stored.event.name == asked_name)

    def _plan(self, stored: StoredEvent | None) -> Plan | None:
        """Today's plan for this destination alone. The event says itself what Sec-GPC said."""
        if stored is None or self.snapshot is None:
            return None
        return plan(stored.event, self.snapshot, gpc=False)

    def _parts(self, candidate: Candidate, planned: Plan | None) -> Sequence[int]:
        """The candidate's part; for a whole event all that it has now or was sent in before."""
        if candidate.part is not None:
            return [candidate.part]
        before = {part for event_id, part in self.standings if event_id == candidate.event_id}
        now = parts_of(planned) if planned else frozenset()
        return sorted(before | now) or [0]

    def _refusal(self, planned: Plan | None, stored: StoredEvent | None, part: int) -> Left | None:
        if self.snapshot is None:
            return DESTINATION_GONE
        if stored is None:
            return NOT_STORED
        return refused_by(planned, part) if planned else NOT_STORED


def _snapshot_for(candidates: Candidates) -> Snapshot | None:
    """The pipeline's configuration as it is now, with this destination alone."""
    if candidates.pipeline_id is None:
        return None
    pipelines = Pipeline.objects.filter(id=candidates.pipeline_id)
    version = pipelines.values_list("config_version", flat=True).first()
    if version is None:
        return None
    whole = snapshot(candidates.pipeline_id, version)
    targets = tuple(target for target in whole.targets if target.id == candidates.destination_id)
    return replace(whole, targets=targets) if targets else None
