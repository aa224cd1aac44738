"""Many requests at once on kept connections, each within its deadline."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from delivery.core.response import Failure
from delivery.http import HttpEdge
from tests.delivery.http.receiver import OK, Receiver, hanging, read_request
from tests.delivery.http.sending import LOOPBACK, answers, finish, get, post, send


def test_connections_are_kept_from_one_drain_to_the_next(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)

    first, *rest = [send(edge, post(receiver.url())) for _ in range(10)]

    assert receiver.accepted == 1
    assert first.phases.connect_ms
    assert {response.phases.connect_ms for response in rest} == {0.0}
    assert {response.phases.tls_ms for response in rest} == {None}


def test_phases_come_in_order(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    phases = send(edge, post(receive(OK).url())).phases

    points = [phases.dns_ms, phases.connect_ms, phases.first_byte_ms, phases.total_ms]
    assert None not in points
    assert points == sorted(point for point in points if point is not None)
    assert 0 < phases.total_ms < 2000


def test_what_did_not_leave_is_not_left_after_a_success(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    gone, receiver = receive(OK), receive(OK)
    gone.close()

    send(edge, post(receiver.url()))
    response = send(edge, post(gone.url()))

    assert (response.failure, response.left) == (Failure.CONNECT, False)
    assert response.headers == ()
    assert len(edge._idle) == 1


def test_many_requests_run_at_once(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    def slowly(connection: socket.socket) -> None:
        while read_request(connection):
            time.sleep(0.1)
            connection.sendall(OK)

    receiver, began = receive(slowly), time.monotonic()
    for number in range(100):
        edge.submit(number, post(receiver.url()))
    assert edge.in_flight == 100
    finished = finish(edge, 100)

    assert {response.status for response in finished.values()} == {200}
    assert set(finished) == set(range(100))
    assert edge.in_flight == 0
    assert time.monotonic() - began < 3


def test_each_response_belongs_to_its_token(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    def echo(connection: socket.socket) -> None:
        while request := read_request(connection):
            body = request.partition(b"\r\n\r\n")[2]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    receiver = receive(echo)
    for number in range(200):
        edge.submit(number, post(receiver.url(), str(number).encode()))

    for token, response in finish(edge, 200).items():
        assert response.body == str(token).encode()


def test_one_that_hangs_slows_no_other(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK)
    edge.submit("hanging", post(receive(hanging).url(), deadline_ms=2000))

    began = time.monotonic()
    for _ in range(50):
        edge.submit("fast", post(receiver.url()))
        assert [token for token, _ in edge.wait(1)] == ["fast"]

    assert time.monotonic() - began < 1
    assert edge.in_flight == 1


def test_more_requests_than_connections_take_turns(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver, edge = receive(OK), edges(max_connections=3)
    for number in range(30):
        edge.submit(number, post(receiver.url()))

    finished = finish(edge, 30)

    assert {response.status for response in finished.values()} == {200}
    assert receiver.accepted <= 3
    assert len(edge._idle) == 3


def test_idle_connections_give_way_to_other_hosts(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    edge, receivers = edges(max_connections=2), [receive(OK) for _ in range(5)]

    assert [send(edge, post(receiver.url())).status for receiver in receivers] == [200] * 5


def test_waiting_for_a_free_connection_counts_within_the_deadline(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver, edge = receive(hanging), edges(max_connections=1)
    edge.submit("first", post(receiver.url(), deadline_ms=2000))
    edge.submit("second", post(receiver.url(), deadline_ms=300))

    [(token, response)] = edge.wait(1)

    assert (token, response.failure, response.left) == ("second", Failure.TIMEOUT, False)
    assert response.detail.startswith("No connection was free")


def test_waiting_for_nothing_ends_in_time(edge: HttpEdge) -> None:
    began = time.monotonic()

    assert edge.wait(0.1) == []
    assert edge.wait(0) == []
    assert 0.09 < time.monotonic() - began < 0.5


def test_waiting_uses_no_processor(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    edge.submit("hanging", post(receive(hanging).url(), deadline_ms=5000))

    began = time.thread_time()
    edge.wait(0.5)

    assert time.thread_time() - began < 0.1


def test_closing_drops_what_is_in_flight(receive: Callable[..., Receiver]) -> None:
    edge, receiver = HttpEdge(policy=LOOPBACK, resolve=answers(["127.0.0.1"])), receive(hanging)
    edge.submit("flying", post(receiver.url()))
    edge.submit("waiting", post(receiver.url("vendor.example")))
    edge.wait(0.1)

    edge.close()

    assert edge.in_flight == 0


def test_another_process_may_not_use_it(edge: HttpEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: -1)

    with pytest.raises(RuntimeError, match="Make one after the fork"):
        edge.submit("token", get("http://127.0.0.1:1/"))


def test_the_environment_is_ignored(
    edges: Callable[..., HttpEdge],
    receive: Callable[..., Receiver],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    proxy, receiver = receive(OK), receive(OK)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url())

    response = send(edges(), get(receiver.url()))

    assert response.status == 200
    assert (proxy.accepted, receiver.accepted) == (0, 1)
    assert b"Authorization" not in receiver.requests[0]
