"""Query parameters: what is not known or not well formed is refused, for a filter left out shows too much."""

from __future__ import annotations

from collections.abc import Iterable

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


class BadParameter(ValidationError):
    """A query parameter is refused: `{name: sentence}`."""


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """BadParameter for names that this list does not know."""
    names = sorted(known)
    unknown = [name for name in request.query_params if name not in names]
    if unknown:
        raise BadParameter(
            {name: [f"Unknown. There are: {', '.join(names)}."] for name in unknown}, "unknown"
        )
