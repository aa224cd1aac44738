"""An attempt for reading: what was asked, what was answered, and which part took how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from delivery.models import AttemptRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """One stretch of a request's time."""

    name: str
    ms: float
    percent: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptStory:
    """One request and its answer. `companions` counts the other deliveries that rode on it."""

    id: UUID
    number: int
    started_at: datetime
    operation: str
    mode: str
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    status: int | None
    response_headers: tuple[tuple[str, str], ...]
    response_body: str
    verdict: str
    reason: str
    total_ms: float
    phases: tuple[Phase, ...]
    companions: int


def story_of(attempt: AttemptRow, number: int) -> AttemptStory:
    """The attempt as it is stored, secrets masked; `number` is its place among its delivery's."""
    return AttemptStory(
        id=attempt.id,
        number=number,
        started_at=attempt.started_at,
        operation=attempt.operation,
        mode=attempt.mode,
        method=attempt.method,
        url=attempt.url,
        request_headers=tuple(attempt.request_headers.items()),
        request_body=attempt.request_body,
        status=attempt.status,
        response_headers=tuple(attempt.response_headers.items()),
        response_body=attempt.response_body,
        verdict=attempt.verdict,
        reason=attempt.reason,
        total_ms=attempt.total_ms,
        phases=phases(attempt),
        companions=len(attempt.delivery_ids) - 1,
    )


def phases(attempt: AttemptRow) -> tuple[Phase, ...]:
    """The stretches between the points that were reached, in order; points are stored from the start on."""
    points = {
        "DNS": attempt.dns_ms,
        "Connect": attempt.connect_ms,
        "TLS": attempt.tls_ms,
        "Wait": attempt.first_byte_ms,
        "Rest": attempt.total_ms,
    }
    found, before = [], 0.0
    for name, point in points.items():
        if point is None or point <= before:
            continue
        share = 100 * (point - before) / attempt.total_ms if attempt.total_ms else 0.0
        found.append(Phase(name=name, ms=round(point - before, 1), percent=round(share, 1)))
        before = point
    return tuple(found)
