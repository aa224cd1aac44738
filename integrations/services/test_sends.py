"""Sends one event to a destination as a test: through the HTTP edge, recorded, outside its lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.core.principal import Principal
from accounts.services import audit
from delivery.appending import write_attempts
from delivery.core.outcome import Verdict as Answered
from delivery.core.response import Response
from delivery.ids import new_id
from delivery.lanes import Flight, Row
from delivery.once import send_once
from delivery.record import attempt_values
from integrations.core.event import Event
from integrations.core.vendor import BatchRequest, Mode, RejectReason
from integrations.models import Attempt, Destination
from integrations.services.access_tokens import UNAUTHORIZED, refuse
from integrations.services.authorizing_now import NoAccessToken, authorize_now
from integrations.services.lanes import TABLES
from integrations.services.preparing import Prepared, Verdict
from integrations.services.previews import Subject, as_it_stands, prepare
from integrations.services.switches import may_send


def send_test(by: Principal, destination: Destination, event: Event, *, now: datetime) -> Prepared | Attempt:
    """Send in the vendor's test mode, or to the sandbox when it has none; the attempt as recorded.

    A destination in sandbox mode stays there. What is not sent, by consent or mapping, comes back as
    prepared. Neither the lane's breaker nor its rate is asked or told: a test is not a delivery.
    """
    mode = Mode.SANDBOX if destination.mode == Destination.Mode.SANDBOX else Mode.TEST
    return _send(by, destination, event, mode, "test", now)


def send_live_test(
    by: Principal, destination: Destination, event: Event, *, confirm: str, now: datetime
) -> Prepared | Attempt:
    """The same to the vendor's live API, where it counts; `confirm` must be the destination's name."""
    if confirm != destination.name:
        sentence = f'A live test counts at the vendor. Confirm it with the name "{destination.name}".'
        raise ValidationError({"confirm": sentence})
    if destination.mode == Destination.Mode.SANDBOX:
        sentence = (
            f"{destination.name} is in sandbox mode: nothing of it goes to the vendor. Change its mode."
        )
        raise ValidationError({"live": sentence})
    return _send(by, destination, event, Mode.LIVE, "live test", now)


def _send(
    by: Principal, destination: Destination, event: Event, mode: Mode, mark: str, now: datetime
) -> Prepared | Attempt:
    """Whether the destination is on does not matter: it is tested before it is enabled."""
    if not may_send():
        sentence = "The operators of this installation have stopped all sending. Test it when they start it."
        raise ValidationError(sentence)
    stands = as_it_stands(destination)
    subject = replace(stands, mode=mode, target=replace(stands.target, enabled=True))
    prepared = prepare(subject, destination, event, now=now)
    if not prepared.requests:
        return prepared
    organization_id = destination.pipeline.organization_id
    operation = prepared.requests[0].operation
    audit.record(  # before it is sent, so that it is known even if this process dies
        by,
        f"{mark.replace(' ', '_')}:destination",
        destination,
        organization_id=organization_id,
        differences={"message_id": (None, event.message_id), "operation": (None, operation)},
    )
    attempts = []
    try:
        for number, part in enumerate(prepared.requests):  # several where the event goes out in parts
            sent, response = _answered(subject, destination, event, number, part.operation, now)
            mark_of = f"{part.operation} ({mark})"
            attempts.append(_record(destination, prepared, sent, response, mark_of, mode, now))
    except NoAccessToken as problem:
        return replace(
            prepared,
            verdict=Verdict.REJECTED,
            reason=RejectReason.ACCESS_TOKEN.value,
            sentence=str(problem),
            requests=(),
        )
    return _telling(attempts)


def _telling(ids: Sequence[UUID]) -> Attempt:
    """The first attempt that failed, else the last one."""
    attempts = Attempt.objects.in_bulk(list(ids))
    failed = (attempts[id_] for id_ in ids if attempts[id_].verdict != Answered.DELIVERED.value)
    return next(failed, attempts[ids[-1]])


def _answered(
    subject: Subject, destination: Destination, event: Event, number: int, operation: str, now: datetime
) -> tuple[BatchRequest, Response]:
    """The request as it was sent, and its answer; a token that was not taken is renewed once."""
    organization_id = destination.pipeline.organization_id
    while True:
        authorized = authorize_now(subject, organization_id, operation, now=now)
        part = prepare(subject, destination, event, now=now, moment=authorized.moment).requests[number]
        response = send_once(part.request)
        if response.status != UNAUTHORIZED or authorized.held is None or not refuse(authorized.held, now=now):
            return part, response


@transaction.atomic
def _record(
    destination: Destination,
    prepared: Prepared,
    part: BatchRequest,
    response: Response,
    operation: str,
    mode: Mode,
    now: datetime,
) -> UUID:
    """The attempt, marked by its operation. Its delivery is the test's own: none is queued under that id."""
    organization_id = destination.pipeline.organization_id
    attempt_id = new_id(now)
    rows = tuple(
        Row(
            id=new_id(now),
            lane_id=destination.id,
            claim_id=attempt_id,
            flights=1,
            attempts=0,
            carried=(organization_id,),
        )
        for _ in part.members
    )
    flight = Flight(
        request=part.request, rows=rows, scope_id=organization_id, operation=operation, mode=mode.value
    )
    judgements = prepared.vendor.judge(part.operation, response, len(rows), now=now, arrays=part.arrays)
    values = attempt_values(attempt_id, flight, response, judgements, started_at=now)
    write_attempts(TABLES, [values])
    return attempt_id
