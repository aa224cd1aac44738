"""Where a request goes on, for the few that may be redirected: method, headers and body stay as they are."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

from delivery.core.request import Request
from delivery.core.response import Response
from delivery.http.refusal import RefusedError
from delivery.http.target import Target, read_target

FOLLOWED = frozenset({307, 308})  # the ones that keep method and body (RFC 9110 section 15.4)
MOST = 3  # redirects of one request


def next_request(request: Request, response: Response, followed: int) -> Request | None:
    """The same request to where the answer points, None when that is not followed: then the answer stands.

    Only to the host that was asked or to one that the request lists, never from TLS to plain text, and
    through the same look-up and address checks as any other.
    """
    if response.status not in FOLLOWED or request.redirect_hosts is None or followed >= MOST:
        return None
    location = response.header("Location")
    if not location:
        return None
    try:
        here, there = read_target(request.url), read_target(urljoin(request.url, location))
    except (RefusedError, ValueError):
        return None
    if not _is_allowed(here, there, request.redirect_hosts):
        return None
    return replace(request, url=urljoin(request.url, location))


def _is_allowed(here: Target, there: Target, hosts: tuple[str, ...]) -> bool:
    if here.is_tls and not there.is_tls:
        return False
    is_same = there.host == here.host and there.port == here.port
    return is_same or (there.host in hosts and there.port == (443 if there.is_tls else 80))
