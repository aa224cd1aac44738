"""What is written about a finished request: an attempt with secrets masked, and each delivery's fate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from delivery.core.outcome import Judgement, Verdict
from delivery.core.redaction import as_text, masked, masked_headers
from delivery.core.response import Response
from delivery.core.retry import Decision, End, Hold, TryAgain
from delivery.lanes import Flight, Row
from delivery.queue import NEVER

PARTIAL = "partial"  # an attempt of a batch whose deliveries fared differently


def new_id(at: datetime) -> UUID:
    """A UUIDv7 of this moment."""
    return uuid7(nanoseconds=int(at.timestamp() * 1_000_000) * 1000)


def overall(judgements: Sequence[Judgement]) -> Judgement:
    """The judgement that stands for a whole request: the common one, or the worst with a count."""
    verdicts = {judgement.verdict for judgement in judgements}
    if len(verdicts) == 1:
        return judgements[0]
    worst = max(judgements, key=lambda judgement: _SEVERITY.index(judgement.verdict))
    share = sum(judgement.verdict is worst.verdict for judgement in judgements)
    reason = f"{share} of {len(judgements)} in this batch: {worst.reason}"
    return Judgement(verdict=worst.verdict, reason=reason, retry_after_s=worst.retry_after_s)


_SEVERITY = [Verdict.DELIVERED, Verdict.REJECTED, Verdict.THROTTLED, Verdict.FAILED, Verdict.UNKNOWN]


def attempt_values(
    attempt_id: UUID,
    flight: Flight,
    response: Response,
    judgements: Sequence[Judgement],
    *,
    started_at: datetime,
) -> tuple[Any, ...]:
    """The attempt's row, in the order of queue.ATTEMPT_COLUMNS."""
    request, phases, summary = flight.request, response.phases, overall(judgements)
    secrets = request.secrets
    mixed = len({judgement.verdict for judgement in judgements}) > 1
    return (
        attempt_id,
        flight.rows[0].lane_id,
        flight.scope_id,
        [row.id for row in flight.rows],
        flight.operation,
        started_at,
        request.method,
        masked(request.url, secrets),
        _json(masked_headers(request.headers, secrets)),
        masked(as_text(request.logged_body), secrets),
        response.status,
        _json(masked_headers(response.headers, secrets)),
        masked(as_text(response.body), secrets),
        PARTIAL if mixed else summary.verdict.value,
        summary.reason,
        phases.dns_ms,
        phases.connect_ms,
        phases.tls_ms,
        phases.first_byte_ms,
        phases.total_ms,
    )


def row_end(
    row: Row, end: End, reason: str, *, attempts: int, attempt_id: UUID | None = None
) -> tuple[Any, ...]:
    """An ended row, as queue.end_rows takes it."""
    return (row.id, row.claim_id, end.outcome.value, reason, attempts, attempt_id)


def row_wait(
    row: Row, decision: Decision, reason: str, *, attempts: int, now: datetime, attempt_id: UUID | None = None
) -> tuple[Any, ...]:
    """A row that waits, for its time or for a person, as queue.requeue_rows takes it."""
    match decision:
        case TryAgain(at=at):
            return (row.id, row.claim_id, at, None, reason, attempts, attempt_id)
        case Hold():
            return (row.id, row.claim_id, NEVER, now, reason, attempts, attempt_id)
    raise AssertionError(f"{decision} does not wait")


def _json(headers: dict[str, str]) -> bytes:
    return msgspec.json.encode({name: as_text(value.encode()) for name, value in headers.items()})
