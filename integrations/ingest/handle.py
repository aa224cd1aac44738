"""Answers any ingest request, whatever it holds; knows no framework, so that it may stand before Django."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from integrations.core.facts import Busy, KeyRefused
from integrations.ingest.cors import preflight, with_cors
from integrations.ingest.door import Door
from integrations.ingest.keys import key_if_any
from integrations.ingest.reply import Refusal, Reply, busy, error, refusal
from integrations.ingest.request import Request, Stream
from integrations.ingest.routes import Route, find_route

logger = logging.getLogger(__name__)
UNAVAILABLE = Busy(
    503, 5, "The events could not be stored just now. Send them again after the time in Retry-After."
)


def handle(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes | Stream,
    remote_addr: str,
    *,
    door: Door,
) -> Reply:
    """The whole answer to one request. `headers` have lower-case names, `query` is still encoded."""
    request = Request(method, path, query, headers, body, remote_addr)
    route = find_route(path)
    if route is None:
        return error(404, "not_found", "There is nothing at this path. Send events to /v1/batch.")
    if method == "OPTIONS":
        return preflight(request)
    reply = _answer(route, request, door)
    return with_cors(route.finish(reply) if route.finish else reply, request)


def _answer(route: Route, request: Request, door: Door) -> Reply:
    if request.method != route.method:
        message = f"This path takes {route.method} and OPTIONS only. Send the request as {route.method}."
        return error(405, "method_not_allowed", message).plus({"Allow": f"{route.method}, OPTIONS"})
    try:
        return route.answer(request, door, route.type_hint)
    except Refusal as reason:
        door.count_refused(key_if_any(request), {reason.code: 1})
        return refusal(reason)
    except KeyRefused as reason:
        return refusal(reason)
    except Busy as reason:
        return busy(reason)
    except Exception:
        logger.exception("Events were not stored; the sender is asked to come back")
        return busy(UNAVAILABLE)
