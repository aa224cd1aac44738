"""`Idempotency-Key`: a write that is repeated gives the first answer again, and writes nothing."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.http import HttpResponse
from rest_framework.exceptions import APIException, ParseError
from rest_framework.request import Request

from accounts.api.policy.problems import Conflict
from accounts.core.principal import Principal
from accounts.services import idempotency
from accounts.services.idempotency import Answer, Asked

KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS = ("Content-Type", "ETag", "Location")


class BadKey(ParseError):
    """The key is no key."""

    default_code = "bad_idempotency_key"
    default_detail = "Idempotency-Key has 1 to 255 visible ASCII characters, for example a UUID."


class KeyUsed(APIException):
    """The key stood for another request."""

    status_code = 422
    default_code = "idempotency_key_used"
    default_detail = str(idempotency.OtherRequest.__doc__)


def asked(request: Request, principal: Principal) -> Asked | None:
    """The write as it is told from others; None without a key."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not KEY.fullmatch(key):
        raise BadKey
    return Asked(
        by=principal,
        key=key,
        method=str(request.method),
        path=request.get_full_path(),
        digest=hashlib.sha256(request.body).digest(),
    )


def begin(key: Asked) -> Answer | None:
    """The answer that was given already."""
    try:
        return idempotency.begin(key)
    except idempotency.InFlight as error:
        raise Conflict(str(error.__doc__), "in_flight") from None
    except idempotency.OtherRequest:
        raise KeyUsed from None


def keep(key: Asked, response: HttpResponse) -> None:
    """Remember the answer, rendered as it goes out."""
    render: Any = getattr(response, "render", None)
    if render:
        render()
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    idempotency.keep(
        key, Answer(status=response.status_code, headers=headers, body=response.content.decode())
    )


def replay(kept: Answer) -> HttpResponse:
    """The same bytes again."""
    headers = {**kept.headers, "Idempotency-Replayed": "true"}
    response = HttpResponse(kept.body.encode(), status=kept.status, headers=headers)
    if "Content-Type" not in kept.headers:  # Django's default is a page
        del response.headers["Content-Type"]
    return response
