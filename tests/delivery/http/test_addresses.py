"""Which URLs and addresses the HTTP edge reaches, and which it never does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest

from delivery.core.addresses import AddressPolicy
from delivery.core.response import Failure
from delivery.http import HttpEdge
from delivery.http.target import read_target
from tests.delivery.http.receiver import OK, Receiver, read_request
from tests.delivery.http.sending import answers, get, post, send


def test_it_refuses_a_private_address(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)
    edge = edges(policy=AddressPolicy())

    response = send(edge, post(receiver.url()))

    assert response.failure is Failure.ADDRESS_REFUSED
    assert "127.0.0.1 is in 127.0.0.0/8 (loopback)" in response.detail
    assert not response.left
    assert receiver.accepted == 0


def test_it_refuses_a_name_that_leads_to_a_private_address(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)
    edge = edges(policy=AddressPolicy(), resolve=answers(["127.0.0.1"]))

    response = send(edge, post(receiver.url("vendor.example")))

    assert response.failure is Failure.ADDRESS_REFUSED
    assert receiver.accepted == 0


@pytest.mark.parametrize(
    "mixed", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "junk"]]
)
def test_one_bad_address_refuses_the_whole_name(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], mixed: list[str]
) -> None:
    receiver = receive(OK)
    edge = edges(resolve=answers(mixed))

    response = send(edge, post(receiver.url("vendor.example")))

    assert response.failure is Failure.ADDRESS_REFUSED
    assert receiver.accepted == 0


def test_a_name_that_turns_private_is_refused_then(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.http.routes.NAME_LIFETIME_S", 0)
    public, private = receive(OK, host="127.0.0.2"), receive(OK, host="127.0.0.1")
    policy = AddressPolicy(allowed_networks=("127.0.0.2/32",))
    edge = edges(policy=policy, resolve=answers(["127.0.0.2"], ["127.0.0.1"]))

    first = send(edge, post(public.url("vendor.example")))
    second = send(edge, post(private.url("vendor.example")))
    third = send(edge, post(public.url("vendor.example")))

    assert first.status == 200
    assert second.failure is third.failure is Failure.ADDRESS_REFUSED
    assert (public.accepted, private.accepted) == (1, 0)


def test_a_name_is_not_resolved_again_to_connect(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)
    edge = edges(resolve=answers(["127.0.0.1"]))

    response = send(edge, post(receiver.url("does-not-exist.invalid")))

    assert response.status == 200
    assert f"Host: does-not-exist.invalid:{receiver.port}\r\n".encode() in receiver.requests[0]


def test_the_socket_is_the_second_wall(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AddressPolicy, "refusal_of_any", lambda policy, addresses: None)
    receiver = receive(OK)
    edge = edges(policy=AddressPolicy())

    response = send(edge, post(receiver.url()))

    assert response.failure is Failure.ADDRESS_REFUSED
    assert not response.left
    assert receiver.accepted == 0


BAD_URLS = (
    *(
        "",
        "http://",
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "127.0.0.1",
    ),
    *("http://user@127.0.0.1:1/", "http://user:pass@127.0.0.1:1/", "http://@127.0.0.1:1/"),
    *("https://example.com\\@127.0.0.1/", "http://example.com#@127.0.0.1/", "http://127.0.0.1:1/#x"),
    *("http://127.0.0.1\t:1/", "http://127.0.0.1:1/\n", "\nhttp://127.0.0.1:1/", "http://127.0.0.1:1/a b"),
    *(
        "http://127.0.0.1:1/\x00",
        "http://127.0.0.1%00/",
        "http://127%2e0.0.1/",
        "http://127.0.0.1:1/a\r\nX: y",
    ),
    *("http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://127.0.0.1:/", "http://127.0.0.1:+80/"),
    *(
        "http://127.0.0.1:1/\u00e9",
        "http://fa\u00df.de/",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://a\u00adb.c/",
    ),
    *("http://①②⑦.⓪.⓪.①/", "http://a_b.example/", "http://-a.example/", "http://a-.example/", "http://a..b/"),
    *(
        "http://.a/",
        "http://a./",
        "http://127.0.0.1./",
        "http://*.example/",
        "http://" + "a" * 64 + ".example/",
    ),
    *("http://" + "a." * 130 + "example/", "http://[fe80::1%25lo]/", "http://[v1.a]/", "http:/127.0.0.1/"),
    *("http:127.0.0.1", "http:///127.0.0.1/", "http://127.0.0.1;x/", "http://127.0.0.1\\/", "http://\u212a/"),
)
NUMBERS = (
    *("2130706433", "0x7f000001", "017700000001", "127.1", "0177.0.0.1", "0x7f.1", "0", "2852039166"),
    *("127.0.0.0x1", "a.0x7f", "example.1", "0x", "127.0.0.1.1"),
)


@pytest.mark.parametrize("url", BAD_URLS)
def test_it_refuses_a_url_that_could_be_read_in_two_ways(edge: HttpEdge, url: str) -> None:
    response = send(edge, get(url))

    assert response.failure is Failure.PROTOCOL
    assert response.detail.startswith(("The URL ", "The host name is too long"))
    assert not response.left


@pytest.mark.parametrize("host", NUMBERS)
def test_it_refuses_a_host_that_reads_as_a_number(edges: Callable[..., HttpEdge], host: str) -> None:
    response = send(edges(resolve=answers(["127.0.0.1"])), get(f"http://{host}:1/"))

    assert response.failure is Failure.ADDRESS_REFUSED


@pytest.mark.parametrize("host", ["[::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "[:::]", "300.1.1.1"])
def test_literal_addresses_are_judged_without_a_lookup(edges: Callable[..., HttpEdge], host: str) -> None:
    def fail(host: str, port: int) -> Sequence[str]:
        raise AssertionError

    response = send(edges(resolve=fail), get(f"http://{host}:1/"))

    assert response.failure is Failure.ADDRESS_REFUSED


def test_it_reaches_an_allowed_ipv6_literal(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)
    edge = edges()

    assert send(edge, get(receiver.url("[::ffff:127.0.0.1]"))).status == 200


def test_the_next_address_is_tried(edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK)
    edge = edges(resolve=answers(["127.0.0.9", "127.0.0.8", "127.0.0.1"]))

    first, second = (send(edge, post(receiver.url("vendor.example"))) for _ in range(2))

    route = edge._routes.find(read_target(receiver.url("vendor.example")), time.monotonic())
    assert first.status == second.status == 200
    assert receiver.accepted == 1
    assert route is not None
    assert route.addresses[0] == "127.0.0.1"


def test_a_rotating_name_keeps_its_connection(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.http.routes.NAME_LIFETIME_S", 0)
    receiver = receive(OK, host="0.0.0.0")
    edge = edges(resolve=answers(["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]))

    responses = [send(edge, post(receiver.url("vendor.example"))) for _ in range(3)]

    assert [response.phases.connect_ms for response in responses[1:]] == [0.0, 0.0]
    assert receiver.accepted == 1


def test_the_next_address_is_not_tried_once_something_was_sent(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(lambda connection: read_request(connection) and None)
    edge = edges(resolve=answers(["127.0.0.1", "127.0.0.1"]))

    response = send(edge, post(receiver.url("vendor.example")))

    assert response.failure is Failure.RESET
    assert receiver.accepted == 1


def test_the_last_address_gives_the_failure(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)
    edge = edges(resolve=answers(["127.0.0.9", "127.0.0.8"]))

    response = send(edge, post(receiver.url("vendor.example")))

    assert response.failure is Failure.CONNECT
    assert "vendor.example (127.0.0.8)" in response.detail
