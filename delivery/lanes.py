"""What an app gives the engine for its lanes, and what the engine knows of a lane while it holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from delivery.core.breaker import Breaker, BreakerPolicy, Transition
from delivery.core.flow import Flow
from delivery.core.outcome import Judgement, Outcome
from delivery.core.rate import RateLimit
from delivery.core.request import Request
from delivery.core.response import Response
from delivery.core.retry import Decision, RetryPolicy


class Help(StrEnum):
    """A second worker's help of a lane: not asked for, asked for, or agreed with who came."""

    NONE = ""
    WANTED = "wanted"
    AGREED = "agreed"


@dataclass(frozen=True, kw_only=True, slots=True)
class EndedApart:
    """Deliveries that ended without a worker: so many of one lane whose ids are of one hour."""

    lane_id: UUID
    hour: datetime
    outcome: Outcome
    counted: tuple[Any, ...]
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """The concrete tables of one owner. `carried` columns go from the queue row into the result row.
    `gone` is the reason with which rows end whose lane was removed.

    `ended_apart` is told, in the same transaction, of rows that end without a worker, counted by lane, hour
    and the `counted` columns, which are some of the carried ones.
    """

    queue: str
    results: str
    attempts: str
    lanes: str
    carried: tuple[str, ...]
    gone: str = "What it was for was removed."
    counted: tuple[str, ...] = ()
    ended_apart: Callable[[Sequence[EndedApart]], None] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One claimed delivery. `flights` over 1: a worker died between claiming and recording it.

    `leased_until`: nobody else claims it before. `most_together`: how many may share its next request, None
    where only the other side's limit counts. `unsure_since`: it may have been carried out then, which must
    be read back before it is sent again.
    """

    id: UUID
    lane_id: UUID
    claim_id: UUID
    flights: int
    attempts: int
    carried: tuple[Any, ...]
    most_together: int | None = None
    unsure_since: datetime | None = None
    leased_until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LanePolicy:
    """How a lane is driven. `rows_per_request` is the largest batch the other side takes.

    `longest_request_s` is the longest deadline of its requests; their rows are leased for longer than that.
    `gathers_s`: while a request flies, a batch that is not full waits so long at most for more rows.
    `refusals` in a row (401) pause the lane until a person resumes it; None never.
    `claims_ahead`: rows may be claimed before they can leave. Not where a row that a dead worker had must be
    held for a person: it could not be told from one that was sent.
    """

    concurrency: int = 8
    rows_per_request: int = 1
    longest_request_s: float = 10.0
    claims_ahead: bool = False
    gathers_s: float = 0.0
    refusals: int | None = None
    rate: RateLimit | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flight:
    """One request and the deliveries that ride on it. `hold_unknown`: never repeat it unseen.

    `read_back_after_s`: when its outcome is unknown, the other side is asked so much later whether it
    arrived; `is_read_back`: this request asks that, and is judged delivered for found, again for not found.
    `mode` is kept with the attempt. `subject` is what the owner needs to read the answer; the engine only
    carries it.
    """

    request: Request
    rows: tuple[Row, ...]
    scope_id: UUID
    operation: str
    mode: str = ""
    hold_unknown: bool = False
    read_back_after_s: float | None = None
    is_read_back: bool = False
    subject: Any = None


@dataclass(frozen=True, slots=True)
class Errand:
    """A request that the owner needs answered before it can render these rows, as for an access token."""

    request: Request
    rows: tuple[Row, ...]
    subject: Any = None


@dataclass(frozen=True, slots=True)
class Pause:
    """The whole lane waits until then; the reason is shown with each of its deliveries."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A delivery that is decided without a request: it ends, or a person must look."""

    row: Row
    decision: Decision
    reason: str
    attempts: int | None = None  # the new count, where a request was tried


@dataclass(frozen=True, slots=True)
class Rendering:
    """What became of claimed rows: requests to send, rows that need none, and rows that need an errand."""

    flights: Sequence[Flight] = ()
    settled: Sequence[Settled] = ()
    errands: Sequence[Errand] = ()
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """A delivery that has just ended; `status` is its last answer's, None when there was none."""

    row: Row
    outcome: Outcome
    reason: str
    status: int | None = None


@dataclass(slots=True)
class LaneState:
    """The part of the lane row that its holder writes: changed with every request, so changed in place.

    `is_quick`: its last request was answered soon, None for not known. `refusals` counts requests in a row
    that were refused for their credentials. `is_helped` is only read: another worker has half of the cap.
    """

    breaker: Breaker = field(default_factory=Breaker)
    flow: Flow = field(default_factory=Flow)
    is_quick: bool | None = None
    refusals: int = 0
    is_helped: bool = False


class LaneOwner(Protocol):
    """An app whose rows must reach an HTTP endpoint."""

    tables: Tables

    def policies(self, lane_ids: Sequence[UUID]) -> Mapping[UUID, LanePolicy]:
        """How these lanes are driven, read afresh: a worker asks each time it takes a lane."""
        ...

    def render(self, lane_id: UUID, rows: Sequence[Row], *, now: datetime) -> Rendering:
        """The requests for these rows. Never raises for what a row holds: that row is settled."""
        ...

    def learn(self, lane_id: UUID, errand: Errand, response: Response, *, now: datetime) -> None:
        """Keep what an errand brought; its rows are then rendered again."""
        ...

    def judge(self, flight: Flight, response: Response, *, now: datetime) -> Sequence[Judgement]:
        """One judgement a row of the flight, in order."""
        ...

    def announce(self, lane_id: UUID, transition: Transition, reason: str, *, now: datetime) -> None:
        """Called inside the recording transaction when the lane's breaker opens or closes."""
        ...

    def announce_pause(self, lane_id: UUID, reason: str, *, now: datetime) -> None:
        """Called inside the recording transaction when the engine paused the lane for its refusals."""
        ...

    def conclude(self, endings: Sequence[Ending], flights: Sequence[Flight], *, now: datetime) -> None:
        """Called inside the recording transaction with what ended in it and the requests it records."""
        ...
