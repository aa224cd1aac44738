"""A vendor's identity endpoint for browsers: one right answer, and each way in which they go wrong.

`/sandbox.identity/id` answers {"id": ...} to GET and to POST with JSON, with credentials. The other
addresses show what a Sync Injector must survive: slow (`?ms=5000`), no-cors, redirect, html, cookie-only.
"""

import hashlib
import time
import uuid
from http.cookies import CookieError, SimpleCookie

from ..verdict import Verdict, accept, refuse
from ..web import Request, Response, UnreadableBody, html_response, json_response, redirect
from .audiohook import PIXEL

COOKIE = "sandbox_visitor"
SLOW_MS = 5_000
SLOWEST_MS = 30_000


def judge(request: Request) -> Verdict:
    if request.method == "OPTIONS":
        return accept(_with_cors(request, Response(status=204)), events=0)
    if request.method not in ("GET", "POST"):
        return refuse(405, "Send GET or POST", headers=(("Allow", "GET, POST, OPTIONS"),))
    try:
        visitor = _visitor(request)
    except UnreadableBody as error:
        return refuse(400, str(error))
    response = _answer(request, visitor)
    if response is None:
        return refuse(404, "There is no such address; start with /sandbox.identity/id")
    return accept(response.with_headers(_cookie(visitor)), remark=f"Visitor {visitor}")


def _answer(request: Request, visitor: str) -> Response | None:
    found = json_response({"id": visitor})
    match request.host_path:
        case "/id":
            return _with_cors(request, found)
        case "/slow":
            time.sleep(_delay_ms(request) / 1000)
            return _with_cors(request, found)
        case "/no-cors":
            return found
        case "/redirect":
            return _with_cors(request, redirect("/sandbox.identity/id", 302))
        case "/html":
            return _with_cors(request, html_response("<!doctype html><title>Sign in</title><h1>Sign in</h1>"))
        case "/cookie-only":
            return _with_cors(request, Response(status=204))
        case "/pixel.png":
            return Response(content_type="image/png", body=PIXEL)
    return None


def _visitor(request: Request) -> str:
    """The id in the cookie; else one made of the anonymous id that was sent; else a new one."""
    try:
        cookie = SimpleCookie(request.headers.get("Cookie", "")).get(COOKIE)
    except CookieError:
        cookie = None
    if cookie:
        return cookie.value
    sent = request.json() if request.method == "POST" and request.raw_body else dict(request.query)
    anonymous_id = sent.get("anonymousId") if isinstance(sent, dict) else None
    if anonymous_id:
        return f"v-{hashlib.sha256(str(anonymous_id).encode()).hexdigest()[:16]}"
    return f"v-{uuid.uuid4().hex[:16]}"


def _delay_ms(request: Request) -> int:
    asked = request.query.get("ms", "")
    return min(int(asked), SLOWEST_MS) if asked.isdecimal() else SLOW_MS


def _with_cors(request: Request, response: Response) -> Response:
    origin = request.headers.get("Origin")
    if not origin:
        return response
    return response.with_headers(
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Headers", "Content-Type"),
        ("Vary", "Origin"),
    )


def _cookie(visitor: str) -> tuple[str, str]:
    return (
        "Set-Cookie",
        f"{COOKIE}={visitor}; Path=/sandbox.identity; Max-Age=31536000; SameSite=Lax; HttpOnly",
    )
