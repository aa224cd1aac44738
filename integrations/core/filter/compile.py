"""Compiles a filter's document to a closure, once a configuration version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from integrations.core.event import TYPES, Event
from integrations.core.filter.fields import Field, compile_field, subject
from integrations.core.filter.operators import OPERATORS, Holds, Takes, checked_value
from integrations.core.filter.sentence import MOST_TOLD, clauses, joined
from integrations.core.mapping import DefinitionError, Scope, is_empty, suggestion
from integrations.core.mapping.errors import Path
from integrations.core.operations.tables import normal_name
from integrations.core.operations.values import BadValue, describe, plain, quote_short, to_decimal

MOST_CONDITIONS = 20
KEYS = frozenset({"effect", "match", "conditions"})
CONDITION_KEYS = frozenset({"field", "operator", "value"})
CHOICES = {"effect": ("allow", "deny"), "match": ("all", "any")}
LARGEST_TOLD = 10_000_000  # larger numbers may be telephone numbers
NEXT_STEP = "Change the destination's filter if such events are to be sent."


class Filter(Protocol):
    """A compiled filter."""

    @property
    def reads_personal_data(self) -> bool:
        """Whether it asks for what tells of a person."""
        ...

    def refusal(self, event: Event, destination: str) -> str | None:
        """Why the event is not sent, as a sentence; None when it is. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition ready to be asked, and the words for it."""

    document: Mapping[str, Any]
    field: Field
    holds: Holds
    is_about_a_number: bool

    def test(self, scope: Scope) -> bool:
        """Whether it holds for the event."""
        return self.holds(self.field.run(scope))

    def found(self, scope: Scope) -> str:
        """`properties.total is 5`, without what may be personal."""
        value = self.field.run(scope)
        return f"{subject(self.document['field'])} is {self._shown(value)}"

    def _shown(self, value: object) -> str:
        if is_empty(value):
            return "missing"
        if self.field.is_name:
            return f'"{str(value)[:100]}"'
        if self.field.is_personal:
            return describe(value)
        return _number(value) if self.is_about_a_number else quote_short(value)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A filter of conditions; `allows` and `needs_all` are its effect and match."""

    allows: bool
    needs_all: bool
    conditions: tuple[Condition, ...]

    @property
    def reads_personal_data(self) -> bool:
        """Whether it asks for what tells of a person."""
        return any(one.field.is_personal for one in self.conditions)

    def refusal(self, event: Event, destination: str) -> str | None:
        """Why the event is not sent, as a sentence; None when it is."""
        scope = Scope(event, {}, None, "")
        is_match, decided = self.needs_all, self.conditions
        for one in self.conditions:
            if one.test(scope) is not self.needs_all:  # one that decides alone
                is_match, decided = not self.needs_all, (one,)
                break
        return None if is_match is self.allows else self._sentence(scope, destination, decided)

    def _sentence(self, scope: Scope, destination: str, decided: Sequence[Condition]) -> str:
        """Names the rule, what was found and the next step."""
        told = decided[:MOST_TOLD]
        rule = clauses([one.document for one in told], "all" if self.needs_all else "any")
        more = f" (and {len(decided) - len(told)} more conditions)" if len(told) < len(decided) else ""
        found = joined(list(dict.fromkeys(one.found(scope) for one in told)), "and")
        says = "sends only" if self.allows else "keeps out"
        return f"The filter of {destination} {says} events where {rule}{more}; here {found}. {NEXT_STEP}"


@dataclass(frozen=True, slots=True)
class RefusesAll:
    """In the place of a stored filter that can't be used any more: what it would keep out is not known."""

    reason: str
    reads_personal_data: bool = False

    def refusal(self, event: Event, destination: str) -> str:
        """The same sentence for every event."""
        return f"The filter of {destination} can't be used: {self.reason}. Save it anew."


