"""What stands behind every path: the shelf, the limits, the proxies and host names to believe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Protocol
from uuid import UUID

from integrations.core.served.facts import Build, Clusters, Content, KeyFacts
from integrations.core.served.hosts import host_of
from integrations.ingest.client import TrustedProxies, client_ip
from integrations.ingest.request import Request
from integrations.serving.rates import Rate


class Shelf(Protocol):
    """What `services.served.shelf` is; its questions raise Away when nothing is known."""

    def key(self, key: str) -> KeyFacts | None: ...
    def has_key(self, key: str) -> bool: ...
    def clusters(self) -> Clusters: ...
    def content(self, build: Build) -> Content | None: ...
    def fetched(self, key_id: UUID) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Hatch:
    """`is_own_host` says whether a name is this installation's, whatever its clusters are called."""

    shelf: Shelf
    is_own_host: Callable[[str], bool]
    requests: Rate = field(default_factory=lambda: Rate(600))
    misses: Rate = field(default_factory=lambda: Rate(120))
    proxies: TrustedProxies = field(default_factory=TrustedProxies)

    def address(self, request: Request) -> str:
        """Who is counted: an IPv4 address, or the /64 that one IPv6 visitor has to choose from."""
        address = client_ip(request.remote_addr, request.header("x-forwarded-for"), self.proxies)
        return IPv6Address(address).exploded[:19] if ":" in address else address

    def host(self, request: Request) -> str:
        return host_of(request.header("host"))
