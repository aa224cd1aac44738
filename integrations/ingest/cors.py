"""The CORS headers that let browsers of any site send events."""

from __future__ import annotations

import re

from integrations.ingest.reply import Reply
from integrations.ingest.request import Request

ORIGIN = re.compile(r"[!-~]{1,512}")
HEADER_LIST = re.compile(r"[A-Za-z0-9-]{1,64}(?: ?, ?[A-Za-z0-9-]{1,64}){0,31}")
ALLOWED_HEADERS = (
    "authorization, content-type, content-encoding, anonymousid, sentat, x-retry-count, x-write-key, "
    "x-event-metadata, rsa-retry-attempt, rsa-since-last-attempt, rsa-since-first-attempt, rsa-retry-reason, "
    "rsa-recovered"
)


def origin_of(request: Request) -> str:
    """The Origin header, empty when there is none or it is no header value to repeat."""
    origin = request.header("origin")
    return origin if ORIGIN.fullmatch(origin) else ""


def with_cors(reply: Reply, request: Request) -> Reply:
    """The origin is echoed, since `*` is not allowed together with credentials (beacons send cookies)."""
    origin = origin_of(request)
    if not origin:
        return reply
    return reply.plus(
        {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": "Retry-After",
            "Vary": "Origin",
        }
    )


def preflight(request: Request) -> Reply:
    """Answered without a write key; Chromium keeps it for two hours at most."""
    if not origin_of(request):
        return Reply(204)
    asked = request.header("access-control-request-headers").strip()
    headers = {
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": asked if HEADER_LIST.fullmatch(asked) else ALLOWED_HEADERS,
        "Access-Control-Max-Age": "7200",
    }
    return with_cors(Reply(204, headers=headers), request)
