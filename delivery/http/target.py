"""Where a URL leads: host and port, read so strictly that no other parser reads it otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from delivery.core.response import Failure
from delivery.http.refusal import RefusedError

HostPort = tuple[str, int]

URL_LIMIT = 65_536  # characters

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URL = re.compile(
    # No user information, no backslash, no fragment, nothing beyond ASCII: what every parser reads alike.
    r"(?P<scheme>https?)://"
    rf"(?:(?P<name>{_LABEL}(?:\.{_LABEL})*)|\[(?P<ipv6>[0-9a-f:.]+)\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?:[/?][!-\"$-\[\]-~]*)?",
    re.IGNORECASE | re.ASCII,
)
_NUMBER_LIKE = re.compile(r"[0-9]+|0x[0-9a-f]*")
_IPV4 = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads; `literal` is the host when that is an address."""

    host: str
    port: int
    is_tls: bool
    literal: str | None

    @property
    def key(self) -> HostPort:
        """What look-ups and routes are kept by."""
        return self.host, self.port

    def pinned_to(self, address: str) -> str:
        """The rule by which libcurl connects to this address and to no other."""
        # Host and port stay empty, which matches any: should libcurl read the URL otherwise than we do, it
        # still connects to the address that was checked.
        return f"::[{address}]:{self.port}" if ":" in address else f"::{address}:{self.port}"


@lru_cache(maxsize=1024)
def read_target(url: str) -> Target:
    """Where a URL leads. Raises RefusedError."""
    if len(url) > URL_LIMIT:
        raise RefusedError(f"The URL is too long. Use at most {URL_LIMIT} characters.")
    match = _URL.fullmatch(url)
    if match is None:
        raise RefusedError(
            "The URL is not plain enough to be sent. Write it as https://host:port/path, all in ASCII, "
            "without user, password, fragment, backslash or blank."
        )
    is_tls = len(match["scheme"]) == 5
    port = int(match["port"] or (443 if is_tls else 80))
    if port > 65535:
        raise RefusedError(f"The URL has the port {port}. Use one between 1 and 65535.")
    if match["ipv6"]:
        return Target(match["ipv6"].lower(), port, is_tls, match["ipv6"])
    host = match["name"].lower()
    return Target(host, port, is_tls, _literal(host))


def _literal(host: str) -> str | None:
    """The host if it is an IPv4 address. A name that some parser could read as a number is refused."""
    if len(host) > 253:
        raise RefusedError("The host name is too long. Use at most 253 characters.")
    if _NUMBER_LIKE.fullmatch(host.rpartition(".")[2]) is None:
        return None
    if _IPV4.fullmatch(host) is None:
        detail = f"The host {host} reads as a number. Use a name, or an address such as 192.0.2.1."
        raise RefusedError(detail, Failure.ADDRESS_REFUSED)
    return host
