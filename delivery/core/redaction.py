"""Secrets out of everything that is logged: a value declared secret is masked in every form it takes."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from functools import lru_cache

MASK = "••••"
SHORTEST = 4  # shorter values would mask ordinary text; settings refuse secrets that short


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret replaced."""
    for secret in _to_mask(tuple(secrets)):
        text = text.replace(secret, MASK)
    return text


@lru_cache(maxsize=256)
def _to_mask(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are masked, longer ones first, so that none survives in part."""
    return tuple(sorted({one for one in secrets if len(one) >= SHORTEST}, key=len, reverse=True))


def masked_cut(text: str, secrets: Iterable[str]) -> str:
    """`masked` for text that was cut off: a secret that begins at its end and was cut in two goes as well."""
    known = _to_mask(tuple(secrets))
    text = masked(text, known)
    begun = [
        length
        for secret in known
        for length in range(SHORTEST, min(len(secret), len(text) + 1))
        if text.endswith(secret[:length])
    ]
    return text[: -max(begun)] + MASK if begun else text


def masked_headers(headers: Iterable[tuple[str, str]], secrets: Iterable[str]) -> dict[str, str]:
    """Headers by name with secrets masked in their values."""
    known = tuple(secrets)
    return {name: masked(value, known) for name, value in headers}


def storable(text: str) -> str:
    """Text that PostgreSQL stores: half surrogates become question marks, NUL becomes U+2400."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "␀")


def as_text(body: bytes, *, is_cut: bool = False) -> str:
    """Bytes as text that PostgreSQL stores: what is not UTF-8 is replaced, NUL becomes U+2400.

    The first bytes of a character at the end of what was cut off are left out.
    """
    if is_cut:
        text = codecs.getincrementaldecoder("utf-8")("replace").decode(body, final=False)
    else:
        text = body.decode("utf-8", "replace")
    return text.replace("\x00", "␀")
