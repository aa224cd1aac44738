"""Replays as people ask for them: made, started, cancelled, each audited; forgotten with their events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now

from accounts.core.principal import Principal
from accounts.models import Organization
from accounts.services import audit
from delivery.doorbell import wake
from delivery.ending import CHUNK, cancel_carried
from delivery.queue import database_now
from integrations.core.event import TYPES
from integrations.core.replay import FAILED
from integrations.models import (
    Delivery,
    DeliveryRecord,
    Destination,
    Event,
    Pipeline,
    Replay,
    ReplayDestination,
)
from integrations.services.lanes import TABLES
from integrations.services.replays.steps import count
from integrations.services.replays.turns import TASK

MOST_SELECTED = 1000
UNSEEN = "{} of them can't be found here: another organization's, or no longer stored. Leave them out."
NOT_READY = "Only a replay that was counted, or that failed, can be started, and this one is {}."
OVER = "This replay is over, and nothing of it waits any more."
State = Replay.State


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A replay as somebody wants it: a filter, or a selection of deliveries or of events.

    No destinations: those of the pipeline, or of the organization. `since` and `until` are of the events'
    receipt; a selection needs neither.
    """

    organization: Organization
    pipeline: Pipeline | None = None
    destinations: Collection[Destination] = ()
    since: datetime | None = None
    until: datetime | None = None
    outcomes: Collection[str] = tuple(outcome.value for outcome in FAILED)
    include_delivered: bool = False
    include_never_sent: bool = False
    event_type: str = ""
    event_name: str = ""
    deliveries: Collection[UUID] = ()
    events: Collection[UUID] = ()
    starts_itself: bool = False

    @property
    def is_selection(self) -> bool:
        """Whether somebody pointed at each."""
        return bool(self.deliveries or self.events)


@transaction.atomic
def ask_replay(by: Principal, asked: Asked) -> Replay:
    """A replay that counts first. What was selected is counted at once, a filter by the workers.

    It ends before now by the database's clock, as ids are made by that one: a host whose clock is ahead
    would have it find, and send again, what it sent itself.
    """
    now = database_now()
    _check(asked, now)
    destinations = _destinations(asked)
    if not destinations:
        raise ValidationError({"destinations": "There is no destination to replay to. Choose another one."})
    replay = Replay.objects.create(
        organization=asked.organization,
        since=None if asked.is_selection else asked.since,
        until=min(asked.until or now, now),
        outcomes=sorted(asked.outcomes),
        include_delivered=asked.include_delivered,
        include_never_sent=asked.include_never_sent,
        event_type=asked.event_type,
        event_name=asked.event_name,
        delivery_ids=sorted(set(asked.deliveries)) if asked.deliveries else None,
        event_ids=sorted(set(asked.events)) if asked.events else None,
        starts_itself=asked.starts_itself,
        asked_by=by.label[:254],
        asked_at=now,
    )
    shares = ReplayDestination.objects.bulk_create(
        ReplayDestination(replay=replay, destination_id=id_, name=name) for id_, name in destinations.items()
    )
    if asked.is_selection:
        for share in shares:
            count(replay, share)
    transaction.on_commit(lambda: wake(TASK))
    _told(by, "create", replay, _summary(replay, list(destinations.values())))
    return replay


@transaction.atomic
def start_replay(by: Principal, replay: Replay) -> Replay:
    """Queue what was counted, as it stands by then. One that failed goes on where it stopped."""
    stored = Replay.objects.select_for_update().get(pk=replay.pk)
    before = stored.state
    if before == State.READY:
        stored.state, stored.started_by, stored.started_at = State.RUNNING, by.label[:254], database_now()
    elif before == State.FAILED:
        stored.state = State.RUNNING if stored.started_at else State.COUNTING
        stored.ended_at, stored.reason = None, ""
        stored.shares.update(failures=0, trouble="", due_at=Now())
    else:
        raise ValidationError(NOT_READY.format(stored.get_state_display().lower()))
    stored.save(update_fields=["state", "started_by", "started_at", "ended_at", "reason"])
    transaction.on_commit(lambda: wake(TASK))
    _told(by, "start", stored, {"state": (before, stored.state)})
    return stored


@transaction.atomic
def cancel_replay(by: Principal, replay: Replay, *, cancel_waiting: bool = False) -> Replay:
    """Queue no more. Those that are queued stay, or are cancelled with it but for those that fly.

    Of many the first ones are cancelled now, and the others by the workers (turns.cancel_some).
    """
    stored = Replay.objects.select_for_update().get(pk=replay.pk)
    before, reason = stored.state, f"Cancelled by {by.label}."
    cancelled = Delivery.objects.filter(replay_id=stored.id).count() if cancel_waiting else 0
    if before not in (State.COUNTING, State.READY, State.RUNNING) and not cancelled:
        raise ValidationError(OVER)
    if cancelled:
        ended = cancel_carried(TABLES, "replay_id", [stored.id], reason=reason, most=CHUNK)
        stored.cancels_waiting = ended == CHUNK
    stored.state, stored.ended_at, stored.reason = State.CANCELLED, database_now(), reason
    stored.save(update_fields=["state", "ended_at", "reason", "cancels_waiting"])
    transaction.on_commit(lambda: wake(TASK))
    _told(
        by,
        "cancel",
        stored,
        {"state": (before, "cancelled"), "cancelled_deliveries": (None, cancelled)},
    )
    return stored


