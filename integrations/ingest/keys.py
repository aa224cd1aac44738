"""Finds the write key that a request was sent with."""

from __future__ import annotations

import binascii
import re

from integrations.ingest.reply import Refusal
from integrations.ingest.request import Request

WRITE_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}")
URL_SAFE = str.maketrans("-_", "+/")


def header_key(request: Request) -> str:
    """The key of `Authorization: Basic`, then of `Bearer`, then of `X-Write-Key`; empty when none is there."""
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
    """The first that is there, in order of precedence; empty when none is. Raises Refusal on a malformed one."""
    for candidate in candidates:
        if candidate:
            return _well_formed(candidate)
    return ""


def missing_key() -> Refusal:
    return Refusal(
        401,
        "missing_write_key",
        "The request has no write key. Send it as the user name of HTTP Basic, as X-Write-Key or as writeKey in the body.",
    )


def _well_formed(candidate: object) -> str:
    if isinstance(candidate, str) and WRITE_KEY.fullmatch(candidate):
        return candidate
    raise Refusal(
        401,
        "invalid_write_key",
        "The write key is malformed; it has 1 to 128 letters, digits, - and _. Copy it from the pipeline's page.",
    )


def _basic_user(credentials: str) -> str:
    """The user name, with or without the colon after it, in either base64 alphabet, padded or not."""
    text = credentials.strip().translate(URL_SAFE).rstrip("=")
    try:
        decoded = binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
        return decoded.decode().partition(":")[0]
    except ValueError:
        return "malformed credentials"