def compile_filter(document: object, vendor: str) -> Filter | None:
    """The filter, None where there is none (null or {}). `vendor` is the slug, for click ids and the like.

    Raises DefinitionError for the first thing that is not right.
    """
    for problem in problems_of(document, vendor):
        raise problem
    if not isinstance(document, Mapping) or not document:
        return None
    conditions = tuple(
        _condition(one, vendor, ("conditions", index)) for index, one in enumerate(document["conditions"])
    )
    needs_all = document.get("match", "all") == "all"
    return Compiled(document["effect"] == "allow", needs_all, conditions)


def refuse_all(reason: str) -> Filter:
    """A filter that sends nothing, for this reason."""
    return RefusesAll(reason)


def problems_of(document: object, vendor: str) -> list[DefinitionError]:
    """All that is not right, each with its place in the document."""
    if document is None or document == {}:
        return []
    return list(_problems(document, vendor))


def _problems(document: object, vendor: str) -> Iterator[DefinitionError]:
    if not isinstance(document, Mapping):
        yield DefinitionError((), "a filter is an object with effect, match and conditions, or null")
        return
    yield from _unknown(document, KEYS, ())
    for key, choices in CHOICES.items():
        if document.get(key, "all" if key == "match" else None) not in choices:
            yield DefinitionError((key,), f"choose {' or '.join(choices)}")
    conditions = document.get("conditions")
    if not isinstance(conditions, list) or not 0 < len(conditions) <= MOST_CONDITIONS:
        yield DefinitionError(("conditions",), f"a filter needs 1 to {MOST_CONDITIONS} conditions")
        return
    for index, one in enumerate(conditions):
        yield from _problems_of_condition(one, vendor, ("conditions", index))


def _problems_of_condition(document: object, vendor: str, path: Path) -> Iterator[DefinitionError]:
    if not isinstance(document, Mapping):
        yield DefinitionError(path, "a condition is an object with field, operator and value")
        return
    yield from _unknown(document, CONDITION_KEYS, path)
    field = None
    try:
        field = compile_field(document.get("field"), vendor, (*path, "field"))
    except DefinitionError as error:
        yield error
    name = document.get("operator")
    if not isinstance(name, str) or name not in OPERATORS:
        hint = suggestion(name, OPERATORS) or f"; known are {', '.join(OPERATORS)}"
        yield DefinitionError((*path, "operator"), f"unknown operator{hint}" if name else f"choose one{hint}")
        return
    try:
        checked = checked_value(OPERATORS[name], document.get("value"))
    except ValueError as error:
        yield DefinitionError((*path, "value"), str(error))
        return
    if field is not None and field.is_name:
        yield from _problems_of_names(document["field"], name, checked, (*path, "value"))


def _problems_of_names(field: str, asked: str, checked: object, path: Path) -> Iterator[DefinitionError]:
    is_whole = asked in ("equals", "not_equals", "one_of", "none_of")
    for name in checked if isinstance(checked, tuple) else (checked,):
        if field == "type" and is_whole and name not in TYPES:
            yield DefinitionError(path, f"there is no event type `{name}`; known are {', '.join(TYPES)}")
            return
        if isinstance(name, str) and not normal_name(name):
            yield DefinitionError(path, "in names blanks, - and _ count as one blank: write more than these")
            return


def _unknown(document: Mapping[Any, Any], known: frozenset[str], path: Path) -> Iterator[DefinitionError]:
    for key in document:
        if key not in known:
            yield DefinitionError((*path, str(key)), f"unknown key{suggestion(key, known)}", key=True)


def _condition(document: Mapping[str, Any], vendor: str, path: Path) -> Condition:
    asked = OPERATORS[document["operator"]]
    field = compile_field(document["field"], vendor, (*path, "field"))
    holds = asked.make(checked_value(asked, document.get("value")), field.spelling)
    return Condition(document, field, holds, asked.takes is Takes.NUMBER)


def _number(value: object) -> str:
    """An amount is told, as it is what the rule is about."""
    try:
        number = to_decimal(value)
    except BadValue:
        return quote_short(value)
    return plain(number) if abs(number) < LARGEST_TOLD else describe(value)