def forget_replays(*, now: datetime) -> None:
    """Replays are kept as long as the events that they are about: by their organization, from their end on.

    One that was counted and never started goes by when it was asked for.
    """
    over = Replay.objects.exclude(state__in=[State.COUNTING, State.RUNNING])
    over = over.annotate(last_at=Coalesce("ended_at", "asked_at"))
    shorter = Organization.objects.filter(event_days__lt=settings.RETENTION_DAYS)
    for organization in shorter:
        oldest = now - timedelta(days=organization.event_days or 0)
        over.filter(organization=organization, last_at__lt=oldest).delete()
    over.filter(last_at__lt=now - timedelta(days=settings.RETENTION_DAYS)).delete()


# --- Checks -------------------------------------------------------------------------------------------
def _check(asked: Asked, now: datetime) -> None:
    """Raise ValidationError with a sentence a field."""
    faults: dict[str, str] = {}
    if asked.deliveries and asked.events:
        faults["events"] = "Select either deliveries or events."
    if max(len(asked.deliveries), len(asked.events)) > MOST_SELECTED:
        name = "deliveries" if asked.deliveries else "events"
        faults[name] = f"At most {MOST_SELECTED} can be selected: replay by filter instead."
    if not asked.is_selection and asked.since is None:
        faults["since"] = "Say from when: the time at which the first of the events came."
    if asked.since and asked.since >= min(asked.until or now, now):
        faults["since"] = "Give a time in the past, before `until`."
    if asked.event_type and asked.event_type not in TYPES:
        faults["event_type"] = f"Give one of: {', '.join(TYPES)}."
    if not (asked.outcomes or asked.include_delivered or asked.include_never_sent):
        faults["outcomes"] = "Choose at least one outcome, or nothing is replayed."
    strangers = [one.name for one in asked.destinations if _owner(one) != asked.organization.id]
    if strangers:
        faults["destinations"] = f"{strangers[0]} belongs to another organization."
    if asked.pipeline and asked.pipeline.organization_id != asked.organization.id:
        faults["pipeline"] = "This pipeline belongs to another organization."
    if faults:
        raise ValidationError(faults)


def _owner(destination: Destination) -> UUID:
    return destination.pipeline.organization_id


# --- Destinations -------------------------------------------------------------------------------------
def _destinations(asked: Asked) -> Mapping[UUID, str]:
    """The names of the destinations that it is about, deleted ones of selected deliveries among them."""
    chosen = {one.id for one in asked.destinations}
    if asked.deliveries:
        return _of_deliveries(asked, chosen)
    rows = Destination.objects.filter(pipeline__organization=asked.organization)
    if asked.events:
        rows = rows.filter(pipeline__in=_pipelines_of(asked))
    if asked.pipeline:
        rows = rows.filter(pipeline=asked.pipeline)
    return _named(rows.filter(id__in=chosen) if chosen else rows)


def _of_deliveries(asked: Asked, chosen: set[UUID]) -> Mapping[UUID, str]:
    """Where these deliveries went."""
    wanted = list(set(asked.deliveries))
    found = DeliveryRecord.objects.filter(id__in=wanted, organization_id=asked.organization.id)
    rows = list(found.values_list("destination_id", "pipeline_id"))
    _refuse_unseen("deliveries", len(wanted) - len(rows))
    pipelines = {asked.pipeline.id} if asked.pipeline else {pipeline for _, pipeline in rows}
    lanes = {lane for lane, of in rows if of in pipelines and (not chosen or lane in chosen)}
    known = _named(Destination.objects.filter(id__in=lanes))
    return {lane: known.get(lane, "A deleted destination") for lane in lanes}


def _pipelines_of(asked: Asked) -> set[UUID]:
    wanted = list(set(asked.events))
    found = Event.objects.filter(id__in=wanted, organization_id=asked.organization.id)
    rows = list(found.values_list("pipeline_id", flat=True))
    _refuse_unseen("events", len(wanted) - len(rows))
    return set(rows)


def _refuse_unseen(field: str, missing: int) -> None:
    if missing:
        raise ValidationError({field: UNSEEN.format(missing)})


def _named(rows: QuerySet[Destination]) -> Mapping[UUID, str]:
    return {one.id: f"{one.name} ({one.pipeline.name})" for one in rows.select_related("pipeline")}


# --- Audit -------------------------------------------------------------------------------------------
def _summary(replay: Replay, names: Sequence[str]) -> audit.Differences:
    """What was asked for, as the audit log shows it."""
    selected = Counter(deliveries=len(replay.delivery_ids or ()), events=len(replay.event_ids or ()))
    told = {
        "destinations": sorted(names),
        "since": replay.since,
        "until": replay.until if replay.since else None,
        "outcomes": replay.outcomes,
        "include_delivered": replay.include_delivered or None,
        "include_never_sent": replay.include_never_sent or None,
        "event_type": replay.event_type or None,
        "event_name": replay.event_name or None,
        **{f"selected_{name}": number for name, number in selected.items() if number},
    }
    return {name: (None, value) for name, value in told.items() if value is not None}


def _told(by: Principal, verb: str, replay: Replay, differences: audit.Differences) -> None:
    audit.record(
        by,
        f"{verb}:replay",
        replay,
        organization_id=replay.organization_id,
        differences=differences,
    )
