"""What the compiler knows while it compiles one expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from integrations.core.mapping.errors import DefinitionError, Path
from integrations.core.mapping.scope import Condition, Expression

DEEPEST = 12  # levels of nesting in one expression
MOST_EXPRESSIONS = 60_000
HEAVIEST = 2_000  # parts of one expression, shared values counted at every use


class Budget:
    """How many expressions one vendor may still have: fields are compiled anew for each of its rules."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MOST_EXPRESSIONS

    def spend(self, path: Path) -> None:
        """One more. Raises DefinitionError when there are too many."""
        self.left -= 1
        if self.left < 0:
            advice = "use fewer rules, or fewer fields in their operations"
            raise DefinitionError(path, f"the vendor has more than {MOST_EXPRESSIONS} expressions; {advice}")


class Listener(Protocol):
    """Who wants to know what expressions find: previews. Production compiles without one."""

    def expression(self, compiled: Expression, document: object, context: Context, path: Path) -> Expression:
        """The expression, told of at every run."""

    def producer(self, compiled: Expression) -> Expression:
        """The same for what a directive produces, before its modifiers."""

    def field(self, name: str, compiled: Expression, context: Context) -> Expression:
        """The same for a field of an object."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A named value: its document and place. Only the values before it are in its reach."""

    document: object
    path: Path
    earlier: Mapping[str, Shared]


@dataclass(frozen=True, kw_only=True)
class Context:
    """The vendor's names, its settings with their defaults, shared values and conditions, and the place."""

    vendor: str
    name: str
    settings: Mapping[str, object] = field(default_factory=dict)
    values: Mapping[str, Shared] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    target: str = ""  # the vendor's field that the expression fills, for sentences
    occasion: str = "on every event"
    in_each: bool = False
    batch: bool = False  # compiled for a request, where no single event is in reach
    of_request: bool = False  # it may ask how many events its request carries
    group: frozenset[str] | None = None  # inside an envelope: the fields that a request's events share
    depth: int = 0
    listener: Listener | None = None
    budget: Budget = field(default_factory=Budget)

    def deeper(self, path: Path) -> Context:
        """The context one level down; nesting is bounded."""
        if self.depth >= DEEPEST:
            raise DefinitionError(path, f"nested deeper than {DEEPEST} levels; use fewer")
        return replace(self, depth=self.depth + 1)

    def field(self, name: str, path: Path) -> Context:
        """The context of one field inside the present one."""
        target = f"{self.target}.{name}" if self.target else name
        return replace(self.deeper(path), target=target)


def checked_weight(weight: int, path: Path) -> int:
    if weight > HEAVIEST:
        raise DefinitionError(path, f"the expression has more than {HEAVIEST} parts; make it smaller")
    return weight
