"""How the HTTP edge looks names up, and what look-ups that hang may not do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from delivery.core.response import Failure
from delivery.http import HttpEdge
from delivery.http.lookups import LOOKUP_THREADS
from tests.delivery.http.receiver import OK, Receiver, hanging
from tests.delivery.http.sending import answers, finish, get, post, send


def test_a_name_without_addresses_is_a_dns_failure(edges: Callable[..., HttpEdge]) -> None:
    response = send(edges(resolve=answers([])), post("http://vendor.example/"))

    assert response.failure is Failure.DNS
    assert response.detail == "vendor.example has no address. Check its DNS records."
    assert not response.left


def test_whatever_a_resolver_raises_is_a_dns_failure(edges: Callable[..., HttpEdge]) -> None:
    def fail(host: str, port: int) -> Sequence[str]:
        raise UnicodeError("label too long")

    response = send(edges(resolve=fail), post("http://vendor.example/"))

    assert response.failure is Failure.DNS
    assert "vendor.example could not be resolved: label too long" in response.detail


def test_a_hanging_resolver_counts_within_the_deadline(edges: Callable[..., HttpEdge]) -> None:
    release = threading.Event()
    edge = edges(resolve=lambda host, port: release.wait(5) and ["127.0.0.1"])
    began = time.monotonic()

    response = send(edge, post("http://vendor.example/", deadline_ms=200))
    release.set()

    assert response.failure is Failure.TIMEOUT
    assert "vendor.example was not resolved within" in response.detail
    assert not response.left
    assert time.monotonic() - began < 1
    assert edge.wait(0.1) == []


def test_time_spent_resolving_shortens_the_deadline(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    def slow(host: str, port: int) -> Sequence[str]:
        time.sleep(0.3)
        return ["127.0.0.1"]

    began = time.monotonic()
    response = send(edges(resolve=slow), post(receive(hanging).url("vendor.example"), deadline_ms=500))

    assert (response.failure, response.left) == (Failure.TIMEOUT, True)
    assert response.phases.dns_ms is not None
    assert response.phases.dns_ms >= 300
    assert time.monotonic() - began < 0.8


def test_many_requests_make_one_lookup(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver, asked = receive(OK), []

    def count(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    edge = edges(resolve=count)
    for number in range(50):
        edge.submit(number, post(receiver.url("Vendor.Example")))
    finish(edge, 50)
    send(edge, post(receiver.url("vendor.example")))

    assert asked == [("vendor.example", receiver.port)]


class SlowNames:
    """A resolver that hangs for names that begin with "slow", and remembers who asked."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.asked: list[tuple[str, int]] = []
        self.threads: set[int] = set()

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        self.threads.add(threading.get_ident())
        if host.startswith("slow"):
            self.release.wait(5)
        return ["127.0.0.1"]


@pytest.fixture
def names() -> Iterator[SlowNames]:
    resolver = SlowNames()
    yield resolver
    resolver.release.set()


def test_names_that_hang_do_not_stop_other_names(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], names: SlowNames
) -> None:
    edge, receiver = edges(resolve=names), receive(OK)
    for number in range(50):
        edge.submit(number, post(f"http://slow{number}.example/", deadline_ms=9000))

    edge.submit("fast", post(receiver.url("vendor.example")))

    assert finish(edge)["fast"].status == 200
    assert edge.in_flight == 50


def test_one_name_with_many_ports_holds_one_thread(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], names: SlowNames
) -> None:
    edge, receiver = edges(resolve=names), receive(OK)
    for port in range(1, 2 * LOOKUP_THREADS):
        edge.submit(port, post(f"http://slow.example:{port}/", deadline_ms=9000))

    edge.submit("fast", post(receiver.url("vendor.example")))

    assert finish(edge)["fast"].status == 200
    assert sorted(names.asked) == [("slow.example", 1), ("vendor.example", receiver.port)]


def test_the_other_ports_of_a_name_follow_once_it_is_free(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], names: SlowNames
) -> None:
    edge, receivers = edges(resolve=names), [receive(OK) for _ in range(3)]
    for number, receiver in enumerate(receivers):
        edge.submit(number, post(receiver.url("slow.example")))

    names.release.set()
    finished = finish(edge, 3)

    assert [finished[number].status for number in range(3)] == [200] * 3
    assert names.asked == [("slow.example", receiver.port) for receiver in receivers]


def test_threads_are_added_as_they_are_needed(edges: Callable[..., HttpEdge], names: SlowNames) -> None:
    edge = edges(resolve=names)

    for number in range(9):
        send(edge, post(f"http://fast{number}.example:1/"))

    assert len(names.asked) == 9
    assert len(names.threads) == 1


def test_threads_are_bounded(edges: Callable[..., HttpEdge], names: SlowNames) -> None:
    edge, count = edges(resolve=names), LOOKUP_THREADS + 9
    for number in range(count):
        edge.submit(number, post(f"http://slow{number}.example:1/", deadline_ms=9000))

    assert edge.wait(0.5) == []
    assert len(names.asked) == len(names.threads) == LOOKUP_THREADS

    names.release.set()
    assert {response.failure for response in finish(edge, count).values()} == {Failure.CONNECT}
    assert len(names.asked) == count


def test_names_that_hang_do_not_stop_literal_addresses(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], names: SlowNames
) -> None:
    edge, receiver = edges(resolve=names), receive(OK)
    for number in range(LOOKUP_THREADS * 2):
        edge.submit(number, post(f"http://slow{number}.example/", deadline_ms=9000))

    edge.submit("fast", post(receiver.url()))

    assert finish(edge)["fast"].status == 200
    assert ("127.0.0.1", receiver.port) not in names.asked


def test_the_cache_of_names_is_bounded(
    edges: Callable[..., HttpEdge], monkeypatch: pytest.MonkeyPatch, names: SlowNames
) -> None:
    monkeypatch.setattr("delivery.http.routes.NAMES_LIMIT", 3)
    edge = edges(resolve=names)

    for number in (1, 2, 3, 4, 4, 3, 2, 1):
        send(edge, get(f"http://vendor{number}.example:1/"))

    assert [host[6] for host, _ in names.asked] == ["1", "2", "3", "4", "1"]
