"""Whatever becomes of a kept connection, one submitted request is sent once."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from delivery.core.request import Request
from delivery.core.response import Failure, Response
from delivery.http import HttpEdge
from tests.delivery.http.receiver import OK, Receiver, Script, answering_once, read_request
from tests.delivery.http.sending import finish, get, post, send

METHODS = ["POST", "PUT", "PATCH", "GET", "HEAD", "DELETE"]
HEAD_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def breaking(receive: Callable[..., Receiver]) -> Callable[..., Receiver]:
    """Starts a receiver that answers the first request of each connection and breaks on the second."""

    def start(ending: Script = lambda connection: None, first: int = 1) -> Receiver:
        together = threading.Barrier(first)

        def script(connection: socket.socket) -> None:
            receiver.requests.append(read_request(connection))
            if receiver.accepted <= first:
                together.wait(5)
            connection.sendall(HEAD_OK)
            if request := read_request(connection):
                receiver.requests.append(request)
            ending(connection)

        receiver: Receiver = receive(script)
        return receiver

    return start


def of_method(method: str, url: str, **options: object) -> Request:
    body = b"{}" if method in ("POST", "PUT", "PATCH") else b""
    return get(url, method=method, body=body, **options)


def sent_to(receiver: Receiver, path: str) -> int:
    return sum(f" {path} ".encode() in request.partition(b"\r\n")[0] for request in receiver.requests)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def begin_an_answer(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 2")


def wait_a_little(connection: socket.socket) -> None:
    time.sleep(0.2)


def assert_unknown(response: Response) -> None:
    assert (response.failure, response.left, response.status) == (Failure.RESET, True, None)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("ending", [lambda _: None, reset, begin_an_answer], ids=["close", "reset", "begin"])
def test_a_kept_connection_that_breaks_is_a_reset(
    edge: HttpEdge, breaking: Callable[..., Receiver], method: str, ending: Script
) -> None:
    receiver = breaking(ending)
    send(edge, get(receiver.url()))

    response = send(edge, of_method(method, receiver.url(path="/once")))

    assert_unknown(response)
    assert sent_to(receiver, "/once") == 1
    assert receiver.accepted == 1


def test_it_says_that_the_outcome_is_unknown(edge: HttpEdge, breaking: Callable[..., Receiver]) -> None:
    receiver = breaking(wait_a_little)
    send(edge, post(receiver.url()))

    response = send(edge, post(receiver.url()))

    assert response.detail == (
        f"127.0.0.1 (127.0.0.1) port {receiver.port} closed the connection without an answer. "
        "Whether the request was carried out is not known. Check the server's log."
    )
    phases = response.phases
    assert (phases.connect_ms, phases.tls_ms, phases.first_byte_ms) == (0.0, None, None)
    assert 200 <= phases.total_ms < 1000


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_it_is_not_sent_on_another_kept_connection(
    edge: HttpEdge, breaking: Callable[..., Receiver], method: str
) -> None:
    receiver = breaking(first=3)
    for number in range(3):
        edge.submit(number, get(receiver.url()))
    finish(edge, 3)

    response = send(edge, of_method(method, receiver.url(path="/once")))

    assert_unknown(response)
    assert sent_to(receiver, "/once") == 1
    assert receiver.accepted == 3


def test_every_reset_on_one_handle_is_told(edge: HttpEdge, breaking: Callable[..., Receiver]) -> None:
    receiver = breaking()

    responses = [send(edge, post(receiver.url(path=f"/{number}"))) for number in range(20)]

    assert [response.failure for response in responses] == [None, Failure.RESET] * 10
    assert [sent_to(receiver, f"/{number}") for number in range(20)] == [1] * 20


def test_a_body_that_left_in_part_is_not_sent_again(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    def read_the_beginning(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK)
        receiver.requests.append(connection.recv(1000))

    receiver = receive(read_the_beginning)
    send(edge, post(receiver.url()))

    assert_unknown(send(edge, post(receiver.url(), b"x" * 20_000_000)))
    assert (receiver.accepted, len(receiver.requests)) == (1, 1)


@pytest.mark.parametrize("method", METHODS)
def test_a_kept_connection_that_was_closed_while_idle_is_no_failure(
    edge: HttpEdge, receive: Callable[..., Receiver], method: str
) -> None:
    receiver = receive(answering_once(HEAD_OK))

    for number in range(1, 4):
        assert send(edge, of_method(method, receiver.url())).status == 200
        assert receiver.accepted == number
        time.sleep(0.05)  # the server's close arrives


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_kept_connection_that_takes_nothing_is_no_failure(
    edge: HttpEdge, receive: Callable[..., Receiver], method: str
) -> None:
    receiver = receive(OK)
    for number in range(10):
        assert send(edge, of_method(method, receiver.url(path=f"/{number}"))).status == 200
        shut_for_writing(receiver.port)

    assert [sent_to(receiver, f"/{number}") for number in range(10)] == [1] * 10
    assert receiver.accepted == 10


def shut_for_writing(port: int) -> None:
    """Make all writing to this port fail: libcurl sees it only once it tries."""
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # gone meanwhile, or without a peer
            if os.readlink(link).startswith("socket:"):
                with socket.fromfd(int(link.name), socket.AF_INET, socket.SOCK_STREAM) as connection:
                    if connection.getpeername()[1:] == (port,):
                        connection.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_what_must_not_double_has_a_connection_of_its_own(
    edge: HttpEdge, receive: Callable[..., Receiver], method: str
) -> None:
    receiver = receive(OK)
    send(edge, get(receiver.url()))

    only, after = (
        send(edge, of_method(method, receiver.url(), is_repeatable=is_repeatable))
        for is_repeatable in (False, True)
    )

    assert (only.status, after.status) == (200, 200)
    assert only.phases.connect_ms
    assert after.phases.connect_ms == 0.0
    assert receiver.accepted == 2


def test_what_must_not_double_takes_its_turn(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver, edge = receive(OK), edges(max_connections=2)
    for number in range(10):
        edge.submit(number, post(receiver.url(), is_repeatable=False))

    assert {response.status for response in finish(edge, 10).values()} == {200}
    assert receiver.accepted == 10
