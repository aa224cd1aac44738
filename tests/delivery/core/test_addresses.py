"""The address policy: everything dangerous refused, everything public allowed, nothing raised."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.core.addresses import AddressPolicy

MUST_REFUSE = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255"),
    *("127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.31.196.1"),
    *("192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1"),
    *("198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.254", "255.255.255.255", "::", "::1", "::7f00:1", "::127.0.0.1", "::8.8.8.8"),
    *("::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:100.64.0.1", "::ffff:169.254.169.254"),
    *("::ffff:0.0.0.0", "::ffff:224.0.0.1", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8", "64:ff9b::127.0.0.1"),
    *("64:ff9b::a00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8", "100::1", "100:0:0:1::1"),
    *("2001::1", "2001:0:7f00:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1"),
    *("2002:7f00:1::", "2002:808:808::1", "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1"),
    *("fd00:ec2::254", "fe80::1", "fe80::5efe:10.0.0.1", "2600::5efe:10.0.0.1", "2600::200:5efe:8.8.8.8"),
    *("febf::1", "fec0::1", "feff::1", "ff02::1", "ff0e::1", "8000::1", "e000::1"),
    *("fe80::1%lo", "2606:4700::1%eth0", "::ffff:8.8.8.8%1"),
)
MUST_ALLOW = (
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255"),
    *("172.32.0.0", "168.63.129.15", "168.63.129.17", "192.0.1.1", "198.17.255.255", "198.20.0.0"),
    *("223.255.255.255", "2000::1", "2001:200::1", "2606:4700:4700::1111", "2a00:1450:4001::200e"),
    *("3ffe:ffff::1", "3fff:1000::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2600::5eff:8.8.8.8"),
)
NOT_ADDRESSES = (
    *("", " ", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "127.0.0.1 "),
    *(
        "127.0.0.1\n",
        "\uff11\uff12\uff17.0.0.1",
        "①②⑦.⓪.⓪.①",
        "8.8.8.8/32",
        "8.8.8.8:80",
        "[::1]",
        ":",
        ":::",
        "1::2::3",
    ),
    *("::ffff:8.8.8", "%", "%eth0", "\x00", "8.8.8.8\x00", "\ud800", "9" * 5000, "1:" * 5000),
)


@pytest.mark.parametrize("address", MUST_REFUSE)
def test_it_refuses(address: str) -> None:
    assert AddressPolicy().refusal(address) is not None


@pytest.mark.parametrize("address", MUST_ALLOW)
def test_it_allows(address: str) -> None:
    assert AddressPolicy().refusal(address) is None


@pytest.mark.parametrize("text", NOT_ADDRESSES)
def test_it_refuses_what_is_no_address(text: str) -> None:
    policy = AddressPolicy(allowed_networks=("0.0.0.0/0", "::/0"))

    assert "is not a plain IP address" in str(policy.refusal(text))


def test_the_vectors_are_as_many_as_promised() -> None:
    assert len(set(MUST_REFUSE)) >= 68
    assert len(set(MUST_ALLOW)) >= 10


def test_the_sentence_says_which_range_and_what_to_do() -> None:
    sentence = AddressPolicy().refusal("10.0.0.1")

    assert sentence == (
        "Connections to private addresses are not allowed: 10.0.0.1 is in 10.0.0.0/8 (private use). "
        "Use an address of the public internet, or ask the operator to allow this range."
    )


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("::", "::/128 (unspecified)"),
        ("::1", "::1/128 (loopback)"),
        ("::7f00:1", "::/96 (IPv4-compatible)"),
        ("64:ff9b:1::1", "64:ff9b:1::/48 (local NAT64)"),
        ("2001::1", "2001::/32 (Teredo tunnel)"),
        ("fd00:ec2::254", "fc00::/7 (unique local)"),
        ("fe80::1", "fe80::/10 (link-local)"),
        ("ff02::1", "ff00::/8 (multicast)"),
        ("4000::1", "::/0 (not global unicast)"),
    ],
)
def test_the_narrowest_range_is_named(address: str, named: str) -> None:
    assert f": {address} is in {named}. " in str(AddressPolicy().refusal(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::127.9.9.9"])
def test_an_allowed_range_wins_in_every_wrapping(address: str) -> None:
    policy = AddressPolicy(allowed_networks=("127.0.0.0/8", "fd00::/8"))

    assert policy.refusal(address) is None


def test_an_allowed_range_allows_nothing_else() -> None:
    policy = AddressPolicy(allowed_networks=("127.0.0.0/8", "fd00::/8"))

    assert policy.refusal("fd12::1") is None
    assert policy.refusal("fc00::1") is not None
    assert policy.refusal("10.0.0.1") is not None
    assert policy.refusal("::1") is not None
    assert policy.refusal("::127.0.0.1") is not None


def test_one_bad_address_refuses_all() -> None:
    assert "192.168.1.1" in str(AddressPolicy().refusal_of_any(["8.8.8.8", "192.168.1.1", "1.1.1.1"]))
    assert AddressPolicy().refusal_of_any(["8.8.8.8", "2606:4700::1"]) is None


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "intranet", "", "::ffff:10.0.0.0/104"])
def test_an_allowed_range_that_cannot_work_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="Write"):
        AddressPolicy(allowed_networks=(text,))


@given(st.integers(0, 2**32 - 1))
def test_wrapped_ipv4_is_judged_as_ipv4(number: int) -> None:
    plain = AddressPolicy().refusal(str(IPv4Address(number))) is None

    for prefix in (0xFFFF << 32, 0x64FF9B << 96):
        assert (AddressPolicy().refusal(str(IPv6Address(prefix | number))) is None) is plain


@given(st.integers(0, 2**32 - 1))
def test_no_other_wrapping_of_ipv4_is_allowed(number: int) -> None:
    wrappings = (number, 0xFFFF << 48 | number, 0x2002 << 112 | number << 80, 0x20010000 << 96 | number)
    isatap = (0x2600 << 112 | suffix << 32 | number for suffix in (0x5EFE, 0x02005EFE))

    for value in (*wrappings, *isatap):
        assert AddressPolicy().refusal(str(IPv6Address(value))) is not None


@given(st.integers(0, 2**128 - 1))
def test_ipv6_beyond_global_unicast_is_refused(number: int) -> None:
    address = IPv6Address(number)
    is_wrapped = number >> 32 in (0xFFFF, 0x64FF9B << 64)

    if not is_wrapped and address not in ip_network("2000::/3"):
        assert AddressPolicy().refusal(str(address)) is not None


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(lambda address: not address.is_global))
def test_it_is_never_laxer_than_the_standard_library(address: IPv4Address | IPv6Address) -> None:
    mapped = address.version == 6 and int(address) >> 32 in (0xFFFF, 0x64FF9B << 64)

    assert mapped or AddressPolicy().refusal(str(address)) is not None


@given(st.text())
def test_text_of_any_kind_is_judged_without_an_error(text: str) -> None:
    sentence = AddressPolicy().refusal(text)

    assert sentence is None or sentence.startswith("Connections to private addresses are not allowed: ")
