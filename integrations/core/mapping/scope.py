"""What a mapping reads: one event, the destination's settings, the time and the mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from integrations.core.event import Event


@dataclass(slots=True)
class RequestFacts:
    """What an envelope and an address may ask of their request: whether it carries several events, the
    fields that these have in common, and their lists as they are written.
    """

    batched: bool = False
    group: Mapping[str, object] = field(default_factory=dict)
    lists: Mapping[str, object] = field(default_factory=dict)


class Scope:
    """The values in reach while one event is mapped. `item` is the current one inside `each`."""

    __slots__ = ("event", "held", "item", "mode", "notes", "now", "part", "payload", "request", "settings")

    def __init__(self, event: Event, settings: Mapping[str, object], now: datetime | None, mode: str) -> None:
        self.event = event
        self.payload = event.payload
        self.settings = settings
        self.now = now
        self.mode = mode
        self.item: object = None
        self.part = 0  # which of the event's parts is made, where a rule has several
        self.request: RequestFacts | None = None  # only while a request is put together
        self.notes: list[str] = []
        self.held: dict[str, bool] = {}  # what named conditions said of this event already


Run = Callable[[Scope], object]
Test = Callable[[Scope], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Expression:
    """A compiled expression. `looks_in` names its sources for people; `weight` counts its parts."""

    run: Run
    looks_in: tuple[str, ...] = ()
    also_in: tuple[str, ...] = ()  # places that are read and not told of
    advice: str = ""
    per_event: bool = False
    weight: int = 1
    keeps_empty: bool = False  # an empty object or list is sent, where the vendor requires the field


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """A compiled condition of `when`."""

    test: Test
    per_event: bool = False
    weight: int = 1


def is_empty(value: object) -> bool:
    """None, empty text, empty lists and objects: what is never sent. Zero and false are values."""
    return not value and value != 0
