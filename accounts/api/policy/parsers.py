"""Bodies are JSON that PostgreSQL can keep."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 32


class JsonBody(JSONParser):
    """DRF's, that also refuses what is nested too deep, NUL characters and half surrogate pairs."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            value = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The body is nested too deep.") from None
        _check(value, 0)
        return value


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise ParseError(f"The body is nested deeper than {DEEPEST} levels.")
    match value:
        case str():
            _check_text(value)
        case list():
            for one in value:
                _check(one, depth + 1)
        case dict():
            for name, one in value.items():
                _check_text(name)
                _check(one, depth + 1)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise ParseError("Text can't hold the NUL character.")
    try:
        codecs.encode(text, "utf-8")
    except UnicodeEncodeError:
        raise ParseError("Text has half of a surrogate pair, which is no character.") from None
