"""What the HTTP edge sends, and what it refuses to send."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from delivery.core.response import Failure
from delivery.http import HttpEdge
from tests.delivery.http.receiver import OK, Receiver
from tests.delivery.http.sending import get, post, send


def test_it_sends_method_path_headers_and_body(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK)
    url = receiver.url(path="/a/../b?x=%20|{}")

    response = send(edge, post(url, b"a\x00\xff", headers=(("X-One", "1"), ("X-Empty", ""), ("X-Utf", "é"))))

    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    assert response.status == 200
    assert head.split(b"\r\n") == [
        b"POST /a/../b?x=%20|{} HTTP/1.1",
        f"Host: 127.0.0.1:{receiver.port}".encode(),
        b"User-Agent: s2sadmin",
        b"Accept: */*",
        b"Accept-Encoding: identity",
        b"X-One: 1",
        b"X-Empty:",
        "X-Utf: é".encode(),
        b"Content-Length: 3",
    ]
    assert body == b"a\x00\xff"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("body", [b"", b"x"])
def test_it_speaks_every_method(
    edge: HttpEdge, receive: Callable[..., Receiver], method: str, body: bytes
) -> None:
    receiver = receive(b"HTTP/1.1 204 No Content\r\n\r\n")

    response = send(edge, get(receiver.url(), method=method, body=body))

    assert response.status == 204
    assert receiver.requests[0].startswith(method.encode() + b" / HTTP/1.1\r\n")
    assert method == "HEAD" or receiver.requests[0].endswith(b"\r\n\r\n" + body)


def test_it_waits_for_no_body_after_head(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")

    responses = [send(edge, get(receiver.url(), method="HEAD")) for _ in range(2)]

    assert [response.status for response in responses] == [200, 200]
    assert receiver.accepted == 1


def test_the_headers_of_the_request_win(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK)
    headers = (("user-agent", "mine"), ("accept-encoding", "gzip"), ("content-type", "text/plain"))

    send(edge, post(receiver.url(), headers=headers))

    head = receiver.requests[0].lower()
    assert head.count(b"user-agent:") == head.count(b"accept-encoding:") == head.count(b"content-type:") == 1
    assert b"user-agent: mine\r\n" in head


def test_nothing_of_one_request_is_in_the_next(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok")

    send(edge, post(receiver.url(path="/one"), b"secret", headers=(("Authorization", "secret"),)))
    second = send(edge, get(receiver.url(path="/two")))

    assert receiver.accepted == 1
    assert second.body == b"ok"
    assert b"GET /two HTTP/1.1" in receiver.requests[1]
    for word in (b"secret", b"Authorization", b"Cookie", b"Content-", b"Referer"):
        assert word not in receiver.requests[1]


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection", "Expect"])
def test_it_refuses_headers_that_frame_the_request(edge: HttpEdge, name: str) -> None:
    response = send(edge, get("http://127.0.0.1:1/", headers=((name, "1"),)))

    assert response.failure is Failure.PROTOCOL
    assert response.detail == f"The header {name} is set by the connection itself. Remove it."
    assert not response.left


@pytest.mark.parametrize(
    "header",
    [
        ("A", "b\r\nX: y"),
        ("A", "\x00"),
        ("A\n", "b"),
        ("A: b\r\nX", "y"),
        ("", "b"),
        ("Ä", "b"),
        ("A b", "c"),
    ],
)
def test_it_refuses_headers_that_smuggle(edge: HttpEdge, header: tuple[str, str]) -> None:
    response = send(edge, get("http://127.0.0.1:1/", headers=(header,)))

    assert response.failure is Failure.PROTOCOL
    assert not response.left


def test_headers_that_are_too_large_are_a_failure(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    response = send(edge, get(receive(OK).url(), headers=(("A", "x" * 2_000_000),)))

    assert response.failure is Failure.PROTOCOL
    assert "could not be sent" in response.detail
    assert not response.left


def test_a_url_that_is_too_long_is_a_failure(edge: HttpEdge) -> None:
    response = send(edge, get("http://127.0.0.1/" + "x" * 9_000_000))

    assert response.failure is Failure.PROTOCOL
    assert "The URL is too long" in response.detail


def test_it_refuses_an_unknown_method(edge: HttpEdge) -> None:
    assert send(edge, get("http://127.0.0.1:1/", method="GET / HTTP/1.1\r\nX:")).failure is Failure.PROTOCOL


@pytest.mark.parametrize("body_size", [1_100_000, 5_000_000])
def test_a_large_body_goes_out_without_expect(
    edge: HttpEdge, receive: Callable[..., Receiver], body_size: int
) -> None:
    receiver = receive(OK)

    response = send(edge, post(receiver.url(), b"x" * body_size))

    assert response.status == 200
    assert receiver.requests[0].endswith(b"x" * body_size)
    assert b"Expect" not in receiver.requests[0][:500]
