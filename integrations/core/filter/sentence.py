"""A filter as one sentence, and its conditions as the clauses of others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from integrations.core.filter.fields import subject
from integrations.core.filter.operators import OPERATORS, Takes
from integrations.core.mapping import is_empty

NO_FILTER = "Every event is sent."
UNREADABLE = "No event is sent: the filter can't be read any more. Save it anew."
PLAIN = re.compile(r"\w[\w .'/&-]{0,79}")
MOST_TOLD = 6
LONGEST_TOLD = 80  # characters of one value
Condition = Mapping[str, Any]


def sentence(document: object) -> str:
    """`Only Order Completed events where properties.total is at least 10 are sent.`"""
    if not isinstance(document, Mapping) or is_empty(document):
        return NO_FILTER
    try:
        return _sentence(document)
    except (KeyError, TypeError):
        return UNREADABLE


def _sentence(document: Mapping[str, Any]) -> str:
    conditions = list(document["conditions"])
    noun, others = _noun(conditions, document.get("match", "all"))
    clauses = joined([clause(one) for one in others], _word(document.get("match", "all")))
    where = f"{noun} where {clauses}" if clauses else noun
    if document["effect"] == "deny":
        return f"Every event is sent, except {where}."
    return f"Only {where} are sent."


def clause(condition: Condition) -> str:
    """`properties.total is at least 10`."""
    asked = OPERATORS[condition["operator"]]
    about = f"{subject(condition['field'])} {asked.words}"
    match asked.takes:
        case Takes.NOTHING:
            return about
        case Takes.LIST:
            return f"{about} {_values(condition['value'])}"
        case Takes.NUMBER:
            return f"{about} {condition['value']}"
    return f"{about} {quoted(condition['value'])}"


def clauses(conditions: Iterable[Condition], match: str) -> str:
    """Several clauses as one."""
    return joined([clause(one) for one in conditions], _word(match))


def joined(parts: Sequence[str], word: str) -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def quoted(value: object) -> str:
    """Text in quotes, numbers and booleans without."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    return f'"{value}"' if len(value) <= LONGEST_TOLD else f'"{value[:LONGEST_TOLD]}..."'


def _word(match: str) -> str:
    return "or" if match == "any" else "and"


def _noun(conditions: Sequence[Condition], match: str) -> tuple[str, Sequence[Condition]]:
    """Which events: a condition on names or types says it, where all conditions must hold."""
    if match == "all" or len(conditions) == 1:
        for field in ("event", "type"):
            for index, one in enumerate(conditions):
                if one["field"] == field and one["operator"] in ("equals", "one_of"):
                    return f"{_names(one['value'])} events", [*conditions[:index], *conditions[index + 1 :]]
    return "events", conditions


def _names(value: object) -> str:
    values = value if isinstance(value, list) else [value]
    return _told([str(one) if PLAIN.fullmatch(str(one)) else quoted(one) for one in values], "and")


def _values(values: Sequence[object]) -> str:
    return _told([quoted(one) for one in values], "or")


def _told(words: Sequence[str], word: str) -> str:
    if len(words) <= MOST_TOLD:
        return joined(words, word)
    return joined([*words[: MOST_TOLD - 1], f"{len(words) - MOST_TOLD + 1} more"], word)
