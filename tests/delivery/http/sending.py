"""Requests, and how a test sends them over an edge and waits for what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from delivery.core.addresses import AddressPolicy
from delivery.core.request import Request
from delivery.core.response import Response
from delivery.http import HttpEdge

LOOPBACK = AddressPolicy(allowed_networks=("127.0.0.0/8",))


def get(url: str, **options: object) -> Request:
    return Request(**{"method": "GET", "url": url, "deadline_ms": 3000, **options})  # type: ignore[arg-type]


def post(url: str, body: bytes = b"{}", **options: object) -> Request:
    return get(url, method="POST", body=body, **options)


def finish(edge: HttpEdge, count: int = 1) -> dict[object, Response]:
    finished: dict[object, Response] = {}
    limit = time.monotonic() + 10
    while len(finished) < count and time.monotonic() < limit:
        finished.update(edge.wait(1))
    assert len(finished) == count
    return finished


def send(edge: HttpEdge, request: Request) -> Response:
    edge.submit("only", request)
    return finish(edge)["only"]


def answers(*lists: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """A resolver that gives these answers one after the other, then the last one for ever."""
    left = list(lists)
    return lambda host, port: left.pop(0) if len(left) > 1 else left[0]
