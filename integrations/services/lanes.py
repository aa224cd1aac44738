"""The lanes of destinations: what the engine asks of integrations to deliver events to vendors."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from delivery.core.breaker import Transition
from delivery.core.outcome import Judgement, Outcome, Verdict
from delivery.core.rate import RateLimit
from delivery.core.response import Response
from delivery.core.retry import End, Hold, RetryPolicy
from delivery.lanes import Ending, Errand, Flight, LanePolicy, Rendering, Row, Settled, Tables
from integrations.core.consent import Category, Policy, read_signals, refusal
from integrations.core.event import Event
from integrations.core.vendor import BatchRequest, Element, Mode, Rejected, Skipped, Vendor
from integrations.models import BreakerMoment, Destination, Pipeline
from integrations.services.access_tokens import UNAUTHORIZED, Ask, Held, confirm, learn, refuse
from integrations.services.announcements import tell_of_breaker, tell_of_exhausted
from integrations.services.authorizing import Authorized, authorize
from integrations.services.snapshots import category_value
from integrations.services.stored_events import StoredEvent, read_events
from integrations.services.vendors import compiled

TABLES = Tables(
    queue="integrations_delivery",
    results="integrations_deliveryresult",
    attempts="integrations_attempt",
    lanes="integrations_destinationlane",
    carried=("organization_id", "pipeline_id", "event_id", "part"),
)
CONCURRENCY = 16
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """A destination as its lane needs it, secrets in clear."""

    name: str
    vendor: Vendor
    settings: Mapping[str, object]
    mode: Mode
    enabled: bool
    version: int
    consent: Policy
    honours_gpc: bool
    categories: tuple[Category, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What must be known of a request when its answer is read: its access token, and its lists' members."""

    held: Held | None
    arrays: Mapping[str, tuple[int, ...]] | None


class DestinationLanes:
    """Lane owner of all destinations (see delivery.lanes.LaneOwner)."""

    tables = TABLES

    def __init__(self) -> None:
        self._setups: dict[UUID, Setup] = {}

    def policies(self, lane_ids: Sequence[UUID]) -> Mapping[UUID, LanePolicy]:
        """How these destinations' lanes are driven; their setups are read anew."""
        fresh = _read_setups(lane_ids)
        for lane_id in lane_ids:
            self._setups.pop(lane_id, None)
        self._setups.update(fresh)
        return {lane_id: _policy(setup) for lane_id, setup in fresh.items()}

    def render(self, lane_id: UUID, rows: Sequence[Row], *, now: datetime) -> Rendering:
        """Map the rows' events and pack them into requests."""
        setup = self._current(lane_id)
        if setup is None:
            return Rendering(settled=[_cancelled(row, "Its destination was removed.") for row in rows])
        if not setup.enabled:
            return Rendering(settled=[_cancelled(row, f"{setup.name} was disabled.") for row in rows])
        events = read_events([row.carried[2] for row in rows])
        settled: list[Settled] = []
        pairs: list[tuple[Row, Element]] = []
        for row in rows:
            element = _element(setup, row, events.get(row.carried[2]), now)
            if isinstance(element, Settled):
                settled.append(element)
            else:
                pairs.append((row, element))
        organization_id = rows[0].carried[0]
        found = authorize(setup.vendor, setup.settings, setup.mode, organization_id, pairs, now=now)
        flights, refused = _packed(setup, found)
        return Rendering(
            flights, [*settled, *found.settled, *refused], list(found.asked.values()), found.pause
        )

    def learn(self, lane_id: UUID, errand: Errand, response: Response, *, now: datetime) -> None:
        """Keep the access token that was asked for."""
        assert isinstance(errand.subject, Ask)
        learn(errand.subject, response, now=now)

    def judge(self, flight: Flight, response: Response, *, now: datetime) -> Sequence[Judgement]:
        """The vendor's response rules on this answer; a token that was not taken is renewed before."""
        setup = self._setups[flight.rows[0].lane_id]
        asked = flight.subject
        assert isinstance(asked, Asked)
        if asked.held is not None and _token_was_refused(asked.held, response, now):
            reason = f"{setup.vendor.name} no longer took the access token: sent again with a new one."
            return [Judgement(verdict=Verdict.AGAIN, reason=reason)] * len(flight.rows)
        members = len(flight.rows)
        return setup.vendor.judge(flight.operation, response, members, now=now, arrays=asked.arrays)

    def _current(self, lane_id: UUID) -> Setup | None:
        """The lane's setup, read anew when its pipeline changed while the lane was held."""
        pipelines = Pipeline.objects.filter(destinations=lane_id)
        version = pipelines.values_list("config_version", flat=True).first()
        known = self._setups.get(lane_id)
        if known is None or known.version != version:
            self.policies([lane_id])
        return self._setups.get(lane_id)

    def announce(self, lane_id: UUID, transition: Transition, reason: str, *, now: datetime) -> None:
        """Keep the moment in the destination's history, and tell the organization."""
        BreakerMoment.objects.create(
            destination_id=lane_id, transition=transition.value, reason=reason, at=now
        )
        tell_of_breaker(lane_id, transition, reason, at=now)

    def conclude(self, endings: Sequence[Ending], *, now: datetime) -> None:
        """Tell of what used up its attempts."""
        tell_of_exhausted([one for one in endings if one.outcome is Outcome.EXHAUSTED], at=now)


