"""What a replay sends again: asked for by how it ended before, and allowed by today's plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from delivery.core.outcome import Outcome
from integrations.core.plan import Plan

FAILED = (Outcome.REJECTED, Outcome.EXHAUSTED, Outcome.CANCELLED)
NEVER_SENT = "never_sent"  # what a destination was never meant to get: skipped then, or connected later
SAMPLES = 3  # events that are shown of each kind


class LeftReason(StrEnum):
    """Why a replay leaves a delivery alone, beside the skip reasons of today's plan."""

    WAITING = "waiting"
    ARRIVED = "arrived"
    NEVER_SENT = "never_sent"
    OTHER_OUTCOME = "other_outcome"
    NOT_STORED = "not_stored"
    DESTINATION_GONE = "destination_gone"
    NO_SUCH_PART = "no_such_part"


@dataclass(frozen=True, slots=True)
class Left:
    """A delivery that is not made again: a reason of LeftReason or SkipReason, and the sentence."""

    reason: str
    sentence: str


WAITING = Left(
    LeftReason.WAITING,
    "A delivery of this event still waits for the destination. Nothing to replay: look at it again when it "
    "has ended.",
)
ARRIVED = Left(
    LeftReason.ARRIVED,
    "The event has arrived at the destination. To send it once more, ask for delivered ones too.",
)
NOT_ASKED_FOR = Left(
    LeftReason.NEVER_SENT,
    "The destination was never sent this event: it was skipped then, or the destination came later. To send "
    "it now, ask for never sent ones too.",
)
NOT_STORED = Left(
    LeftReason.NOT_STORED,
    "The event is no longer stored: its retention ended or it was erased. Only the sender can send it again.",
)
DESTINATION_GONE = Left(
    LeftReason.DESTINATION_GONE,
    "The destination was removed. Connect it again, then replay what it was never sent.",
)


def _other_outcome(outcome: str) -> Left:
    sentence = (
        f"The delivery was {outcome}, which was not asked for. To send it again, ask for {outcome} ones too."
    )
    return Left(LeftReason.OTHER_OUTCOME, sentence)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which deliveries a replay is about, by how they ended. `is_selection`: somebody pointed at each."""

    outcomes: frozenset[str]
    include_delivered: bool = False
    include_never_sent: bool = False
    is_selection: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """One ended delivery of an event, or of its part."""

    id: UUID
    outcome: str
    ended_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How an event, or its part, stands with a destination."""

    is_unfinished: bool = False
    ended: tuple[Ended, ...] = ()

    @property
    def outcome(self) -> str:
        """Delivered when it ever was, else how it ended last, else never sent."""
        if not self.ended:
            return NEVER_SENT
        if any(one.outcome == Outcome.DELIVERED for one in self.ended):
            return Outcome.DELIVERED
        return max(self.ended, key=lambda one: (one.ended_at, one.id)).outcome


NOTHING_YET = Standing()


def asked_for(standing: Standing, wanted: Wanted) -> str | Left | None:
    """How it ended before, when it is asked for; why it is left alone; None when nobody asked for it."""
    before = standing.outcome
    has_failed_so = any(one.outcome in wanted.outcomes for one in standing.ended)
    if standing.is_unfinished:
        return WAITING if wanted.is_selection or has_failed_so else None
    if before == Outcome.DELIVERED and not wanted.include_delivered:
        return ARRIVED if wanted.is_selection or has_failed_so else None
    is_wanted = wanted.include_never_sent if before == NEVER_SENT else before in wanted.outcomes
    if is_wanted or before == Outcome.DELIVERED:
        return before
    if not wanted.is_selection:
        return None
    return NOT_ASKED_FOR if before == NEVER_SENT else _other_outcome(before)


def parts_of(plan: Plan) -> frozenset[int]:
    """The parts of the event that today's plan gives the one destination it was asked about."""
    return frozenset(due.part for due in plan.deliver)


def refused_by(plan: Plan, part: int) -> Left | None:
    """Why today's plan for one destination does not send this part, None when it does."""
    for skip in plan.skips:
        return Left(skip.reason.value, skip.sentence)
    if part not in parts_of(plan):
        sentence = f"Today's mapping makes no part {part + 1} of this event. Look at the event's products."
        return Left(LeftReason.NO_SUCH_PART, sentence)
    return None


@dataclass(kw_only=True, slots=True)
class Tally:
    """What was found so far at one destination.

    `sends` counts what is sent, by how it ended before. `left` counts what is left alone, by reason:
    `{"count", "sentence", "event"}`, the last two of the first one. `samples` are a few of those that are
    sent: `{"event", "outcome"}`.
    """

    sends: dict[str, int] = field(default_factory=dict)
    left: dict[str, dict[str, Any]] = field(default_factory=dict)
    samples: list[dict[str, str]] = field(default_factory=list)

    @property
    def to_send(self) -> int:
        """How many are sent."""
        return sum(self.sends.values())

    @property
    def skipped(self) -> int:
        """How many are left alone."""
        return sum(one["count"] for one in self.left.values())

    @property
    def found(self) -> int:
        """How many were asked for."""
        return self.to_send + self.skipped

    def send(self, event_id: UUID, before: str) -> None:
        """One more to send."""
        self.sends[before] = self.sends.get(before, 0) + 1
        if self.sends[before] <= SAMPLES:
            self.samples.append({"event": str(event_id), "outcome": before})

    def leave(self, event_id: UUID, left: Left) -> None:
        """One more that is left alone."""
        first = {"count": 0, "sentence": left.sentence, "event": str(event_id)}
        self.left.setdefault(left.reason, first)["count"] += 1

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"sends": self.sends, "left": self.left, "samples": self.samples}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Tally:
        """A stored one."""
        return cls(
            sends=dict(stored.get("sends", {})),
            left={reason: dict(one) for reason, one in stored.get("left", {}).items()},
            samples=list(stored.get("samples", [])),
        )


SMALLEST_PAGE, FIRST_PAGE, LARGEST_PAGE = 20, 100, 2000


def next_page(page: int, backlog: int) -> tuple[int, int]:
    """How many to queue now, and the page to go on with, by how many due deliveries the lane has.

    A lane that is empty again takes twice as much, one that still has half of a page gets nothing and a
    smaller page later: so about as much waits as the lane sends between two looks, and fresh events wait no
    longer than that behind a replay.
    """
    if backlog * 2 >= page:
        return 0, max(page // 2, SMALLEST_PAGE)
    if backlog == 0:
        page = min(page * 2, LARGEST_PAGE)
    return page, page


MOST_FAILURES = 5  # steps in a row that break at one destination, then the replay gives it up
_FIRST_WAIT_S = 5


def wait_after(failures: int) -> timedelta:
    """How long a destination rests after so many steps in a row that broke: 5 s, then four times as long."""
    return timedelta(seconds=_FIRST_WAIT_S * 4 ** (failures - 1))
