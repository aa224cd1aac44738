"""A change as it is written: the field, the rules that it holds for, and the value or `leave_out`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from typing import Any

from integrations.core.mapping import DefinitionError, suggestion
from integrations.core.mapping.errors import Path

MOST_CHANGES = 30
MOST_RULES = 100  # that one change names
LARGEST = 200  # values of one change
LONGEST_FIELD = 200  # characters
MOST_PARTS = 2 * LARGEST + MOST_RULES  # more are refused anyway
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
KEYS = frozenset({"field", "rules", "value", "leave_out", "new"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change, the `index`th. Without `rules` it holds for every rule that has the field."""

    index: int
    field: str
    rules: tuple[str, ...]
    value: Any
    leaves_out: bool
    is_new: bool

    def holds_for(self, *names: str) -> bool:
        """Whether it is for the rule of one of these names."""
        return not self.rules or not set(self.rules).isdisjoint(names)


def read_changes(documents: Any) -> list[Change]:
    """Changes whose form was found right."""
    return [
        Change(
            index=index,
            field=one["field"],
            rules=tuple(one.get("rules") or ()),
            value=one.get("value"),
            leaves_out=one.get("leave_out", False),
            is_new=one.get("new", False),
        )
        for index, one in enumerate(documents or ())
    ]


def problems_of_form(documents: object) -> Iterator[DefinitionError]:
    """What is not written as a change is; with such a problem its meaning is not asked."""
    if not isinstance(documents, list):
        yield DefinitionError((), "mapping changes are a list, or null")
        return
    if len(documents) > MOST_CHANGES:
        yield DefinitionError((), f"there are {len(documents)} and there may be {MOST_CHANGES}; use fewer")
        return
    for index, one in enumerate(documents):
        yield from _problems(one, (index,))


def _problems(one: object, path: Path) -> Iterator[DefinitionError]:
    if not isinstance(one, Mapping):
        yield DefinitionError(path, "a change is an object with field, and value or leave_out")
        return
    for key in one:
        if key not in KEYS:
            yield DefinitionError((*path, str(key)), f"unknown key{suggestion(key, KEYS)}", key=True)
    if not all(map(_is_storable, islice(_parts(one), MOST_PARTS))):
        yield DefinitionError(
            path, "NUL, half of a surrogate pair, NaN and Infinity can't be stored; remove it"
        )
    field = one.get("field")
    if not isinstance(field, str) or not 0 < len(field) <= LONGEST_FIELD:
        yield DefinitionError((*path, "field"), "name the vendor's field, such as event_attributes.coupon")
    yield from _problems_of_rules(one.get("rules"), (*path, "rules"))
    for key in ("leave_out", "new"):
        if not isinstance(one.get(key, False), bool):
            yield DefinitionError((*path, key), "true or false")
    if one.get("leave_out") is True:
        for key, told in (("value", "has no value"), ("new", "is not new")):
            if one.get(key) not in (None, False):
                yield DefinitionError(
                    (*path, key), f"a field that is left out {told}: remove `{key}`", key=True
                )
    elif one.get("value") is None:
        yield DefinitionError(
            (*path, "value"), "write what the field gets, such as $properties.x, or leave_out: true"
        )
    elif len(list(islice(_parts(one["value"]), LARGEST + 1))) > LARGEST:
        yield DefinitionError((*path, "value"), f"it has more than {LARGEST} parts; make it smaller")


def _problems_of_rules(rules: object, path: Path) -> Iterator[DefinitionError]:
    if rules is None:
        return
    if not isinstance(rules, list) or not all(isinstance(one, str) for one in rules):
        yield DefinitionError(path, 'rules are a list of names, such as ["Order Completed"]')
    elif len(rules) > MOST_RULES:
        yield DefinitionError(path, f"at most {MOST_RULES} rules; leave them out to mean every rule")


def _parts(document: object) -> Iterator[object]:
    """All values in it, containers among them; without recursion."""
    left = [document]
    while left:
        value = left.pop()
        yield value
        if isinstance(value, Mapping):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)


def _is_storable(value: object) -> bool:
    """Whether PostgreSQL keeps it in JSON."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, Mapping):
        return all(map(_is_storable, value))
    return not isinstance(value, str) or not UNSTORABLE.search(value)
