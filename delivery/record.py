"""What is written about finished requests: attempts with secrets masked, and each delivery's fate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from delivery import queue
from delivery.appending import jsonb, uuid_array, write_attempts
from delivery.core.outcome import DELIVERED, Judgement, Verdict
from delivery.core.redaction import as_text, masked, masked_cut, masked_headers, storable
from delivery.core.request import Request
from delivery.core.response import BODY_LIMIT, Response
from delivery.core.retry import Decision, End, Hold, LookFirst, TryAgain
from delivery.lanes import Ending, Flight, LaneOwner, Row

PARTIAL = "partial"  # an attempt of a batch whose deliveries fared differently
UNRECORDED = "An earlier request may have left unrecorded, as its worker or PostgreSQL stopped"
SEVERITY = [
    Verdict.DELIVERED,
    Verdict.AGAIN,
    Verdict.REJECTED,
    Verdict.THROTTLED,
    Verdict.FAILED,
    Verdict.UNKNOWN,
]


@dataclass(slots=True)
class Record:
    """What one transaction writes about one owner's deliveries."""

    attempts: list[tuple[Any, ...]] = field(default_factory=list)
    ended: list[tuple[Any, ...]] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    waiting: list[tuple[Any, ...]] = field(default_factory=list)
    flights: list[Flight] = field(default_factory=list)

    def fate(
        self,
        row: Row,
        decision: Decision,
        reason: str,
        *,
        attempts: int,
        now: datetime,
        attempt_id: UUID | None = None,
        status: int | None = None,
        most_together: int | None = None,
        is_sure: bool = False,
    ) -> None:
        """Note what becomes of a delivery; `is_sure`: it is known now that it was not carried out."""
        unsure_since = None if is_sure else row.unsure_since
        match decision:
            case End(outcome=outcome, why=why):
                told = f"{reason} {why}".strip()
                self.ended.append((row.id, row.claim_id, outcome.value, told, attempts, attempt_id))
                self.endings.append(Ending(row, outcome, told, status))
                return
            case TryAgain(at=at):
                due_at, held_at = at, None
            case LookFirst(at=at):
                due_at, held_at, unsure_since = at, None, row.unsure_since or now
            case Hold():
                due_at, held_at = queue.NEVER, now
        self.waiting.append(
            (row.id, row.claim_id, due_at, held_at, reason, attempts, attempt_id, most_together, unsure_since)
        )

    def write(self, owner: LaneOwner, *, now: datetime) -> int:
        """Write all of it and tell the owner what ended; how many deliveries were still this worker's."""
        tables = owner.tables
        write_attempts(tables, self.attempts)
        gone = queue.end_rows(tables, self.ended, now=now)
        requeued = queue.requeue_rows(tables, self.waiting)
        if gone or self.flights:
            owner.conclude([one for one in self.endings if one.row.id in gone], self.flights, now=now)
        return len(gone) + requeued


def presentable(judgement: Judgement, secrets: Sequence[str]) -> Judgement:
    """The judgement as it may be stored and shown: the other side's words may echo a secret, or hold NUL."""
    if not judgement.reason:
        return judgement
    reason = masked(storable(judgement.reason), secrets)
    return judgement if reason == judgement.reason else replace(judgement, reason=reason)


def retold(judgement: Judgement, row: Row) -> Judgement:
    """The judgement, with what explains a repeat: somebody claimed the row before and recorded nothing."""
    if row.flights < 2:
        return judgement
    told = f"{UNRECORDED}: the receiver may have got it twice."
    return replace(judgement, reason=f"{judgement.reason} {told}".strip())


def overall(judgements: Sequence[Judgement]) -> Judgement:
    """The judgement that stands for a whole request: the common one, or the worst with a count."""
    if len({judgement.verdict for judgement in judgements}) == 1:
        return next((one for one in judgements if UNRECORDED in one.reason), judgements[0])
    worst = max(judgements, key=lambda judgement: SEVERITY.index(judgement.verdict))
    share = sum(judgement.verdict is worst.verdict for judgement in judgements)
    reason = f"{share} of {len(judgements)} in this batch: {worst.reason}"
    return Judgement(verdict=worst.verdict, reason=reason, retry_after_s=worst.retry_after_s)


def of_lane(judgements: Sequence[Judgement]) -> Judgement:
    """What a request says about its lane: whoever took some of a batch is alive, unless it asks to wait."""
    verdicts = {judgement.verdict for judgement in judgements}
    if Verdict.DELIVERED in verdicts and Verdict.THROTTLED not in verdicts:
        return DELIVERED
    telling = [one for one in judgements if one.verdict is Verdict.THROTTLED] or judgements
    return overall(telling)


def attempt_values(
    attempt_id: UUID,
    flight: Flight,
    response: Response,
    judgements: Sequence[Judgement],
    *,
    started_at: datetime,
) -> tuple[Any, ...]:
    """The attempt's row, in the order of ATTEMPT_COLUMNS."""
    request, phases, summary = flight.request, response.phases, overall(judgements)
    secrets = request.secrets
    is_mixed = len({judgement.verdict for judgement in judgements}) > 1
    return (
        attempt_id,
        flight.rows[0].lane_id,
        flight.scope_id,
        uuid_array([row.id for row in flight.rows]),
        flight.operation,
        flight.mode,
        started_at,
        request.method,
        masked(_address(request, response), secrets),
        _headers(request.headers, secrets),
        masked(as_text(request.logged_body), secrets),
        response.status,
        _headers(response.headers, secrets),
        _kept(response, secrets),
        PARTIAL if is_mixed else summary.verdict.value,
        summary.reason,
        phases.dns_ms,
        phases.connect_ms,
        phases.tls_ms,
        phases.first_byte_ms,
        phases.total_ms,
    )


def _address(request: Request, response: Response) -> str:
    """Where the request went, and where it was sent on to."""
    return f"{request.url} -> {response.redirected_to}" if response.redirected_to else request.url


def _kept(response: Response, secrets: Sequence[str]) -> str:
    """The part of an answer's body that is kept, as text without secrets."""
    is_cut = response.body_truncated or len(response.body) > BODY_LIMIT
    text = as_text(response.body[:BODY_LIMIT], is_cut=is_cut)
    return masked_cut(text, secrets) if is_cut else masked(text, secrets)


def _headers(headers: Sequence[tuple[str, str]], secrets: Sequence[str]) -> bytes:
    shown = masked_headers(headers, secrets)
    return jsonb({name: value.replace("\x00", "␀") for name, value in shown.items()})
