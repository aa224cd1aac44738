"""Answers that speak of single events: which ones of a request fared otherwise than the rest, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from delivery.core.outcome import Verdict
from integrations.core.mapping.errors import Path
from integrations.core.mapping.jmespaths import Search, parse
from integrations.core.vendor.answer import LONGEST_REASON, NO_WORDS, Answer, Words, compile_words, found

MOST_REASONS = 3  # of one event that are told
# Which members of a request stand in each of its arrays, in order; "" is the array of an envelope with one.
Arrays = Mapping[str, Sequence[int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Exceptions:
    """One list of an answer that names events by position, by index, or as field -> indices."""

    entries: Search
    verdict: Verdict
    index: Search | None = None
    array: Search | None = None
    test: Search | None = None
    reason: Words = NO_WORDS
    sentence: str = ""


@dataclass(slots=True)
class Fate:
    """What an answer says of one member."""

    verdict: Verdict
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """The members that were named, and how many entries named none that the request carried."""

    fates: Mapping[int, Fate]
    unplaced: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a list: what it says, and where it says that it belongs."""

    document: object
    index: object
    array: str
    name: str = ""


def compile_exceptions(documents: Sequence[Mapping[str, Any]], path: Path) -> tuple[Exceptions, ...]:
    return tuple(_exceptions(document, (*path, place)) for place, document in enumerate(documents))


def read_fates(declared: Sequence[Exceptions], answer: Answer, arrays: Arrays) -> Told:
    """The first list that names a member decides; others of the same verdict add their reasons."""
    fates: dict[int, Fate] = {}
    unplaced = 0
    for one in declared:
        for entry in _entries(one, answer.document):
            member = _member(entry, arrays)
            if member is None:
                unplaced += 1
                continue
            fate = fates.setdefault(member, Fate(one.verdict))
            reason = _reason(one, entry, answer)
            if fate.verdict is one.verdict and reason and reason not in fate.reasons:
                fate.reasons.append(reason)
    return Told(fates, unplaced)


def said(fate: Fate) -> str:
    """The reasons of one member as one text."""
    return "; ".join(fate.reasons[:MOST_REASONS])[:LONGEST_REASON]


def _exceptions(document: Mapping[str, Any], path: Path) -> Exceptions:
    def search(key: str) -> Search | None:
        return parse(document[key], (*path, key)) if key in document else None

    return Exceptions(
        entries=parse(document["each"], (*path, "each")),
        verdict=Verdict(document["verdict"]),
        index=search("index"),
        array=search("array"),
        test=search("when"),
        reason=compile_words(document.get("reason"), (*path, "reason")),
        sentence=document.get("sentence", ""),
    )


def _entries(declared: Exceptions, document: object) -> Iterator[_Entry]:
    for entry in _listed(declared, found(declared.entries, document)):
        if declared.test is None or found(declared.test, entry.document):
            yield entry


def _listed(declared: Exceptions, value: object) -> Iterator[_Entry]:
    """Entries of a list, of `{field: [indices]}`, or of `{index: entry}`."""
    if isinstance(value, list):
        for position, item in enumerate(value):
            index = found(declared.index, item) if declared.index else _own_index(item, position)
            array = found(declared.array, item) if declared.array else ""
            yield _Entry(item, index, str(array or ""))
    if isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, list):
                yield from (_Entry(index, index, "", name) for index in item)
            else:
                yield _Entry(item, name, "")


def _own_index(item: object, position: int) -> object:
    """A bare number is an index; anything else stands at the position of its event."""
    return item if isinstance(item, int) and not isinstance(item, bool) else position


def _member(entry: _Entry, arrays: Arrays) -> int | None:
    index = _number(entry.index)
    members = arrays.get(entry.array, arrays.get("", ()))
    return members[index] if index is not None and 0 <= index < len(members) else None


def _number(value: object) -> int | None:
    """0, "0" and 0.0 are all the first: vendors write indices in each of these forms."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 7:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _reason(declared: Exceptions, entry: _Entry, answer: Answer) -> str:
    words = declared.reason.said(answer, entry.document) or declared.sentence
    return ": ".join(part for part in (entry.name, words) if part)
