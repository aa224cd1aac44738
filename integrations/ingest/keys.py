"""Finds the write key that a request was sent with."""

from __future__ import annotations

import binascii
import re

from integrations.ingest.reply import Refusal
from integrations.ingest.request import Request

WRITE_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}")
URL_SAFE = str.maketrans("-_", "+/")
MISSING = "The request has no write key. Send it as the user of HTTP Basic, as X-Write-Key or as writeKey."
MALFORMED = "The write key is malformed; it is 1 to 128 of A-Z a-z 0-9 _ -. Copy it from the pipeline's page."


def header_key(request: Request) -> str:
    """The key of `Authorization: Basic`, else of `Bearer`, else of `X-Write-Key`, else empty."""
    scheme, _, credentials = request.header("authorization").strip().partition(" ")
    match scheme.lower():
        case "basic":
            key = _basic_user(credentials)
        case "bearer":
            key = credentials.strip()
        case _:
            key = ""
    return key or request.header("x-write-key").strip()


def first_key(*candidates: object) -> str:
    """The first that is there, else empty. Raises Refusal when that one is malformed."""
    for candidate in candidates:
        if candidate:
            return _well_formed(candidate)
    return ""


def key_if_any(request: Request) -> str:
    """The well-formed key of header or query, else empty: for counting what was refused before its body."""
    try:
        return first_key(header_key(request), request.parameters().get("writeKey"))
    except Refusal:
        return ""


def missing_key() -> Refusal:
    return Refusal(401, "missing_write_key", MISSING)


def from_base64(text: str) -> bytes:
    """Either alphabet, padded or not. Raises ValueError."""
    text = text.strip().translate(URL_SAFE).rstrip("=")
    return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)


def _well_formed(candidate: object) -> str:
    if isinstance(candidate, str) and WRITE_KEY.fullmatch(candidate):
        return candidate
    raise Refusal(401, "invalid_write_key", MALFORMED)


def _basic_user(credentials: str) -> str:
    """The user name, with or without the colon after it."""
    try:
        return from_base64(credentials).decode().partition(":")[0]
    except ValueError:
        raise Refusal(401, "invalid_write_key", MALFORMED) from None
