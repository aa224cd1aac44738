"""The event map: which rule an event falls under, found by its name and then by the rule's condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.core.event import Event
from integrations.core.event_names import meant
from integrations.core.mapping import Condition, Expression, Scope, is_empty
from integrations.core.operations import BadValue
from integrations.core.operations.tables import normal_name
from integrations.core.skips import SkipReason
from integrations.core.vendor.fields import Group, check_groups
from integrations.core.vendor.results import Skipped

MOST_PARTS = 200  # of one event: each is a row of the queue


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """`skip_unless`: without this value the vendor does not get the event."""

    value: Expression
    parameter: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What a rule makes of an event beside others: once, or once for each item of a list."""

    rule: Rule
    each: Expression | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One line of the event map, compiled with its operation's fields. With `parts` these go out in its
    place, each as a delivery of its own. `withheld` are places that its custom parameters leave out besides
    those that its fields look in.
    """

    name: str
    operation: str
    condition: Condition | None
    events: frozenset[str] | None  # the track names that it is for, None when it may be for any event
    gate: Gate | None
    fields: Expression
    groups: tuple[Group, ...]
    array: str = ""  # the list of the envelope where its events stand
    about: str = ""
    parts: tuple[Part, ...] = ()
    passes_custom: bool = False
    withheld: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """Where its fields look, told of or not."""
        return (*self.fields.looks_in, *self.fields.also_in, *self.withheld)

    def made_of(self, scope: Scope) -> list[tuple[Rule, object]]:
        """The event's parts in their order: the rule of each, and its item. Raises BadValue for too many."""
        found: list[tuple[Rule, object]] = []
        for part in self.parts:
            for item in _items(part.each, scope):
                scope.item = item
                if part.rule.condition is None or part.rule.condition.test(scope):
                    found.append((part.rule, item))
        scope.item = None
        if len(found) > MOST_PARTS:
            raise BadValue(
                f"it would go out in {len(found)} parts, and at most {MOST_PARTS} are sent; split it"
            )
        return found

    def output(self, scope: Scope) -> object:
        """The vendor's object for one event; raises the sentence of what is missing."""
        output = self.fields.run(scope)
        if self.groups:
            check_groups(self.groups, output, scope)
        return with_custom(output, scope, self.places) if self.passes_custom else output


def _items(each: Expression | None, scope: Scope) -> Sequence[object]:
    if each is None:
        return (None,)
    found = each.run(scope)
    return found if isinstance(found, list) else [found] if isinstance(found, dict) and found else []


class EventMap:
    """Rules in their declared order, indexed by event name."""

    def __init__(self, rules: Sequence[Rule], fallback: Rule | None, vendor: str) -> None:
        self.rules = tuple(rules)
        self.fallback = fallback
        self._vendor = vendor
        names = frozenset().union(*(rule.events for rule in rules if rule.events))
        self._others = tuple(rule for rule in rules if rule.events is None)
        self._by_name = {
            name: tuple(rule for rule in rules if rule.events is None or name in rule.events)
            for name in names
        }

    def choose(self, scope: Scope) -> Rule | Skipped:
        """The first rule that fits, else the fallback, else a skip with its reason."""
        rule = self._first(scope)
        if rule is None:
            return Skipped(reason=SkipReason.UNMAPPED, sentence=_unmapped(scope.event, self._vendor))
        if rule.gate is not None and is_empty(rule.gate.value.run(scope)):
            return Skipped(
                reason=SkipReason.MISSING_CLICK_ID, sentence=_no_click(rule.gate, rule, self._vendor)
            )
        return rule

    def _first(self, scope: Scope) -> Rule | None:
        event = scope.event
        name = normal_name(event.name) if event.type in ("track", "custom") else ""
        for rule in self._by_name.get(name, self._others):
            if rule.condition is None or rule.condition.test(scope):
                return rule
        fallback = self.fallback
        if fallback is None or (fallback.condition is not None and not fallback.condition.test(scope)):
            return None
        return fallback


def with_custom(output: object, scope: Scope, looked_in: Sequence[str]) -> object:
    """The output, then the event's own scalar properties that no field looks in or is called like."""
    properties = scope.payload.get("properties")
    if not isinstance(output, dict) or not isinstance(properties, Mapping):
        return output
    taken = output.keys() | {place.removeprefix("properties.") for place in looked_in}
    more = {name: value for name, value in properties.items() if name not in taken and _is_scalar(value)}
    return {**output, **more}


def _is_scalar(value: object) -> bool:
    return isinstance(value, (str, int, float)) and not is_empty(value)


def event_names(when: Mapping[str, Any]) -> frozenset[str] | None:
    """The names that a rule's condition asks for at its top level."""
    names = when.get("event")
    if names is None:
        return None
    return meant(names if isinstance(names, list) else [names])


def _unmapped(event: Event, vendor: str) -> str:
    name = f'{event.type} event "{event.name[:60]}"' if event.name else f"{event.type} event"
    return f"{vendor} has no counterpart for the {name}. The vendor's page lists the events that it gets."


def _no_click(gate: Gate, rule: Rule, vendor: str) -> str:
    looked = ", ".join(gate.value.looks_in[:3])
    advice = f"Capture {gate.parameter} on the landing page and pass it in {gate.value.looks_in[0]}."
    found = f"no {gate.parameter} was found in {looked}"
    return f"{vendor} counts {rule.name} only after a click, and {found}. {advice}"
