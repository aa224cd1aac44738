"""Answers any request to the hatch, whatever it holds, without any framework."""

from __future__ import annotations

import logging

from integrations.core.facts import Busy
from integrations.core.served.facts import Away
from integrations.ingest.reply import Refusal, Reply, busy, error, refusal
from integrations.ingest.request import Request
from integrations.serving.cors import preflight, with_cors
from integrations.serving.hatch import Hatch
from integrations.serving.routes import Route

logger = logging.getLogger(__name__)
METHODS = "GET, HEAD, OPTIONS"
UNAVAILABLE = Busy(503, 5, "This can't be read just now. Ask again after the time in Retry-After.")
NEVER_KEPT = {"Cache-Control": "no-store"}  # a CDN must not hold on to a 404 from before the first upload


def handle(request: Request, route: Route, path: dict[str, str], hatch: Hatch) -> Reply:
    """The whole answer; for HEAD with the body that GET would have."""
    if request.method == "OPTIONS":
        return preflight(request, credentials=route.credentials).plus({"Allow": METHODS})
    reply = _answer(request, route, path, hatch)
    if reply.code:
        reply = reply.plus(NEVER_KEPT)
    return with_cors(reply, request, credentials=route.credentials)


def _answer(request: Request, route: Route, path: dict[str, str], hatch: Hatch) -> Reply:
    if request.method not in ("GET", "HEAD"):
        message = "This path takes GET, HEAD and OPTIONS only. Send the request as GET."
        return error(405, "method_not_allowed", message).plus({"Allow": METHODS})
    try:
        return route.answer(request, hatch, path)
    except Refusal as reason:
        return refusal(reason)
    except Busy as reason:
        return busy(reason)
    except Away:
        return busy(UNAVAILABLE)
    except Exception:
        logger.exception("%s could not be answered; the client is asked to come back", request.path)
        return busy(UNAVAILABLE)
