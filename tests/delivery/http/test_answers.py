"""What the HTTP edge keeps of an answer."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable

import pytest

from delivery.core.response import BODY_LIMIT
from delivery.http import HttpEdge
from tests.delivery.http.receiver import OK, Receiver, answering_once, read_request
from tests.delivery.http.sending import get, post, send


def test_it_keeps_status_headers_and_body(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(
        b"HTTP/1.1 429 Slow\r\nRetry-After:  7 \r\nX-A: \xe9\r\nContent-Length: 3\r\n\r\n\x00\xff\xfe"
    )

    response = send(edge, get(receiver.url()))

    assert response.status == 429
    assert response.headers == (("Retry-After", "7"), ("X-A", "é"), ("Content-Length", "3"))
    assert response.header("retry-after") == "7"
    assert response.body == b"\x00\xff\xfe"
    assert response.left
    assert response.failure is None


def test_interim_answers_and_trailers_are_not_its_headers(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nok\r\n0\r\nRetry-After: 9\r\n\r\n"
    )

    response = send(edge, get(receiver.url()))

    assert response.headers == (("A", "1"), ("Transfer-Encoding", "chunked"))
    assert response.body == b"ok"


@pytest.mark.parametrize(
    ("size", "is_cut"), [(0, False), (8191, False), (8192, False), (8193, True), (10**6, True)]
)
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_the_body_is_cut_at_its_limit(
    edge: HttpEdge, receive: Callable[..., Receiver], size: int, is_cut: bool, framing: str
) -> None:
    body = ("é" * size).encode()[:size]
    heads = {
        "length": b"Content-Length: %d" % size,
        "chunked": b"Transfer-Encoding: chunked",
        "close": b"A: b",
    }
    framed = b"%x\r\n%s\r\n0\r\n\r\n" % (size, body) if framing == "chunked" and size else body
    framed = b"0\r\n\r\n" if framing == "chunked" and not size else framed
    receiver = receive(answering_once(b"HTTP/1.1 200 OK\r\n" + heads[framing] + b"\r\n\r\n" + framed))

    response = send(edge, get(receiver.url()))

    assert (response.status, response.failure) == (200, None)
    assert response.body == body[:BODY_LIMIT]
    assert response.body_truncated is is_cut


def test_an_endless_body_is_not_read_on(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    ended = threading.Event()

    def endless(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 500 Oops\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x" * 65536)
        finally:
            ended.set()

    response = send(edge, get(receive(endless).url()))

    assert (response.status, len(response.body), response.body_truncated) == (500, BODY_LIMIT, True)
    assert ended.wait(2)


def test_a_compressed_bomb_is_cut_while_it_unfolds(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    bomb = gzip.compress(b"\x00" * 50_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    receiver = receive(answering_once(head, bomb))

    response = send(edge, get(receiver.url()))

    assert response.status == 200
    assert response.body == b"\x00" * BODY_LIMIT
    assert response.body_truncated


def test_compression_that_was_not_asked_for_is_decoded(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    packed = gzip.compress(b'{"ok": true}')
    receiver = receive(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    )

    assert send(edge, get(receiver.url())).body == b'{"ok": true}'


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers_and_not_followed(
    edge: HttpEdge, receive: Callable[..., Receiver], status: int
) -> None:
    other = receive(OK)
    receiver = receive(
        b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, other.url().encode())
    )

    response = send(edge, post(receiver.url()))

    assert response.status == status
    assert response.header("location") == other.url()
    assert other.accepted == 0
