"""Where a request of Django's comes from: behind the same trusted proxies as at ingest."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

from integrations.ingest.client import TrustedProxies, client_ip


def client_address(request: HttpRequest) -> str | None:
    """The visitor's address; None when the connection has none."""
    forwarded_for = request.META.get("HTTP_X_FORWARDED_FOR", "")
    proxies = _trusted(tuple(settings.INGEST_TRUSTED_PROXIES))
    return client_ip(request.META.get("REMOTE_ADDR", ""), forwarded_for, proxies) or None


@lru_cache(maxsize=1)
def _trusted(cidrs: tuple[str, ...]) -> TrustedProxies:
    return TrustedProxies(cidrs)
