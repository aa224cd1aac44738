"""What a destination would send for an event: the production path up to the network, and no further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.conf import settings as installation

from delivery.core.redaction import as_text, masked, masked_headers
from integrations.core.event import Event
from integrations.core.normalise import BadEvent, normalise
from integrations.core.plan import Target, plan
from integrations.core.vendor import BatchRequest, Mode, Vendor
from integrations.core.vendor.changes.apply import changed
from integrations.core.vendor.moment import Moment
from integrations.models import Destination, DestinationDraft
from integrations.services import field_sources
from integrations.services.field_sources import Sources
from integrations.services.filters import stored_filter
from integrations.services.mapping_changes import compiled_for
from integrations.services.preparing import Prepared, Verdict, not_sent, rendered
from integrations.services.snapshots import category_value, snapshot
from integrations.services.stored_events import read_events
from integrations.services.wording import HIDDEN, without_query


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownRequest:
    """A request as a person may read it: secrets masked."""

    operation: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A destination as it is looked at: as it stands, or as it would be once published."""

    target: Target
    vendor: Vendor
    settings: Mapping[str, object]
    mode: Mode
    max_age_s: int | None = None


def given_event(raw: Mapping[str, object], *, now: datetime) -> Event:
    """A pasted event as ingest would take it from a back end. Raises BadEvent."""
    try:
        size = len(msgspec.json.encode(raw))
    except UnicodeEncodeError:
        raise BadEvent(
            "half_a_character",
            "Text of the event has half of a surrogate pair, which is no character. Remove it.",
        ) from None
    if size > installation.INGEST_EVENT_LIMIT:
        most = installation.INGEST_EVENT_LIMIT
        raise BadEvent("too_large", f"The event has {size} bytes, and at most {most} are taken. Send less.")
    return normalise(
        dict(raw),
        received_at=now,
        new_message_id=str(uuid4()),
        nesting_limit=installation.INGEST_NESTING_LIMIT,
    )


def stored_event(event_id: UUID) -> Event | None:
    """An event that came, while it is stored."""
    found = read_events([event_id]).get(event_id)
    return found.event if found else None


def as_it_stands(destination: Destination) -> Subject:
    """The destination that events get now."""
    return Subject(
        target=_target(destination),
        vendor=compiled_for(destination.vendor_revision, destination.mapping_changes),
        settings={**destination.settings, **destination.secrets},
        mode=Mode(destination.mode),
        max_age_s=destination.max_age_s,
    )


def as_published(destination: Destination) -> Subject:
    """The destination as it would be once what waits is published, on."""
    draft = DestinationDraft.objects.select_related("vendor_revision").filter(destination=destination).first()
    if draft is None:
        stands = as_it_stands(destination)
        return replace(stands, target=replace(stands.target, enabled=True))
    vendor = compiled_for(draft.vendor_revision, draft.mapping_changes)
    target = replace(
        _target(destination),
        name=draft.name,
        slugs=frozenset({vendor.slug.lower(), vendor.name.lower(), draft.name.lower()}),
        vendor=vendor,
        settings=draft.settings,
        categories=tuple(category_value(one) for one in draft.consent_categories.all()),
        enabled=True,
        delay_s=draft.delay_s,
        filter=stored_filter(draft.filter, vendor.slug),
    )
    values = {**draft.settings, **draft.secrets}
    return Subject(
        target=target, vendor=vendor, settings=values, mode=Mode(draft.mode), max_age_s=draft.max_age_s
    )


def with_changes(subject: Subject, documents: Sequence[Mapping[str, Any]]) -> Subject:
    """The subject with these mapping changes, which were found right, in place of its own."""
    vendor = subject.vendor.changed.of if subject.vendor.changed else subject.vendor
    return replace(subject, vendor=changed(vendor, documents))


def as_it_waits(destination: Destination) -> Destination | DestinationDraft:
    """The draft where there is one: what the form shows, and what would be in force once published."""
    return DestinationDraft.objects.filter(destination=destination).first() or destination


def reads_anew(destination: Destination) -> bool:
    """Whether the draft reads events as its author likes: by mapping changes, or by an own vendor file."""
    waiting = as_it_waits(destination)
    is_own = waiting.vendor_revision.organization_id is not None
    is_moved = is_own and waiting.vendor_revision_id != destination.vendor_revision_id
    return is_moved or waiting.mapping_changes != destination.mapping_changes


def waiting_filter(destination: Destination) -> Mapping[str, object]:
    """The filter's document as it would be once what waits is published."""
    document: Mapping[str, object] = as_it_waits(destination).filter
    return document


def prepare(
    subject: Subject, destination: Destination, event: Event, *, now: datetime, moment: Moment | None = None
) -> Prepared:
    """Plan with consent, render, pack: what production does with this one event, without sending.

    Without a moment placeholders stand where only it knows: access tokens, signatures.
    A Global Privacy Control header is not stored with an event, so only the signals in it count here.
    """
    pipeline = destination.pipeline
    state = replace(snapshot(pipeline.id, pipeline.config_version), targets=(subject.target,))
    planned = plan(event, state, gpc=False)
    for skip in planned.skips:
        return not_sent(subject.vendor, Verdict.SKIPPED, skip.reason.value, skip.sentence)
    return rendered(
        subject.vendor,
        event,
        subject.settings,
        now=now,
        mode=subject.mode,
        moment=moment,
        max_age_s=subject.max_age_s,
    )


def sources(
    subject: Subject, prepared: Prepared, event: Event, *, now: datetime, shows_personal_data: bool
) -> Sources:
    """What was prepared, field by field, and what is missing."""
    return field_sources.sources(
        prepared,
        event,
        subject.settings,
        now=now,
        mode=subject.mode,
        shows_personal_data=shows_personal_data,
    )


def shown_requests(prepared: Prepared, *, shows_personal_data: bool) -> Sequence[ShownRequest]:
    """The requests for reading; bodies and queries of a stored event only for those who may see them."""
    return [_shown(one, shows_personal_data) for one in prepared.requests]


def _target(destination: Destination) -> Target:
    pipeline = destination.pipeline
    targets = snapshot(pipeline.id, pipeline.config_version).targets
    return next(target for target in targets if target.id == destination.id)


def _shown(part: BatchRequest, shows_personal_data: bool) -> ShownRequest:
    request = part.request
    url = masked(request.url, request.secrets)
    body = masked(as_text(request.logged_body), request.secrets)
    return ShownRequest(
        operation=part.operation,
        method=request.method,
        url=url if shows_personal_data else without_query(url),
        headers=masked_headers(request.headers, request.secrets),
        body=body if shows_personal_data or not body else HIDDEN,
    )
