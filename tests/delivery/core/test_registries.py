"""The address policy against IANA's registries: refused are the special ranges, and nothing else."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from delivery.core.addresses import AddressPolicy
from tests.delivery.core.registries import IPV4, IPV6, MAPPED, NAT64, NETWORKS4, NETWORKS6, is_public

POLICY = AddressPolicy()
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
BITS = {4: 32, 6: 128}


def allows(address: object) -> bool:
    return POLICY.refusal(str(address)) is None


@st.composite
def near_a_border(draw: st.DrawFn, networks: list) -> IPv4Address | IPv6Address:
    """An address at most two away from the first or the last one of a special range."""
    network = draw(st.sampled_from(networks))
    border = draw(st.sampled_from([network[0], network[-1]]))
    value = (int(border) + draw(st.integers(-2, 2))) % 2 ** BITS[network.version]
    return type(border)(value)


@st.composite
def special(draw: st.DrawFn) -> IPv4Address | IPv6Address:
    network = draw(st.sampled_from([*NETWORKS4, *NETWORKS6]))
    return network[draw(st.integers(0, network.num_addresses - 1))]


public_ipv4 = st.ip_addresses(v=4).filter(is_public)
global_unicast = st.integers(0, 2**125 - 1).map(lambda value: IPv6Address(1 << 125 | value))
public = st.one_of(public_ipv4, global_unicast.filter(is_public))


@pytest.mark.parametrize("cidr", [*IPV4, *IPV6])
def test_every_special_range_is_refused_from_end_to_end(cidr: str) -> None:
    network = next(found for found in (*NETWORKS4, *NETWORKS6) if str(found) == str(cidr))

    for address in (network[0], network[network.num_addresses // 2], network[-1]):
        assert not allows(address), (cidr, address)


@given(special())
def test_every_address_of_a_special_range_is_refused(address: IPv4Address | IPv6Address) -> None:
    assert not allows(address)


@given(st.one_of(st.ip_addresses(v=4), near_a_border(NETWORKS4)))
def test_an_ipv4_address_is_allowed_exactly_when_it_is_public(address: IPv4Address) -> None:
    assert allows(address) is is_public(address)


@given(st.one_of(global_unicast, st.ip_addresses(v=6), near_a_border([*NETWORKS6, MAPPED, NAT64])))
@example(IPv6Address("2600::5efe:808:808"))
def test_an_ipv6_address_is_allowed_exactly_when_it_is_public(address: IPv6Address) -> None:
    assert allows(address) is is_public(address)


@given(st.one_of(st.ip_addresses(v=4), near_a_border(NETWORKS4)), st.sampled_from([MAPPED, NAT64]))
def test_an_address_in_a_wrapping_that_is_taken_off_is_judged_as_itself(
    inner: IPv4Address, wrapping: IPv6Network
) -> None:
    assert allows(wrapping[int(inner)]) is is_public(inner)


def embedded(inner: IPv4Address, length: int) -> int:
    """Its bits below a prefix of this length, around the zero octet of bits 64 to 71 (RFC 6052, 2.2)."""
    bits, place = f"{int(inner):032b}", length
    laid = ["0"] * 128
    for bit in bits:
        place += 8 if place == 64 else 0
        laid[place] = bit
        place += 1
    return int("".join(laid), 2)


@given(st.ip_addresses(v=4), st.sampled_from([48, 56, 64, 96]))
@example(IPv4Address("8.8.8.8"), 96)
def test_no_address_behind_a_local_translator_is_reached(inner: IPv4Address, length: int) -> None:
    assert not allows(IPv6Address(int(LOCAL_NAT64[0]) | embedded(inner, length)))


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
def test_no_address_behind_a_tunnel_is_reached(
    inner: IPv4Address, server: IPv4Address, flags: int, port: int
) -> None:
    obscured = int(inner) ^ 0xFFFFFFFF  # Teredo writes the client's address inverted (RFC 4380, section 4)
    teredo = 0x20010000 << 96 | int(server) << 64 | flags << 48 | port << 32 | obscured
    six_to_four = 0x2002 << 112 | int(inner) << 80 | flags << 64 | port

    assert not allows(IPv6Address(teredo))
    assert not allows(IPv6Address(six_to_four))


@given(global_unicast, st.ip_addresses(v=4), st.sampled_from([0x00005EFE, 0x02005EFE]))
def test_no_address_behind_an_isatap_router_is_reached(
    network: IPv6Address, inner: IPv4Address, interface: int
) -> None:
    assert not allows(IPv6Address(int(network) >> 64 << 64 | interface << 32 | int(inner)))


@given(public, st.text("abcdefgh0123456789%.:", max_size=8))
def test_a_zone_is_refused_with_the_best_of_addresses(address: IPv4Address | IPv6Address, zone: str) -> None:
    assert allows(address)
    assert not allows(f"{address}%{zone}")


@given(st.lists(public, max_size=5), special(), st.integers(0, 5))
def test_one_special_address_spoils_any_answer_of_a_resolver(
    good: list[IPv4Address | IPv6Address], bad: IPv4Address | IPv6Address, place: int
) -> None:
    answer = [str(address) for address in good]
    answer.insert(min(place, len(answer)), str(bad))

    assert f": {bad} is in " in str(POLICY.refusal_of_any(answer))
    assert POLICY.refusal_of_any([text for text in answer if is_public(ip_address(text))]) is None


@given(st.one_of(special(), public).filter(lambda address: address.version == 6))
def test_every_spelling_of_an_ipv6_address_is_judged_alike(address: IPv6Address) -> None:
    spellings = {str(address), address.exploded, str(address).upper(), address.exploded.upper()}
    tail = IPv4Address(int(address) & 0xFFFFFFFF)
    spellings.add(f"{address.exploded.rpartition(':')[0].rpartition(':')[0]}:{tail}")

    assert {allows(text) for text in spellings} == {is_public(address)}
