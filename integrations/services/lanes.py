"""The lanes of destinations: what the engine asks of integrations to deliver events to vendors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings

from accounts.core.principal import system
from accounts.services import audit
from delivery.core.breaker import Transition
from delivery.core.outcome import Judgement, Outcome, Verdict
from delivery.core.rate import RateLimit
from delivery.core.response import Response
from delivery.core.retry import End, RetryPolicy
from delivery.lanes import EndedApart, Ending, Errand, Flight, LanePolicy, Rendering, Row, Settled, Tables
from integrations.core.consent import read_signals, refusal
from integrations.core.event import Event
from integrations.core.vendor import BatchRequest, Element, Rejected, Skipped
from integrations.models import BreakerMoment, Destination, Pipeline
from integrations.services.access_tokens import UNAUTHORIZED, Ask, Held, confirm, learn, refuse
from integrations.services.announcements import tell_of_breaker, tell_of_exhausted, tell_of_pause
from integrations.services.authorizing import Authorized, authorize
from integrations.services.counters import count_ended_apart, count_recorded
from integrations.services.reading_back import not_asked, of_read_back, read_back, unsure
from integrations.services.replays.endings import note_ended_apart, note_recorded
from integrations.services.setups import Setup, holds_unknown, read_back_after_s, read_setups
from integrations.services.stored_events import StoredEvent, read_events


def _ended_apart(ended: Sequence[EndedApart]) -> None:
    count_ended_apart(ended)
    note_ended_apart(ended)


TABLES = Tables(
    queue="integrations_delivery",
    results="integrations_deliveryresult",
    attempts="integrations_attempt",
    lanes="integrations_destinationlane",
    carried=("organization_id", "pipeline_id", "event_id", "part", "replay_id"),
    gone="Its destination was removed.",
    counted=("organization_id", "pipeline_id", "replay_id"),
    ended_apart=_ended_apart,
)
CONCURRENCY = 16
REFUSALS = 5  # requests in a row whose credentials the vendor refuses
BY = system("s2sadmin")


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
        fresh = read_setups(lane_ids)
        for lane_id in lane_ids:
            self._setups.pop(lane_id, None)
        self._setups.update(fresh)
        return {lane_id: _policy(setup) for lane_id, setup in fresh.items()}

    def render(self, lane_id: UUID, rows: Sequence[Row], *, now: datetime) -> Rendering:
        """Map the rows' events and pack them into requests."""
        setup = self._current(lane_id)
        if setup is None:
            return Rendering(settled=[_cancelled(row, TABLES.gone) for row in rows])
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
            if flight.is_read_back:  # nothing is known yet
                return [Judgement(verdict=Verdict.FAILED, reason=reason)]
            return [Judgement(verdict=Verdict.AGAIN, reason=reason)] * len(flight.rows)
        if flight.is_read_back:
            (found,) = setup.vendor.judge(flight.operation, response, 1, now=now)
            return [of_read_back(setup, found)]
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

    def announce_pause(self, lane_id: UUID, reason: str, *, now: datetime) -> None:
        """In the audit log, as a person's pause is, and to the organization."""
        destination = Destination.objects.select_related("pipeline").get(id=lane_id)
        audit.record(
            BY,
            "pause:destination",
            destination,
            organization_id=destination.pipeline.organization_id,
            differences={"paused_reason": ("", reason)},
        )
        tell_of_pause(lane_id, reason, at=now)

    def conclude(self, endings: Sequence[Ending], flights: Sequence[Flight], *, now: datetime) -> None:
        """Count what ended and was sent; tell of what used up its attempts."""
        count_recorded(endings, flights, now=now)
        note_recorded(endings)
        tell_of_exhausted([one for one in endings if one.outcome is Outcome.EXHAUSTED], at=now)


def _policy(setup: Setup) -> LanePolicy:
    operations, sending = setup.vendor.operations.values(), setup.vendor.sending
    limits = [operation.rate_limit for operation in operations if operation.rate_limit]
    rates = [RateLimit(per_s=limit.requests / limit.per_s, burst=limit.requests) for limit in limits]
    return LanePolicy(
        concurrency=sending.concurrency or CONCURRENCY,
        rows_per_request=max(operation.batch.max_count for operation in operations),
        longest_request_s=max(operation.longest_ms for operation in operations) / 1000,
        gathers_s=min(operation.batch.max_wait_ms for operation in operations) / 1000,
        refusals=REFUSALS,
        claims_ahead=not any(holds_unknown(setup, operation.name) for operation in operations),
        retry=_retry_policy(setup),
        breaker=sending.breaker_policy(),
        rate=min(rates, key=lambda rate: rate.per_s, default=None),
    )


def _retry_policy(setup: Setup) -> RetryPolicy:
    """A delay counts for no age; a destination's own limit stands in place of its vendor's."""
    usual = setup.vendor.sending.retry_policy(base_s=settings.DELIVERY_RETRY_BASE_S)
    longest_age_s = usual.longest_age_s + setup.delay_s if setup.max_age_s is None else setup.max_age_s
    return replace(usual, longest_age_s=longest_age_s)


def _element(setup: Setup, row: Row, stored: StoredEvent | None, now: datetime) -> Element | Settled:
    """The row's part of a request, or its end: what was planned is checked again before it is sent."""
    if stored is None:
        return _cancelled(row, "The event is no longer stored: its retention ended or it was erased.")
    if row.unsure_since is not None:  # what was planned was sent already
        return read_back(setup, row, stored, now)
    if stored.plan_version != setup.version:
        refused = _refusal(setup, stored.event)
        if refused:
            return _cancelled(row, f"No longer allowed since the pipeline changed. {refused}")
    part = row.carried[3]
    rendered = setup.vendor.render(
        stored.event, setup.settings, now=now, mode=setup.mode, part=part, max_age_s=setup.max_age_s
    )
    if isinstance(rendered, Rejected):
        return Settled(row, End(Outcome.REJECTED), rendered.reason)
    if isinstance(rendered, Skipped):
        return _cancelled(row, f"No longer planned since the pipeline changed. {rendered.sentence}")
    if row.flights > 1 and holds_unknown(setup, rendered.operation):
        return unsure(setup, row, rendered.operation, now)
    return rendered


def _refusal(setup: Setup, event: Event) -> str | None:
    """Why the destination would not get it as it is configured now."""
    filtered = setup.filter.refusal(event, setup.name) if setup.filter else None
    if filtered is not None:
        return filtered
    signals = read_signals(event.payload.get("context"))
    refused = refusal(signals, setup.categories, setup.consent, honour_gpc=setup.honours_gpc)
    return refused.sentence if refused else None


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
                refused += [_refused(setup, row, part.reason) for row in members]
    return flights, refused


def _refused(setup: Setup, row: Row, reason: str) -> Settled:
    if row.unsure_since is not None:
        return not_asked(setup, row, reason)
    return Settled(row, End(Outcome.REJECTED), reason)


def _flight(setup: Setup, part: BatchRequest, members: Sequence[Row], held: Held | None) -> Flight:
    hold_unknown = holds_unknown(setup, part.operation)
    return Flight(
        request=replace(part.request, is_repeatable=False) if hold_unknown else part.request,
        rows=tuple(members),
        scope_id=members[0].carried[0],
        operation=part.operation,
        mode=setup.mode.value,
        hold_unknown=hold_unknown,
        read_back_after_s=read_back_after_s(setup, part.operation),
        is_read_back=members[0].unsure_since is not None,
        subject=Asked(held, part.arrays),
    )


def _cancelled(row: Row, reason: str) -> Settled:
    return Settled(row, End(Outcome.CANCELLED), reason)
