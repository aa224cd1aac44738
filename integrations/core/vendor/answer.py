"""One answer as response rules read it: its text, its JSON document, and what is said in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery.core.response import Response
from integrations.core.mapping import DefinitionError
from integrations.core.mapping.errors import Path
from integrations.core.mapping.jmespaths import Search, parse
from integrations.core.operations import BadValue
from integrations.core.vendor.patterns import compile_pattern

LONGEST_REASON = 500  # characters of a vendor's own words that are kept in a sentence
LONGEST_MATCHED = 4_000  # characters of a body that a pattern is tried on


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A response read once for all rules. `document` is None where the body is no JSON, or was cut off."""

    response: Response
    text: str
    document: object

    @property
    def status(self) -> int:
        return self.response.status or 0


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyTest:
    """What a body must be; all that is declared must hold."""

    is_empty: bool | None = None
    predicate: Search | None = None
    contains: str = ""
    pattern: Any = None  # of RE2

    def holds(self, answer: Answer) -> bool:
        if self.is_empty is not None and self.is_empty != (not answer.text.strip()):
            return False
        if self.contains not in answer.text:
            return False
        if self.pattern is not None and not self.pattern.search(answer.text[:LONGEST_MATCHED]):
            return False
        return self.predicate is None or bool(found(self.predicate, answer.document))


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """Where a vendor's own words stand: in the JSON document, or in the text as a pattern's first group."""

    search: Search | None = None
    pattern: Any = None  # of RE2

    def said(self, answer: Answer, document: object = None) -> str:
        """The words, cut to a readable length; empty when there are none."""
        if self.pattern is not None:
            match = self.pattern.search(answer.text[:LONGEST_MATCHED])
            return match[1].strip()[:LONGEST_REASON] if match and match[1] else ""
        words = found(self.search, document) if self.search else None
        if words is None or words is False or words == "" or words == [] or words == {}:
            return ""
        said = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)
        return said[:LONGEST_REASON]


NO_WORDS = Words()


def read_answer(response: Response) -> Answer:
    return Answer(
        response=response,
        text=response.body.decode("utf-8", "replace"),
        document=None if response.body_truncated else _parsed(response.body),
    )


def compile_body_test(document: Mapping[str, Any], path: Path) -> BodyTest:
    predicate, pattern = document.get("jmespath"), document.get("pattern")
    return BodyTest(
        is_empty=document.get("empty"),
        predicate=parse(predicate, (*path, "jmespath")) if predicate else None,
        contains=document.get("contains", ""),
        pattern=compile_pattern(pattern, (*path, "pattern")) if pattern else None,
    )


def compile_words(document: object, path: Path) -> Words:
    """A JMESPath expression as text, or an object with a `pattern` that has one group."""
    if document is None:
        return NO_WORDS
    if not isinstance(document, Mapping):
        return Words(search=parse(document, path))
    place = (*path, "pattern")
    pattern = compile_pattern(document["pattern"], place)
    if pattern.groups != 1:
        raise DefinitionError(place, "put exactly one group in brackets: the words that are kept")
    return Words(pattern=pattern)


def found(search: Search, document: object) -> object:
    """What the search finds, None where it does not fit."""
    try:
        return search(document)
    except BadValue:
        return None


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
