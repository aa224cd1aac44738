"""What a kept connection tells before it is used again."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from delivery.http import kept
from delivery.http.kept import KeptConnections

ENDS = ("192.0.2.1", "192.0.2.2", 443, 50_000)

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def connections(pair: Pair) -> KeptConnections:
    connections = KeptConnections()
    connections.remember(ENDS, pair[0].fileno())
    return connections


def test_an_idle_one_is_silent(connections: KeptConnections) -> None:
    assert connections.is_silent(ENDS)


def test_one_that_was_closed_is_not(connections: KeptConnections, pair: Pair) -> None:
    pair[1].close()

    assert not connections.is_silent(ENDS)


def test_one_that_sends_unasked_is_not(connections: KeptConnections, pair: Pair) -> None:
    pair[1].send(b"HTTP/1.1 408 Request Timeout\r\n\r\n")

    assert not connections.is_silent(ENDS)


def test_one_that_is_not_remembered_yet_is(connections: KeptConnections) -> None:
    assert connections.is_silent(("192.0.2.1", "192.0.2.2", 443, 50_001))


def test_a_new_one_takes_the_place_of_one_that_ended(connections: KeptConnections, pair: Pair) -> None:
    pair[1].close()
    ours, theirs = socket.socketpair()

    with ours, theirs:
        connections.remember(ENDS, ours.fileno())
        assert connections.is_silent(ENDS)

    connections.remember(ENDS, -1)
    assert connections._polls == {}


def test_only_so_many_are_remembered(
    connections: KeptConnections, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "CONNECTIONS_LIMIT", 3)

    for port in range(5):
        connections.remember(("port", port), pair[0].fileno())

    assert list(connections._polls) == [("port", 2), ("port", 3), ("port", 4)]
