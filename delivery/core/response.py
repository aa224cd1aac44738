"""What came back from one request, or why nothing did."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

BODY_LIMIT = 8192  # bytes of decoded response body that are kept; reading stops there


class Failure(StrEnum):
    """Why a request got no answer. The closed list that retry rules and sentences are made from."""

    ADDRESS_REFUSED = "address_refused"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    PROTOCOL = "protocol"


@dataclass(frozen=True, kw_only=True, slots=True)
class Phases:
    """Milliseconds since the request was handed over, each None when that point was not reached.

    `connect_ms` and `tls_ms` are 0 on a connection that was kept from before; `tls_ms` is None without TLS.
    """

    dns_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    first_byte_ms: float | None = None
    total_ms: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """The answer to one request, or the failure in its place.

    `left` is True once any byte of the request may have reached the other side: after a failure the
    outcome is then unknown, and repeating may double what the request did. `redirected_to` is the address
    that answered, where it is another than the one that was asked.
    """

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    body_truncated: bool = False
    failure: Failure | None = None
    detail: str = ""
    left: bool = False
    redirected_to: str = ""
    phases: Phases = field(default_factory=Phases)

    def header(self, name: str) -> str | None:
        """The last value of a header, by case-insensitive name."""
        wanted = name.lower()
        return next((value for key, value in reversed(self.headers) if key.lower() == wanted), None)
