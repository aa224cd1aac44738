"""What became of one event, in sentences: who got it, who did not and why, and what comes next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from delivery.core.breaker import BreakerState
from delivery.ids import moment_of
from delivery.partitions import first_id
from delivery.story import AttemptStory, story_of
from integrations.models import (
    Attempt,
    Delivery,
    DeliveryResult,
    Destination,
    DestinationLane,
    Event,
    Pipeline,
    Replay,
)
from integrations.services.switches import Switch, is_stopped
from integrations.services.wording import (
    HIDDEN,
    counted,
    duration,
    masked_id,
    pretty,
    relative,
    shown_body,
    utc,
    without_query,
)

STOPPED = "The operators of this installation have stopped sending: all deliveries wait."


class State(StrEnum):
    """What a destination's part of the story is, those that want attention first."""

    HELD = "held"
    EXHAUSTED = "exhausted"
    REJECTED = "rejected"
    RETRYING = "retrying"
    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


ORDER = list(State)
UNFINISHED = frozenset({State.HELD, State.RETRYING, State.WAITING, State.SENDING})
LABELS: Mapping[State, str] = {
    State.HELD: "Held for a decision",
    State.EXHAUSTED: "Gave up",
    State.REJECTED: "Refused",
    State.RETRYING: "Waiting for a retry",
    State.WAITING: "Waiting",
    State.SENDING: "Being sent",
    State.DELIVERED: "Got it",
    State.CANCELLED: "Cancelled",
    State.SKIPPED: "Skipped",
}
HEADLINE_WORDS: Mapping[State, str] = {
    State.REJECTED: "refused",
    State.EXHAUSTED: "given up after all attempts",
    State.HELD: "held for a decision",
    State.RETRYING: "waiting for a retry",
    State.WAITING: "waiting",
    State.SENDING: "being sent",
    State.CANCELLED: "cancelled",
    State.SKIPPED: "skipped",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DestinationStory:
    """One destination's part. `next_try` is a sentence, empty when nothing comes any more.

    `mode` is that of its last attempt, or the destination's of today where none was made.
    `replay` says which replay made the delivery; `is_past`: a later one of the same event stands for it.
    """

    destination_id: UUID
    destination: str
    vendor: str
    mode: str
    state: State
    sentence: str
    delivery_id: UUID | None = None
    attempts: int = 0
    next_try: str = ""
    next_try_at: datetime | None = None
    attempt_stories: tuple[AttemptStory, ...] = ()
    part: int = 0
    replay_id: UUID | None = None
    replay: str = ""
    is_past: bool = False

    @property
    def label(self) -> str:
        """The state in the words of the page."""
        return LABELS[self.state]


@dataclass(frozen=True, kw_only=True, slots=True)
class EventPage:
    """An event's facts, its stories, and its payload for those who may read it."""

    id: UUID
    type: str
    name: str
    message_id: str
    received_at: datetime
    pipeline_id: UUID
    pipeline: str
    user_id: str
    anonymous_id: str
    headline: str
    stories: tuple[DestinationStory, ...]
    unrecorded: str
    payload: str
    shows_personal_data: bool


def event_page(event: Event, *, now: datetime, shows_personal_data: bool) -> EventPage:
    """Read what is stored about the event, in eight queries however long its story is, and tell it."""
    waiting = list(Delivery.objects.filter(event_id=event.id))
    ended = _results(event)
    rows: list[Delivery | DeliveryResult] = [*waiting, *ended]
    destinations = _destinations(event, rows)
    attempts = _attempts([id_ for row in rows for id_ in row.attempt_ids])
    parts = Counter(lane_id for lane_id, _ in {(row.lane_id, row.part) for row in rows})
    teller = Teller(
        destinations, attempts, parts, _replays(rows), now=now, shows_personal_data=shows_personal_data
    )
    stories = marked_past(
        [
            *map(teller.waiting, waiting),
            *map(teller.ended, ended),
            *map(teller.skipped, event.skips),
        ]
    )
    pipeline = Pipeline.objects.filter(id=event.pipeline_id).values_list("name", flat=True).first()
    return EventPage(
        id=event.id,
        type=event.type,
        name=event.name,
        message_id=event.message_id,
        received_at=event.received_at,
        pipeline_id=event.pipeline_id,
        pipeline=pipeline or "a deleted pipeline",
        user_id=event.user_id if shows_personal_data else masked_id(event.user_id),
        anonymous_id=event.anonymous_id if shows_personal_data else masked_id(event.anonymous_id),
        headline=headline(worst_states(stories)),
        stories=tuple(sorted(stories, key=_in_order)),
        unrecorded=_unrecorded(event.planned, sum(row.replay_id is None for row in rows)),
        payload=pretty(event.payload) if shows_personal_data else HIDDEN,
        shows_personal_data=shows_personal_data,
    )


def worst_states(stories: Sequence[DestinationStory]) -> list[State]:
    """One state a destination: that of the part that fared worst, where it got the event in parts."""
    worst: dict[UUID, State] = {}
    current = [story for story in stories if not story.is_past]
    for story in sorted(current, key=lambda story: ORDER.index(story.state), reverse=True):
        worst[story.destination_id] = story.state
    return list(worst.values())


def marked_past(stories: Sequence[DestinationStory]) -> list[DestinationStory]:
    """The stories, with those marked that another one of the same destination and part stands for.

    What is unfinished stands first, then what was delivered, then the latest; a skip gives way to any.
    """
    standing: dict[tuple[UUID, int], DestinationStory] = {}
    for story in sorted(stories, key=_weight):
        standing[story.destination_id, story.part] = story
    return [
        story if standing[story.destination_id, story.part] is story else replace(story, is_past=True)
        for story in stories
    ]


def _weight(story: DestinationStory) -> tuple[bool, bool, int]:
    is_arrived = story.state is State.DELIVERED
    return story.state in UNFINISHED, is_arrived, story.delivery_id.int if story.delivery_id else 0


def headline(states: Sequence[State]) -> str:
    """The page in one sentence."""
    if not states:
        return "No destination was connected to this pipeline when the event came."
    counts = Counter(states)
    rest = [f"{counts[state]} {words}" for state, words in HEADLINE_WORDS.items() if counts[state]]
    got = f"{counts[State.DELIVERED]} of {counted(len(states), 'destination')} got it"
    return f"{got}; {', '.join(rest)}." if rest else f"{got}."


# --- Reading ------------------------------------------------------------------------------------------
def _results(event: Event) -> list[DeliveryResult]:
    """Delivery ids carry their event's millisecond, so only one day's partition is read; those of replays
    are of later, and found by an index that holds nothing else.
    """
    day = event.received_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = DeliveryResult.objects.filter(event_id=event.id, id__gte=first_id(day))
    planned = rows.filter(id__lt=first_id(day + timedelta(days=1)), replay_id=None)
    return [*planned, *rows.exclude(replay_id=None)]


def _replays(rows: Sequence[Delivery | DeliveryResult]) -> Mapping[UUID, Replay]:
    ids = {row.replay_id for row in rows if row.replay_id}
    return Replay.objects.in_bulk(list(ids)) if ids else {}


def _destinations(event: Event, rows: Sequence[Delivery | DeliveryResult]) -> Mapping[UUID, Destination]:
    ids = {row.lane_id for row in rows} | {UUID(skip["destination"]) for skip in event.skips}
    return Destination.objects.select_related("vendor_revision", "lane").in_bulk(list(ids))


def _attempts(ids: Sequence[UUID]) -> Mapping[UUID, Attempt]:
    return Attempt.objects.in_bulk(list(set(ids))) if ids else {}


def _in_order(story: DestinationStory) -> tuple[bool, int, list[tuple[int, str]]]:
    """What went wrong first, then by name; what is past comes last."""
    return story.is_past, ORDER.index(story.state), _natural(story.destination)


def _natural(name: str) -> list[tuple[int, str]]:
    """Part 10 after part 9."""
    pieces = re.split(r"(\d+)", name)
    return [(int(piece), "") if piece.isdecimal() else (0, piece) for piece in pieces]


def _unrecorded(planned: int, found: int) -> str:
    missing = planned - found
    if missing <= 0:
        return ""
    return f"{counted(missing, 'planned delivery', 'planned deliveries')} not stored any more."


# --- Telling ------------------------------------------------------------------------------------------
class Teller:
    """Tells each row's story from what was read; asks the database nothing."""

    def __init__(
        self,
        destinations: Mapping[UUID, Destination],
        attempts: Mapping[UUID, Attempt],
        parts: Mapping[UUID, int],
        replays: Mapping[UUID, Replay],
        *,
        now: datetime,
        shows_personal_data: bool,
    ) -> None:
        self.destinations = destinations
        self.attempts = attempts
        self.parts = parts
        self.replays = replays
        self.now = now
        self.shows_personal_data = shows_personal_data

    def waiting(self, row: Delivery) -> DestinationStory:
        """An unfinished delivery: what it waits for."""
        state = waiting_state(row)
        destination = self.destinations.get(row.lane_id)
        lane = getattr(destination, "lane", None)
        sentence, next_try, at = self._prospect(row, state, destination, lane)
        return self._story(row.lane_id, state, sentence, row, next_try, at)

    def ended(self, row: DeliveryResult) -> DestinationStory:
        """A delivery that ended: how, when and why."""
        state = State(row.outcome)
        return self._story(row.lane_id, state, ended_sentence(row), row)

    def skipped(self, skip: Mapping[str, str]) -> DestinationStory:
        """A destination that was not meant to get it."""
        return self._story(UUID(skip["destination"]), State.SKIPPED, skip["sentence"])

    def _prospect(
        self, row: Delivery, state: State, destination: Destination | None, lane: DestinationLane | None
    ) -> tuple[str, str, datetime | None]:
        """The sentence, the sentence on the next try, and its time when one is known."""
        if state is State.HELD:
            return row.reason, "None by itself: send it again, mark it as delivered, or cancel it.", None
        if state is State.SENDING:
            return f"{_so_far(row)} A worker is sending it now.", self._takeover(row.due_at), None
        if destination is None:
            return "The destination was deleted: nobody sends this any more.", "", None
        if not destination.enabled:
            return f"{destination.name} is disabled: this is cancelled as soon as a worker sees it.", "", None
        blocked, next_try, at = self._blocked(row, lane)
        return " ".join(filter(None, [_so_far(row), blocked])), next_try, at

    def _blocked(self, row: Delivery, lane: DestinationLane | None) -> tuple[str, str, datetime | None]:
        if lane is not None and lane.paused_reason:
            sentence = f"The destination is paused ({lane.paused_reason.rstrip('.')}): its deliveries wait."
            return sentence, "When somebody resumes the destination.", None
        if is_stopped(Switch.SENDING):
            return STOPPED, "When they start it again.", None
        open_until = lane.breaker_open_until if lane is not None else None
        if lane is not None and lane.breaker_state != BreakerState.CLOSED and open_until:
            failed = counted(lane.breaker_failures, "failed request")
            sentence = (
                f"The destination's breaker is open after {failed} in a row: "
                "its deliveries wait and spend no attempts. One of them is sent as a probe; "
                "when it succeeds, the others follow."
            )
            return sentence, *self._next(max(row.due_at, open_until))
        throttled_until = lane.throttled_until if lane is not None else None
        if throttled_until and throttled_until > self.now:
            sentence = lane.throttled_reason if lane is not None else ""
            sentence = sentence or "The vendor asked to slow down: the destination's deliveries wait."
            return sentence, *self._next(max(row.due_at, throttled_until))
        if row.due_at > self.now and not (row.attempts or row.attempt_ids or row.reason):
            return _delayed(row), *self._next(row.due_at)
        asks = "Before it is sent again, the vendor is asked whether it arrived." if row.unsure_since else ""
        return asks, *self._next(row.due_at)

    def _takeover(self, at: datetime) -> str:
        if at <= self.now:
            return "Its worker did not report back: another one takes over within seconds."
        return f"If its worker stops, another one takes over {self._at(at)}."

    def _next(self, at: datetime) -> tuple[str, datetime]:
        if at <= self.now:
            return "Due now: a worker takes it within seconds.", at
        return f"I{self._at(at)[1:]}.", at  # "in 5 min" begins a sentence

    def _at(self, at: datetime) -> str:
        return f"{relative(at, now=self.now)}, at {utc(at)}"

    def _story(
        self,
        destination_id: UUID,
        state: State,
        sentence: str,
        row: Delivery | DeliveryResult | None = None,
        next_try: str = "",
        at: datetime | None = None,
    ) -> DestinationStory:
        destination = self.destinations.get(destination_id)
        name = destination.name if destination else "A deleted destination"
        of = self.parts.get(destination_id, 1)
        attempts = self._attempt_stories(row.attempt_ids) if row else ()
        now = destination.mode if destination else ""
        return DestinationStory(
            destination_id=destination_id,
            destination=f"{name}, part {row.part + 1} of {of}" if row and of > 1 else name,
            vendor=str(destination.vendor_revision) if destination else "",
            mode=attempts[-1].mode or now if attempts else now,
            state=state,
            sentence=sentence,
            delivery_id=row.id if row else None,
            attempts=row.attempts if row else 0,
            next_try=next_try,
            next_try_at=at,
            attempt_stories=attempts,
            part=row.part if row else 0,
            replay_id=row.replay_id if row else None,
            replay=self._replayed(row.replay_id) if row and row.replay_id else "",
        )

    def _replayed(self, replay_id: UUID) -> str:
        found = self.replays.get(replay_id)
        if found is None:
            return "Sent again by a replay that is no longer stored."
        return f"Sent again by the replay of {utc(found.asked_at)}, which {found.asked_by} asked for."

    def _attempt_stories(self, ids: Sequence[UUID]) -> tuple[AttemptStory, ...]:
        kept = [(number, self.attempts.get(id_)) for number, id_ in enumerate(ids, start=1)]
        return tuple(
            attempt_story(attempt, number, shows_personal_data=self.shows_personal_data)
            for number, attempt in kept
            if attempt is not None
        )


def waiting_state(row: Delivery) -> State:
    """The state of an unfinished delivery, as the view over deliveries names it."""
    if row.held_at is not None:
        return State.HELD
    if row.claim_id is not None:
        return State.SENDING
    return State.RETRYING if row.attempts or row.attempt_ids else State.WAITING


def ended_sentence(row: DeliveryResult) -> str:
    """How a delivery ended."""
    at, attempts = utc(row.ended_at), counted(row.attempts, "attempt")
    match State(row.outcome):
        case State.DELIVERED:
            how = f"Delivered at {at} with {attempts}." if row.attempts else f"Ended at {at}."
            return f"{how} {row.reason}".strip()
        case State.EXHAUSTED:
            return f"Given up at {at} after {attempts}: {row.reason}"
        case State.REJECTED:
            return f"Refused at {at}: {row.reason}"
    return f"Cancelled at {at}: {row.reason}"


def _delayed(row: Delivery) -> str:
    """By the delay that was planned: the destination's may be another by now."""
    delay_s = round((row.due_at - moment_of(row.id)).total_seconds())
    return f"It waits until {utc(row.due_at)} because the destination's delay is {duration(delay_s)}."


def _so_far(row: Delivery) -> str:
    if not row.attempts and not row.attempt_ids:
        return f"Not tried yet. {row.reason}".strip()
    return f"{counted(max(row.attempts, 1), 'attempt')} so far. {row.reason}".strip()


def attempt_story(attempt: Attempt, number: int, *, shows_personal_data: bool) -> AttemptStory:
    """An attempt for reading; its bodies and the address's query only for those who may see them."""
    story = story_of(attempt, number)
    return replace(
        story,
        url=story.url if shows_personal_data else without_query(story.url),
        request_body=shown_body(story.request_body, shows_personal_data),
        response_body=shown_body(story.response_body, shows_personal_data),
    )


# --- Words --------------------------------------------------------------------------------------------
