"""What a destination's part of an event's story is, and a story in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from delivery.story import AttemptStory
from integrations.services.wording import counted


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
