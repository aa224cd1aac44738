"""One request outside any lane, for what a person waits for: a test, or a look at an address."""

from __future__ import annotations

from django.conf import settings

from delivery.core.addresses import AddressPolicy
from delivery.core.request import Request
from delivery.core.response import Response
from delivery.http import HttpEdge

WAIT_S = 1.0  # between two looks; the edge ends every request at its deadline


def send_once(request: Request) -> Response:
    """The answer, through an edge of its own with the same guards; waits at most the request's deadline."""
    networks = tuple(settings.DELIVERY_ALLOWED_NETWORKS)
    edge = HttpEdge(policy=AddressPolicy(allowed_networks=networks), max_connections=1)
    try:
        edge.submit(None, request)
        while True:
            for _, response in edge.wait(WAIT_S):
                return response
    finally:
        edge.close()
