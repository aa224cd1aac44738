"""The doors as one Django view; the body is read raw, never as a form."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from integrations.ingest.client import TrustedProxies
from integrations.ingest.door import Door
from integrations.ingest.handle import handle
from integrations.ingest.limits import Limits
from integrations.ingest.request import headers_of


@cache
def door() -> Door:
    """What stands behind the doors, from the settings."""
    from integrations.services.accept import accept  # models: only once the apps are ready
    from integrations.services.counters import count_refused

    return Door(
        accept=accept,
        count_refused=count_refused,
        limits=Limits(
            event_bytes=settings.INGEST_EVENT_LIMIT,
            request_bytes=settings.INGEST_REQUEST_LIMIT,
            nesting=settings.INGEST_NESTING_LIMIT,
        ),
        proxies=TrustedProxies(settings.INGEST_TRUSTED_PROXIES),
    )


@csrf_exempt
def ingest_view(request: HttpRequest) -> HttpResponse:
    environ = request.META
    reply = handle(
        request.method or "",
        request.path_info,
        environ.get("QUERY_STRING", ""),
        headers_of(environ),
        environ.get("wsgi.input", request),  # Django reads nothing of a chunked body
        environ.get("REMOTE_ADDR", ""),
        door=door(),
    )
    return HttpResponse(reply.body, status=reply.status, headers=reply.headers)
