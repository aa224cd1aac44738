"""The short way to the doors: dispatched before Django's middleware, which costs more than the rest of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from integrations.ingest.handle import handle
from integrations.ingest.request import headers_of
from integrations.ingest.routes import find_route
from integrations.ingest.views import door

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def before(application: Application) -> Application:
    """The application, with the ingest routes answered in front of it."""

    def dispatch(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if find_route(environ["PATH_INFO"]) is None:
            return application(environ, start_response)
        return answer(environ, start_response)

    return dispatch


def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """One ingest request, as `ingest_view` answers it."""
    reply = handle(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        headers_of(environ),
        environ["wsgi.input"],
        environ.get("REMOTE_ADDR", ""),
        door=door(),
    )
    headers = [*reply.headers.items(), ("Content-Length", str(len(reply.body)))]
    start_response(STATUS_LINES[reply.status], headers)
    return [reply.body]
