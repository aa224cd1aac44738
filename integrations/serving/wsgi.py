"""The short way to the hatch: before Django's middleware, also for hosts that Django does not know."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from django.conf import settings
from django.http.request import validate_host

from integrations.ingest.client import TrustedProxies
from integrations.ingest.request import Request, headers_of
from integrations.ingest.wsgi import STATUS_LINES, Application, Environ, StartResponse
from integrations.serving.handle import handle
from integrations.serving.hatch import Hatch
from integrations.serving.rates import Rate
from integrations.serving.routes import Route, find_route

BODILESS = (204, 304)
# The only headers that are read, by their name in a WSGI environ.
HEADERS = {
    "HTTP_HOST": "host",
    "HTTP_ACCEPT_ENCODING": "accept-encoding",
    "HTTP_IF_NONE_MATCH": "if-none-match",
    "HTTP_IF_MODIFIED_SINCE": "if-modified-since",
    "HTTP_ORIGIN": "origin",
    "HTTP_COOKIE": "cookie",
    "HTTP_AUTHORIZATION": "authorization",
    "HTTP_X_WRITE_KEY": "x-write-key",
    "HTTP_SEC_GPC": "sec-gpc",
    "HTTP_SEC_FETCH_SITE": "sec-fetch-site",
    "HTTP_X_FORWARDED_FOR": "x-forwarded-for",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "access-control-request-headers",
}


@cache
def hatch() -> Hatch:
    """What stands behind the hatch, from the settings."""
    from integrations.services.served.shelf import shelf  # models: only once the apps are ready

    return Hatch(
        shelf=shelf(),
        is_own_host=is_own_host,
        requests=Rate(settings.FILE_RATE_PER_MINUTE),
        misses=Rate(settings.FILE_MISSES_PER_MINUTE),
        proxies=TrustedProxies(settings.INGEST_TRUSTED_PROXIES),
    )


def is_own_host(host: str) -> bool:
    """One of ALLOWED_HOSTS, where IPv6 addresses stand in brackets."""
    return validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS)


def before(application: Application) -> Application:
    """The application, with the hatch's paths answered in front of it."""

    def dispatch(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        found = find_route(environ["PATH_INFO"])
        if found is None:
            return application(environ, start_response)
        return answer(environ, start_response, *found)

    return dispatch


def answer(
    environ: Environ, start_response: StartResponse, route: Route, path: dict[str, str]
) -> Iterable[bytes]:
    """One request; its body, if any, is not read."""
    request = Request(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        headers_of(environ, HEADERS),
        b"",
        environ.get("REMOTE_ADDR", ""),
    )
    reply = handle(request, route, path, hatch())
    headers = list(reply.headers.items())
    if reply.status not in BODILESS:
        headers.append(("Content-Length", str(len(reply.body))))
    start_response(STATUS_LINES[reply.status], headers)
    return [] if request.method == "HEAD" else [reply.body]
