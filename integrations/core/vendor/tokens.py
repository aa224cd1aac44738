"""What a token endpoint's answer comes to: an access token, or why there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from delivery.core.redaction import masked, storable
from delivery.core.request import Request
from delivery.core.response import Response
from integrations.core.vendor.grants import Grant

LONGEST_LIFETIME_S = 31_536_000
LONGEST_TOKEN = 7_000  # characters: it must fit into a header
LONGEST_WORDS = 300  # characters of each of the endpoint's own words
REFUSALS = frozenset({400, 401, 403})


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Token:
    """An access token and until when it may be used; `refresh_token` replaces the one that was sent."""

    value: str
    expires_at: datetime
    refresh_token: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoToken:
    """Why there is no token, in a sentence without secrets."""

    reason: str


def read_token(grant: Grant, request: Request, response: Response, *, now: datetime) -> Token | NoToken:
    """The answer's meaning (RFC 6749 section 5)."""
    if response.status is None:
        return NoToken(
            reason=f"No access token of {grant.vendor}: {masked(response.detail, request.secrets)}"
        )
    document = _object(response.body)
    is_success = 200 <= response.status < 300
    value = document.get("access_token")
    if is_success and _is_token(value):
        renewed = document.get("refresh_token")
        return Token(
            value=str(value),
            expires_at=now + timedelta(seconds=_lifetime_s(grant, document.get("expires_in"))),
            refresh_token=renewed if isinstance(renewed, str) else "",
        )
    said = masked(_words(document), request.secrets)
    told = f"{grant.url} answered {response.status}{f' ({said})' if said else ''}"
    advice = "Check the credentials in the destination's settings." if response.status in REFUSALS else ""
    if is_success:
        advice = "Its answer holds no access_token."
    return NoToken(reason=f"No access token of {grant.vendor}: {told}. {advice}".strip())


def _is_token(value: object) -> bool:
    return (
        isinstance(value, str) and 0 < len(value) <= LONGEST_TOKEN and value.isascii() and value.isprintable()
    )


def _words(document: Mapping[str, Any]) -> str:
    words = [document.get(key) for key in ("error", "error_description", "message")]
    return storable(": ".join(word[:LONGEST_WORDS] for word in words if isinstance(word, str) and word))


def _lifetime_s(grant: Grant, said: object) -> float:
    declared = grant.declared.lifetime_s
    try:
        seconds = float(str(said)) if said is not None else declared
    except ValueError:
        return declared
    return seconds if 0 < seconds <= LONGEST_LIFETIME_S else declared


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
