"""Regular expressions of vendor files, matched by RE2: in time linear in the text, whatever the pattern."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from integrations.core.operations.values import BadValue, quote_short, to_text

LONGEST_PATTERN = 300  # characters
LONGEST_TEXT = 10_000  # characters of a value that are searched
MEMORY = 1 << 20  # bytes that one pattern's automaton may take


@lru_cache(maxsize=1_000)
def pattern(text: str) -> Any:
    """The compiled expression. Raises ValueError, with what is wrong, for one that can't be used."""
    if not 0 < len(text) <= LONGEST_PATTERN:
        raise ValueError(f"a regular expression has 1 to {LONGEST_PATTERN} characters")
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f"no regular expression of RE2: {said}") from None


def extracting(text: str) -> Any:
    """The same, with at most one group: what `extract` gives."""
    compiled = pattern(text)
    if compiled.groups > 1:
        raise ValueError("at most one group; write others as (?:...)")
    return compiled


def found(compiled: Any, text: str) -> bool:
    """Whether the pattern occurs in the text."""
    return compiled.search(_searchable(text)) is not None


def extract(value: object, compiled: object) -> object:
    """The part that the group matched, or the whole match; nothing when the text does not match."""
    match = compiled.search(_searchable(to_text(value)))  # type: ignore[attr-defined]
    return (match[1] if match.re.groups else match[0]) if match else None


def match(value: object, compiled: object) -> object:
    """The text as it is; refused when the pattern does not occur in it."""
    text = to_text(value)
    if not found(compiled, text):
        raise BadValue(f"{quote_short(text)} has another form than {compiled.pattern}")  # type: ignore[attr-defined]
    return text


def _searchable(text: str) -> str:
    """RE2 wants valid Unicode."""
    return text[:LONGEST_TEXT].encode("utf-8", errors="replace").decode()
