"""Redirects: followed only where the request allows it, with method and body, through the same guards."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from delivery.core.addresses import AddressPolicy
from delivery.core.response import Failure, Response
from delivery.http import HttpEdge
from delivery.http.redirects import next_request
from tests.delivery.http.receiver import OK, Receiver, read_request
from tests.delivery.http.sending import LOOPBACK, answers, get, post, send


def pointing(location: str, status: int = 307) -> bytes:
    return f"HTTP/1.1 {status} Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def leading(receive: Callable[..., Receiver], *, status: int = 307, location: str = "/there") -> Receiver:
    """A receiver that points to `/there`, where it answers."""

    def script(connection) -> None:
        while request := read_request(connection):
            receiver.requests.append(request)
            is_there = request.split(b" ", 2)[1].startswith(b"/there")
            connection.sendall(OK if is_there else pointing(location, status))

    receiver: Receiver = receive(script)
    return receiver


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_method_is_followed_with_headers_and_body(receive, edge, status) -> None:
    receiver = leading(receive, status=status)

    response = send(edge, post(receiver.url(), b'{"a":1}', headers=(("X-Key", "k"),), redirect_hosts=()))

    assert (response.status, response.body) == (200, b"ok")
    assert response.redirected_to == receiver.url(path="/there")
    assert [request.split(b"\r\n")[0] for request in receiver.requests] == [
        b"POST / HTTP/1.1",
        b"POST /there HTTP/1.1",
    ]
    assert all(request.endswith(b'{"a":1}') and b"X-Key: k" in request for request in receiver.requests)


@pytest.mark.parametrize("status", [301, 302, 303])
def test_other_redirects_are_answers(receive, edge, status) -> None:
    receiver = leading(receive, status=status)

    response = send(edge, post(receiver.url(), redirect_hosts=()))

    assert (response.status, response.redirected_to, len(receiver.requests)) == (status, "", 1)


def test_without_leave_none_is_followed(receive, edge) -> None:
    receiver = leading(receive)

    assert send(edge, post(receiver.url())).status == 307
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "location",
    [
        "http://other.example/there",
        "http://user@127.0.0.1/there",
        "ftp://127.0.0.1/there",
        "http://127.0.0.1:1/there",
        "http://[::1/there",
        "",
        "http://0x7f000001/there",
    ],
)
def test_it_never_leads_to_a_host_that_is_not_listed_or_to_another_port(receive, edge, location) -> None:
    receiver = leading(receive, location=location)

    assert send(edge, post(receiver.url(), redirect_hosts=("listed.example",))).status == 307
    assert len(receiver.requests) == 1


def test_a_listed_host_is_looked_up_and_its_addresses_are_checked(receive, edges) -> None:
    resolve = answers(["127.0.0.1"], ["10.0.0.1"])
    edge: HttpEdge = edges(resolve=resolve, policy=AddressPolicy(allowed_networks=("127.0.0.0/8",)))
    receiver = receive(pointing("http://listed.example/there"))

    response = send(edge, post(receiver.url("start.example"), redirect_hosts=("listed.example",)))

    assert response.failure is Failure.ADDRESS_REFUSED
    assert "10.0.0.1" in response.detail


def test_a_redirect_from_tls_to_plain_text_is_not_followed() -> None:
    asked = get("https://a.example/", redirect_hosts=("b.example",))
    found = {
        place: next_request(asked, Response(status=307, headers=(("Location", place),)), 0)
        for place in (
            "http://b.example/",
            "http://a.example/",
            "https://b.example/x",
            "https://b.example:8443/",
        )
    }

    assert [place for place, onward in found.items() if onward] == ["https://b.example/x"]


def test_a_circle_ends(receive, edge) -> None:
    receiver = receive(pointing("/"))

    assert send(edge, post(receiver.url(), redirect_hosts=())).status == 307
    assert len(receiver.requests) == 4


def test_the_deadline_holds_for_the_whole_way(receive, edges) -> None:
    def script(connection) -> None:
        while read_request(connection):
            time.sleep(0.3)
            connection.sendall(pointing("/"))

    edge = edges(policy=LOOPBACK)
    receiver = receive(script)

    started = time.monotonic()
    response = send(edge, post(receiver.url(), redirect_hosts=(), deadline_ms=500))

    assert response.failure is Failure.TIMEOUT
    assert time.monotonic() - started < 1.5
