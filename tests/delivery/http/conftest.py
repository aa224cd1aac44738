"""Receivers and edges that are closed after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from delivery.http import HttpEdge
from tests.delivery.http.receiver import Receiver, Script, answer_all
from tests.delivery.http.sending import LOOPBACK


@pytest.fixture
def receive() -> Iterator[Callable[..., Receiver]]:
    """Starts receivers; their script is bytes (answered to every request) or a function of the socket."""
    started: list[Receiver] = []

    def start(script: Script | bytes, **options: object) -> Receiver:
        receiver: Receiver
        if isinstance(script, bytes):
            receiver = Receiver(lambda connection: answer_all(connection, script, receiver), **options)  # type: ignore[arg-type]
        else:
            receiver = Receiver(script, **options)  # type: ignore[arg-type]
        started.append(receiver)
        return receiver

    yield start
    for receiver in started:
        receiver.close()


@pytest.fixture
def edges() -> Iterator[Callable[..., HttpEdge]]:
    made: list[HttpEdge] = []

    def make(**options: object) -> HttpEdge:
        made.append(HttpEdge(**{"policy": LOOPBACK, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for edge in made:
        edge.close()


@pytest.fixture
def edge(edges: Callable[..., HttpEdge]) -> HttpEdge:
    return edges()