def _read_setups(lane_ids: Sequence[UUID]) -> dict[UUID, Setup]:
    """The setups of these lanes. One that can't be read (a key that is gone, a revision that does not
    compile any more) is left out with a line in the log: the others must go on.
    """
    destinations = (
        Destination.objects.filter(id__in=lane_ids)
        .select_related("vendor_revision", "pipeline")
        .prefetch_related("consent_categories")
    )
    try:
        return {destination.id: _setup(destination) for destination in destinations}
    except DatabaseError:
        raise
    except Exception:
        if len(lane_ids) == 1:
            log.exception("Destination %s can't be driven", lane_ids[0])
            return {}
    return {id: setup for lane_id in lane_ids for id, setup in _read_setups([lane_id]).items()}


def _setup(destination: Destination) -> Setup:
    pipeline = destination.pipeline
    return Setup(
        name=destination.name,
        vendor=compiled(destination.vendor_revision),
        settings={**destination.settings, **destination.secrets},
        mode=Mode(destination.mode),
        enabled=destination.enabled,
        version=pipeline.config_version,
        consent=Policy(pipeline.consent_policy),
        honours_gpc=pipeline.honours_gpc,
        categories=tuple(category_value(category) for category in destination.consent_categories.all()),
    )


def _policy(setup: Setup) -> LanePolicy:
    operations = setup.vendor.operations.values()
    limits = [operation.rate_limit for operation in operations if operation.rate_limit]
    rates = [RateLimit(per_s=limit.requests / limit.per_s, burst=limit.requests) for limit in limits]
    return LanePolicy(
        concurrency=CONCURRENCY,
        rows_per_request=max(operation.batch.max_count for operation in operations),
        claims_ahead=not any(_holds_unknown(setup, operation.name) for operation in operations),
        retry=RetryPolicy(base_s=settings.DELIVERY_RETRY_BASE_S),
        rate=min(rates, key=lambda rate: rate.per_s, default=None),
    )


def _element(setup: Setup, row: Row, stored: StoredEvent | None, now: datetime) -> Element | Settled:
    """The row's part of a request, or its end: what was planned is checked again before it is sent."""
    if stored is None:
        return _cancelled(row, "The event is no longer stored: its retention ended or it was erased.")
    if stored.plan_version != setup.version:
        refused = _refusal(setup, stored.event)
        if refused:
            return _cancelled(row, f"No longer allowed since the pipeline changed. {refused}")
    part = row.carried[3]
    rendered = setup.vendor.render(stored.event, setup.settings, now=now, mode=setup.mode, part=part)
    if isinstance(rendered, Rejected):
        return Settled(row, End(Outcome.REJECTED), rendered.reason)
    if isinstance(rendered, Skipped):
        return _cancelled(row, f"No longer planned since the pipeline changed. {rendered.sentence}")
    if row.flights > 1 and _holds_unknown(setup, rendered.operation):
        reason = (
            f"A worker stopped while this was being sent to {setup.name}: it may have arrived, and to send "
            "it twice would count it twice. Look it up there, then send it again or mark it as delivered."
        )
        return Settled(row, Hold(), reason)
    return rendered


def _refusal(setup: Setup, event: Event) -> str | None:
    signals = read_signals(event.payload.get("context"))
    refused = refusal(signals, setup.categories, setup.consent, honour_gpc=setup.honours_gpc)
    return refused.sentence if refused else None


def _holds_unknown(setup: Setup, operation: str) -> bool:
    """Only live requests can double anything."""
    return setup.mode is Mode.LIVE and not setup.vendor.retry_on_unknown(operation)


def _token_was_refused(held: Held, response: Response, now: datetime) -> bool:
    """Whether the request is worth repeating with another token."""
    if response.status == UNAUTHORIZED:
        return refuse(held, now=now)
    if held.after_refusal and response.status is not None:
        confirm(held)
    return False


def _packed(setup: Setup, found: Authorized) -> tuple[list[Flight], list[Settled]]:
    """Requests of rows that may share one, and rows that can't be sent at all."""
    groups: dict[int | None, list[tuple[Row, Element]]] = {}
    for row, element in found.ready:
        groups.setdefault(row.most_together, []).append((row, element))
    flights, refused = [], []
    for most_together, pairs in groups.items():
        packed = setup.vendor.requests(
            [element for _, element in pairs],
            setup.settings,
            mode=setup.mode,
            sandbox_url=settings.SANDBOX_URL,
            moment=found.moment,
            most_together=most_together,
        )
        for part in packed:
            members = [pairs[index][0] for index in part.members]
            if isinstance(part, BatchRequest):
                flights.append(_flight(setup, part, members, found.held.get(part.grant)))
            else:
                refused += [Settled(row, End(Outcome.REJECTED), part.reason) for row in members]
    return flights, refused


def _flight(setup: Setup, part: BatchRequest, members: Sequence[Row], held: Held | None) -> Flight:
    hold_unknown = _holds_unknown(setup, part.operation)
    return Flight(
        request=replace(part.request, is_repeatable=not hold_unknown),
        rows=tuple(members),
        scope_id=members[0].carried[0],
        operation=part.operation,
        hold_unknown=hold_unknown,
        subject=Asked(held, part.arrays),
    )


def _cancelled(row: Row, reason: str) -> Settled:
    return Settled(row, End(Outcome.CANCELLED), reason)
