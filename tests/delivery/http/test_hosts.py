"""Hosts of URLs: what any parser could take for an address is judged as that address, or refused."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.core.addresses import AddressPolicy
from delivery.core.response import Failure
from delivery.http import HttpEdge, unreachable
from delivery.http.refusal import RefusedError
from delivery.http.target import read_target
from integrations.core.vendor.urls import url_problem
from tests.delivery.core.registries import is_public
from tests.delivery.host_spellings import disguised, spellings
from tests.delivery.http.receiver import OK, Receiver
from tests.delivery.http.sending import LOOPBACK, answers, get, post, send
from webhooks.core.url_rules import broken_rules

PUBLIC = "93.184.215.14"
private = st.ip_addresses(v=4).filter(lambda address: not is_public(address))
addresses = st.one_of(st.ip_addresses(v=4), private, st.sampled_from([IPv4Address("127.0.0.1")]))


def never(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} was looked up")


@given(spellings(addresses))
def test_a_spelling_of_an_address_is_never_looked_up_nor_taken_for_another(
    spelt: tuple[str, IPv4Address],
) -> None:
    text, address = spelt
    assert socket.inet_aton(text) == address.packed  # so a resolver would reach it

    refusal = unreachable(f"http://{text}:8080/", policy=AddressPolicy(), resolve=never)

    is_plain = text == str(address)
    assert (refusal is None) is (is_plain and is_public(address))
    with suppress(RefusedError):
        assert read_target(f"http://{text}:8080/").literal == str(address) == text


@given(spellings(addresses))
def test_disguised_digits_are_never_looked_up(spelt: tuple[str, IPv4Address]) -> None:
    for text in disguised(spelt[0]):
        if "%" in text or not text.isascii() or text.endswith("."):
            assert unreachable(f"http://{text}/", policy=LOOPBACK, resolve=never)


@given(spellings(addresses))
def test_neither_webhooks_nor_settings_of_vendors_take_an_address(spelt: tuple[str, IPv4Address]) -> None:
    for text in (spelt[0], *disguised(spelt[0])):
        assert broken_rules(f"https://{text}/"), text
        assert url_problem(f"https://{text}/"), text


@given(st.from_regex(r"[a-z][a-z0-9+.-]{0,12}", fullmatch=True).filter(lambda s: s not in ("http", "https")))
def test_no_other_scheme_is_spoken(scheme: str) -> None:
    for url in (f"{scheme}://127.0.0.1/x", f"{scheme}:///run/x.sock", f"{scheme}:%2Frun%2Fx.sock"):
        assert unreachable(url, policy=LOOPBACK, resolve=never)


@pytest.mark.parametrize("host", ["unix:/run/x.sock", "[unix:/run/x.sock]", "%2Frun%2Fx.sock", "/run/x.sock"])
def test_a_unix_socket_is_no_host(edge: HttpEdge, host: str) -> None:
    response = send(edge, get(f"http://{host}/"))

    assert response.failure is Failure.PROTOCOL
    assert not response.left


def test_a_name_that_was_public_when_it_was_saved_is_refused_when_it_turns_private(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver, resolve = receive(OK), answers([PUBLIC], ["127.0.0.1"])
    url = receiver.url("rebound.example")

    at_save = unreachable(url, policy=AddressPolicy(), resolve=resolve)
    response = send(edges(policy=AddressPolicy(), resolve=resolve), post(url))

    assert at_save is None
    assert response.failure is Failure.ADDRESS_REFUSED
    assert not response.left
    assert receiver.accepted == 0


@pytest.mark.parametrize("order", [[PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], ["::1", PUBLIC]])
def test_a_name_with_public_and_private_addresses_is_refused_at_both_moments(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], order: list[str]
) -> None:
    receiver, resolve = receive(OK), answers(order)
    url = receiver.url("mixed.example")

    assert unreachable(url, policy=AddressPolicy(), resolve=resolve)
    assert send(edges(policy=AddressPolicy(), resolve=resolve), post(url)).failure is Failure.ADDRESS_REFUSED
    assert receiver.accepted == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "host", ["127.0.0.2", "0x7f000002", "2130706434", "[::ffff:127.0.0.2]", "inside.example"]
)
def test_a_redirect_leads_to_no_private_address(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], status: int, host: str
) -> None:
    inside = receive(OK, host="127.0.0.2")
    location = f"Location: http://{host}:{inside.port}/".encode()
    outside = receive(b"HTTP/1.1 %d Go\r\n%s\r\nContent-Length: 0\r\n\r\n" % (status, location))
    only_outside = AddressPolicy(allowed_networks=("127.0.0.1/32",))
    edge = edges(policy=only_outside, resolve=answers(["127.0.0.2"]))

    response = send(edge, post(outside.url(), redirect_hosts=(host.strip("[]"), "127.0.0.1")))

    assert response.status == status or response.failure is Failure.ADDRESS_REFUSED
    assert (outside.accepted, inside.accepted) == (1, 0)
