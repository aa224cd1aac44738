"""What the HTTP edge says when servers hang, break off or talk nonsense."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from delivery.core.response import Failure
from delivery.http import HttpEdge
from delivery.http.headers import HEADER_BYTES_LIMIT, HEADER_COUNT_LIMIT
from tests.delivery.http.receiver import OK, Receiver, Script, answering_once, hanging, read_request
from tests.delivery.http.sending import LOOPBACK, get, post, send


def test_a_closed_port_is_a_connect_failure(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK)
    receiver.close()

    response = send(edge, post(receiver.url()))

    assert response.failure is Failure.CONNECT
    assert not response.left
    assert response.phases.connect_ms is None
    assert response.detail == (
        f"Could not connect to 127.0.0.1 (127.0.0.1) port {receiver.port}. "
        "Check that the server runs and lets us in."
    )


def test_a_hanging_server_is_cut_at_the_deadline(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    began = time.monotonic()

    response = send(edge, post(receive(hanging).url(), deadline_ms=300))

    assert response.failure is Failure.TIMEOUT
    assert response.left
    assert "No answer from 127.0.0.1" in response.detail
    assert response.phases.first_byte_ms is None
    assert 0.25 < time.monotonic() - began < 1


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"]
)
def test_a_dripping_answer_is_cut_at_the_deadline(
    edge: HttpEdge, receive: Callable[..., Receiver], beginning: bytes
) -> None:
    def drip(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(beginning)
        while True:
            connection.sendall(b"H" if not beginning else b"x")
            time.sleep(0.02)

    began = time.monotonic()
    response = send(edge, post(receive(drip).url(), deadline_ms=300))

    assert response.failure in (Failure.TIMEOUT, Failure.PROTOCOL if not beginning else Failure.TIMEOUT)
    assert response.left
    assert time.monotonic() - began < 1


def test_a_server_that_does_not_read_is_cut_at_the_deadline(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(lambda connection: time.sleep(1))

    response = send(edge, post(receiver.url(), b"x" * 20_000_000, deadline_ms=300))

    assert (response.failure, response.left) == (Failure.TIMEOUT, True)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def resetting_after(answer: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)
        time.sleep(0.05)
        reset(connection)

    return script


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 O", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"]
)
@pytest.mark.parametrize("ending", [resetting_after, answering_once])
def test_a_connection_that_breaks_is_a_reset(
    edge: HttpEdge, receive: Callable[..., Receiver], ending: Callable[[bytes], Script], answer: bytes
) -> None:
    response = send(edge, post(receive(ending(answer)).url()))

    assert response.failure is Failure.RESET
    assert response.status is None
    assert response.left
    assert ("after status 200" in response.detail) is answer.endswith(b"ab")


def test_a_body_longer_than_its_length_is_cut_there(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK + b"HTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n")

    first, second = send(edge, get(receiver.url())), send(edge, get(receiver.url()))

    assert (first.status, first.body) == (200, b"ok")
    assert second.status == 200
    assert receiver.accepted == 2


MALFORMED = {
    "no http": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "http 0.9": b"hello",
    "binary": bytes(range(256)) * 10,
    "bad version": b"HTTP/9.9 200 OK\r\n\r\n",
    "bad status": b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
    "text length": b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\nok",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n",
    "huge chunk size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nok\r\n",
    "nul in header": b"HTTP/1.1 200 OK\r\nA: \x00\r\nContent-Length: 0\r\n\r\n",
    "large header": b"HTTP/1.1 200 OK\r\nA: " + b"x" * 1_000_000 + b"\r\n\r\n",
    "large headers": b"HTTP/1.1 200 OK\r\n" + b"A: xxxxxxxxxx\r\n" * 70_000 + b"\r\n",
    "endless interim": b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" * 10_000,
    "bad gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_an_answer_that_is_not_http_is_a_protocol_failure(
    edge: HttpEdge, receive: Callable[..., Receiver], name: str
) -> None:
    response = send(edge, post(receive(answering_once(MALFORMED[name])).url()))

    assert response.failure is Failure.PROTOCOL, response
    assert response.status is None
    assert response.left
    assert response.detail.startswith("The answer of 127.0.0.1")


def test_an_absurd_length_is_not_believed(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"

    response = send(edge, post(receive(answering_once(head, b"x" * 9000)).url()))

    assert response.failure is not None or response.body_truncated


def test_headers_are_kept_up_to_their_limit(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + b"A: b\r\n" * 1000 + b"\r\n")

    assert len(send(edge, get(receiver.url())).headers) == HEADER_COUNT_LIMIT


def test_more_header_bytes_than_the_limit_are_a_failure(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(
        b"HTTP/1.1 200 OK\r\n" + b"A: %s\r\n" % (b"x" * 1000) * (HEADER_BYTES_LIMIT // 1000 + 1) + b"\r\n"
    )

    assert "too many headers" in send(edge, get(receiver.url())).detail


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=300), prefix=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 "]))
def test_noise_never_raises(receive: Callable[..., Receiver], noise: bytes, prefix: bytes) -> None:
    receiver, edge = receive(answering_once(prefix + noise)), HttpEdge(policy=LOOPBACK)

    response = send(edge, get(receiver.url(), deadline_ms=500))

    assert (response.status is None) is (response.failure is not None)
    edge.close()
    receiver.close()
