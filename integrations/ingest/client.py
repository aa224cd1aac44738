"""Who sent the request: the visitor's address behind trusted proxies, user agent, origin, privacy signal."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from integrations.core.facts import Facts
from integrations.ingest.cors import origin_of
from integrations.ingest.request import Request

USER_AGENT_LIMIT = 1024
Address = IPv4Address | IPv6Address


class TrustedProxies:
    """The networks whose X-Forwarded-For is believed, given as CIDRs."""

    def __init__(self, cidrs: Iterable[str] = ()) -> None:
        self.networks = tuple(ip_network(cidr, strict=False) for cidr in cidrs)

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def facts_of(request: Request, proxies: TrustedProxies) -> Facts:
    return Facts(
        ip=client_ip(request.remote_addr, request.header("x-forwarded-for"), proxies),
        user_agent=_printable(request.header("user-agent")[:USER_AGENT_LIMIT]),
        gpc=request.header("sec-gpc").strip() == "1",
        origin=origin_of(request),
    )


def client_ip(remote_addr: str, forwarded_for: str, proxies: TrustedProxies) -> str:
    """The right-most address that no trusted proxy has; empty when the connection has no IP address.

    Only what a trusted proxy wrote is believed, so the walk ends at the first address that is none.
    """
    address = _address(remote_addr)
    if address is None:
        return ""
    hops = forwarded_for.split(",") if proxies.networks and forwarded_for else []
    while hops and address in proxies:
        before = _address(hops.pop())
        if before is None:
            break
        address = before
    return str(address)


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    """An address with or without port and brackets; IPv4 inside IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(filter(str.isprintable, text))
