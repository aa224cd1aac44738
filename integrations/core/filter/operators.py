"""What a filter's condition may ask of a field: the closed list of operators."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from integrations.core.mapping import is_empty
from integrations.core.operations.patterns import found, pattern
from integrations.core.operations.values import BadValue, to_decimal, to_text

MOST_VALUES = 200
LONGEST_VALUE = 500  # characters

Holds = Callable[[object], bool]
Spelling = Callable[[str], str]


class Takes(StrEnum):
    """What stands in `value`."""

    NOTHING = "nothing"
    TEXT = "text"
    LIST = "list"
    NUMBER = "number"
    PATTERN = "pattern"


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """`words` follow the field in a sentence. `make` gives the test for a checked value and a spelling."""

    name: str
    words: str
    takes: Takes
    make: Callable[[Any, Spelling], Holds]


def checked_value(asked: Operator, value: object) -> object:
    """The value as the operator's test takes it. Raises ValueError with what would be right."""
    match asked.takes:
        case Takes.NOTHING:
            if value not in (None, ""):
                raise ValueError(f"`{asked.name}` takes no value: leave it out")
            return None
        case Takes.LIST:
            if not isinstance(value, list) or not 0 < len(value) <= MOST_VALUES:
                raise ValueError(f"`{asked.name}` needs a list of 1 to {MOST_VALUES} values")
            return tuple(_text(one) for one in value)
        case Takes.NUMBER:
            return _number(value)
        case Takes.PATTERN:
            return pattern(_text(value))
    return _text(value)


def _text(value: object) -> str:
    if not isinstance(value, (str, int, float)):
        raise ValueError("a value is needed: text, a number, true or false")
    try:
        text = to_text(value)
        text.encode()
    except (BadValue, UnicodeEncodeError):
        raise ValueError("this number or text can't be compared with: write another one") from None
    if not 0 < len(text) <= LONGEST_VALUE or "\0" in text:
        raise ValueError(f"a value is needed, of at most {LONGEST_VALUE} characters")
    return text


def _number(value: object) -> Decimal:
    try:
        return to_decimal(value)
    except BadValue:
        raise ValueError("a number is needed, with a decimal point, such as 12.50") from None


def _members(value: object) -> Sequence[object]:
    """A list is asked for each of its members."""
    return value if isinstance(value, list) else (value,)


def _some_text(test: Callable[[str], bool], spelling: Spelling) -> Holds:
    """Whether one member's text passes; numbers and booleans count as they are written."""

    def holds(value: object) -> bool:
        for one in _members(value):
            try:
                text = to_text(one)
            except BadValue:
                continue
            if test(spelling(text)):
                return True
        return False

    return holds


def _equals(value: str, spelling: Spelling) -> Holds:
    wanted = spelling(value)
    return _some_text(lambda text: text == wanted, spelling)


def _one_of(values: Sequence[str], spelling: Spelling) -> Holds:
    wanted = frozenset(map(spelling, values))
    return _some_text(lambda text: text in wanted, spelling)


def _contains(value: str, spelling: Spelling) -> Holds:
    wanted = spelling(value)
    return _some_text(lambda text: wanted in text, spelling)


def _starts_with(value: str, spelling: Spelling) -> Holds:
    wanted = spelling(value)
    return _some_text(lambda text: text.startswith(wanted), spelling)


def _ends_with(value: str, spelling: Spelling) -> Holds:
    wanted = spelling(value)
    return _some_text(lambda text: text.endswith(wanted), spelling)


def _matches(value: Any, spelling: Spelling) -> Holds:
    """A pattern sees the text as it came."""
    return _some_text(lambda text: found(value, text), str)


def _is_there(value: None, spelling: Spelling) -> Holds:
    return lambda found: not is_empty(found)


def _number_test(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[Decimal, Spelling], Holds]:
    def make(bound: Decimal, spelling: Spelling) -> Holds:
        def holds(value: object) -> bool:
            for one in _members(value):
                try:
                    number = to_decimal(one)
                except BadValue:
                    continue
                if compare(number, bound):
                    return True
            return False

        return holds

    return make


def _not(make: Callable[[Any, Spelling], Holds]) -> Callable[[Any, Spelling], Holds]:
    def negated(value: Any, spelling: Spelling) -> Holds:
        holds = make(value, spelling)
        return lambda found: not holds(found)

    return negated


def _declared() -> Sequence[Operator]:
    text, number, nothing = Takes.TEXT, Takes.NUMBER, Takes.NOTHING
    rows: Sequence[tuple[str, str, Takes, Callable[[Any, Spelling], Holds]]] = (
        ("equals", "is", text, _equals),
        ("not_equals", "is not", text, _not(_equals)),
        ("one_of", "is one of", Takes.LIST, _one_of),
        ("none_of", "is none of", Takes.LIST, _not(_one_of)),
        ("contains", "contains", text, _contains),
        ("not_contains", "does not contain", text, _not(_contains)),
        ("starts_with", "starts with", text, _starts_with),
        ("not_starts_with", "does not start with", text, _not(_starts_with)),
        ("ends_with", "ends with", text, _ends_with),
        ("not_ends_with", "does not end with", text, _not(_ends_with)),
        ("matches", "matches the pattern", Takes.PATTERN, _matches),
        ("not_matches", "does not match the pattern", Takes.PATTERN, _not(_matches)),
        ("at_least", "is at least", number, _number_test(operator.ge)),
        ("above", "is above", number, _number_test(operator.gt)),
        ("at_most", "is at most", number, _number_test(operator.le)),
        ("below", "is below", number, _number_test(operator.lt)),
        ("present", "is there", nothing, _is_there),
        ("missing", "is missing", nothing, _not(_is_there)),
    )
    return [Operator(name=name, words=words, takes=takes, make=make) for name, words, takes, make in rows]


OPERATORS: Mapping[str, Operator] = {one.name: one for one in _declared()}
