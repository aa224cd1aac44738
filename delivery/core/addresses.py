"""Which IP addresses may be reached: a table of our own, as the standard library's lets too much through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network

_RULE = "Connections to private addresses are not allowed"
_ADVICE = "Use an address of the public internet, or ask the operator to allow this range."

_REFUSED_IPV4 = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private use"),
    ("100.64.0.0/10", "shared carrier space"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "cloud platform service"),
    ("169.254.0.0/16", "link-local, cloud metadata"),
    ("172.16.0.0/12", "private use"),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.31.196.0/24", "AS112 sink"),
    ("192.52.193.0/24", "multicast tunnelling"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private use"),
    ("192.175.48.0/24", "AS112 sink"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved, broadcast"),
)

# First match wins, so the narrow ranges come before those around them.
_REFUSED_IPV6 = (
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::/96", "IPv4-compatible"),
    ("::ffff:0:0:0/96", "IPv4-translated"),
    ("64:ff9b:1::/48", "local NAT64"),
    ("100::/64", "discard only"),
    ("100:0:0:1::/64", "dummy prefix"),
    ("2001::/32", "Teredo tunnel"),
    ("2001::/23", "protocol assignments"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4 tunnel"),
    ("2620:4f:8000::/48", "AS112 sink"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "unique local"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)

_MAPPED = 0xFFFF  # the upper 96 bits of ::ffff:0:0/96
_NAT64 = 0x64FF9B << 64  # the upper 96 bits of 64:ff9b::/96, which names come back in on IPv6-only hosts
_UNWRAPPED = frozenset({_MAPPED, _NAT64})
_GLOBAL_UNICAST = 0b001  # the upper 3 bits of 2000::/3
_ISATAP = frozenset(
    {0x00005EFE, 0x02005EFE}
)  # the upper half of an interface id that carries an IPv4 address


@dataclass(frozen=True, slots=True)
class _Range:
    """The addresses, as integers, whose masked bits equal `base`."""

    mask: int
    base: int
    text: str
    note: str

    @classmethod
    def of(cls, cidr: str, note: str) -> _Range:
        network = ip_network(cidr)
        return cls(int(network.netmask), int(network.network_address), cidr, note)


_IPV4 = tuple(_Range.of(cidr, note) for cidr, note in _REFUSED_IPV4)
_IPV6 = tuple(_Range.of(cidr, note) for cidr, note in _REFUSED_IPV6)
_IPV6_ISATAP = _Range(0, 0, "::5efe:0:0/96", "ISATAP tunnel")
_IPV6_REST = _Range(0, 0, "::/0", "not global unicast")


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressPolicy:
    """Decides whether an address may be connected to.

    `allowed_networks` are the operator's own ranges, such as "10.20.0.0/16"; they win over every
    refusal. Raises ValueError when one of them is not a range, or could never match.
    """

    allowed_networks: tuple[str, ...] = ()
    _allowed_ipv4: tuple[_Range, ...] = field(init=False, repr=False, compare=False)
    _allowed_ipv6: tuple[_Range, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ranges = [_allowed_range(text) for text in self.allowed_networks]
        object.__setattr__(self, "_allowed_ipv4", tuple(found for version, found in ranges if version == 4))
        object.__setattr__(self, "_allowed_ipv6", tuple(found for version, found in ranges if version == 6))

    def refusal(self, address: str) -> str | None:
        """Why this address must not be reached, as a sentence for people; None when it may be."""
        parsed = _parse(address)
        if parsed is None:
            return (
                f"{_RULE}: {address[:60]!r} is not a plain IP address. Write it as 192.0.2.1 or 2001:db8::1."
            )
        version, value = parsed
        if _first(self._allowed_ipv4 if version == 4 else self._allowed_ipv6, value) is not None:
            return None
        found = _first(_IPV4, value) if version == 4 else _refused_ipv6(value)
        return None if found is None else f"{_RULE}: {address} is in {found.text} ({found.note}). {_ADVICE}"

    def refusal_of_any(self, addresses: Iterable[str]) -> str | None:
        """The first refusal among the addresses of one name; None when all of them may be reached."""
        return next((found for found in map(self.refusal, addresses) if found is not None), None)


def _allowed_range(text: str) -> tuple[int, _Range]:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a network range: {error}. Write it as 10.20.0.0/16.") from None
    if network.version == 6 and int(network.network_address) >> 32 in _UNWRAPPED and network.prefixlen >= 96:
        raise ValueError(f"{text!r} carries IPv4 addresses. Write the IPv4 range instead.")
    return network.version, _Range.of(str(network), "allowed")


def _parse(address: str) -> tuple[int, int] | None:
    """The IP version and number of an address, IPv4 taken out of IPv6 wrappings; None if it is none."""
    if "%" in address:  # a scope id picks an interface of this host
        return None
    try:
        if ":" not in address:
            return 4, int(IPv4Address(address))
        value = int(IPv6Address(address))
    except AddressValueError:
        return None
    return (4, value & 0xFFFFFFFF) if value >> 32 in _UNWRAPPED else (6, value)


def _first(ranges: tuple[_Range, ...], value: int) -> _Range | None:
    for candidate in ranges:
        if value & candidate.mask == candidate.base:
            return candidate
    return None


def _refused_ipv6(value: int) -> _Range | None:
    if (found := _first(_IPV6, value)) is not None:
        return found
    if value >> 125 != _GLOBAL_UNICAST:
        return _IPV6_REST
    return _IPV6_ISATAP if value >> 32 & 0xFFFFFFFF in _ISATAP else None
