"""What a finished transfer comes to: the answer with its phases, or the failure in its place."""

from __future__ import annotations

import pycurl

from delivery.core.response import Failure, Phases, Response
from delivery.http.exchange import Exchange
from delivery.http.failures import explain
from delivery.http.handle import Handle
from delivery.http.headers import read_headers
from delivery.http.routes import Route


def read_response(handle: Handle, exchange: Exchange, code: int, message: str) -> Response:
    """The response of a transfer that ended with this code and message of libcurl."""
    if code == pycurl.E_OK or (handle.truncated and code == pycurl.E_WRITE_ERROR):
        return Response(
            status=handle.curl.getinfo(pycurl.RESPONSE_CODE),
            headers=read_headers(handle.head),
            body=b"".join(handle.body),
            body_truncated=handle.truncated,
            left=True,
            phases=_phases(handle, exchange),
        )
    failure, detail = explain(handle, exchange, code, message)
    return Response(failure=failure, detail=detail, left=handle.has_left(), phases=_phases(handle, exchange))


def unroutable(exchange: Exchange, route: Route) -> Response:
    """The response when a name leads nowhere, or to where the policy does not allow."""
    dns_ms = exchange.dns_ms or 0.0
    reached = None if route.failure is Failure.DNS else dns_ms
    phases = Phases(dns_ms=reached, total_ms=dns_ms)
    return Response(failure=route.failure, detail=route.detail, phases=phases)


def unresolved(exchange: Exchange, now: float) -> Response:
    """The response when the deadline passed before the name was looked up."""
    elapsed_ms = (now - exchange.submitted_at) * 1000
    host = exchange.target.host
    detail = f"The name {host} was not resolved within {elapsed_ms:.0f} ms. Check its DNS servers."
    return Response(failure=Failure.TIMEOUT, detail=detail, phases=Phases(total_ms=elapsed_ms))


def _phases(handle: Handle, exchange: Exchange) -> Phases:
    getinfo = handle.curl.getinfo
    before = (exchange.started_at - exchange.submitted_at) * 1000
    connect, tls = getinfo(pycurl.CONNECT_TIME), getinfo(pycurl.APPCONNECT_TIME)
    first_byte = getinfo(pycurl.STARTTRANSFER_TIME)
    is_reused = handle.has_left() and (handle.stopped or not getinfo(pycurl.NUM_CONNECTS))
    return Phases(
        dns_ms=exchange.dns_ms,
        connect_ms=0.0 if is_reused else before + connect * 1000 if connect else None,
        tls_ms=0.0 if is_reused and exchange.target.is_tls else before + tls * 1000 if tls else None,
        first_byte_ms=before + first_byte * 1000 if first_byte and handle.head else None,
        total_ms=before + getinfo(pycurl.TOTAL_TIME) * 1000,
    )
