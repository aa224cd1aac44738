"""Which pages may read an answer: all, or with their cookies those that were let in."""

from __future__ import annotations

from integrations.ingest.cors import preflight as echoed_preflight
from integrations.ingest.cors import with_cors as echoed
from integrations.ingest.reply import Reply
from integrations.ingest.request import Request

# Scripts of any origin may load it, also with `crossorigin` for SRI, and time it.
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}


def with_cors(reply: Reply, request: Request, *, credentials: bool) -> Reply:
    """What is public is open to all; what comes with a cookie is for the asking origin, if it was let in."""
    if not credentials:
        return reply.plus(OPEN)
    return reply if reply.status == 403 else echoed(reply, request)


def preflight(request: Request, *, credentials: bool) -> Reply:
    """Answered without looking at the key."""
    reply = echoed_preflight(request)
    return reply if credentials else Reply(204, headers=reply.headers | OPEN)
