"""Which form of a file a client gets, by its Accept-Encoding (RFC 9110, section 12.5.3)."""

from __future__ import annotations

import re
from enum import StrEnum


class Encoding(StrEnum):
    """The forms that a build is kept in; of equal wishes the first wins, as it is the smallest."""

    BROTLI = "br"
    GZIP = "gzip"
    IDENTITY = "identity"


WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
ALIASES = {"x-gzip": "gzip"}


def choose(accept_encoding: str | None) -> Encoding | None:
    """The best form that the client takes, None when it refuses all; without the header the plain one."""
    if accept_encoding is None:
        return Encoding.IDENTITY
    wishes = _wishes(accept_encoding)
    best = max(Encoding, key=lambda encoding: _weight(encoding, wishes))
    return best if _weight(best, wishes) > 0 else None


def _weight(encoding: Encoding, wishes: dict[str, float]) -> float:
    """What is not named is refused, but the plain form only by name or `*`; unnamed it is the last choice."""
    if encoding in wishes:
        return wishes[encoding]
    if encoding is Encoding.IDENTITY:
        return min(wishes.get("*", 0.0001), 0.0001)
    return wishes.get("*", 0.0)


def _wishes(header: str) -> dict[str, float]:
    """Lower-case codings with their weights; what can't be read is left out."""
    wishes: dict[str, float] = {}
    for element in header.lower().split(","):
        coding, *parameters = (part.strip() for part in element.split(";"))
        weight = _read_weight(parameters)
        if coding and weight is not None:
            wishes[ALIASES.get(coding, coding)] = weight
    return wishes


def _read_weight(parameters: list[str]) -> float | None:
    """1 without `q`; None when it is no weight."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return float(value) if WEIGHT.fullmatch(value.strip()) else None
    return 1.0
