"""The load generator, and the bare HTTP client of the comparison: plain pycurl multi, nothing around it."""

from __future__ import annotations

import select
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pycurl

TIMEOUT_S = 60.0  # of one run, after which it gives up
MASKS = {
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}


class WrongAnswer(Exception):
    """Something other than 200 came back: the measurement means nothing."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """Bodies for one address of this machine, over so many kept connections.

    `at`: when each is to be sent, by time.monotonic() and whether or not earlier ones were answered; without
    it, a body is sent as soon as a connection is free.
    """

    url: str
    bodies: Sequence[bytes]
    headers: Sequence[str] = ()
    connections: int = 32
    at: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if urlsplit(self.url).hostname != "127.0.0.1":
            raise ValueError(f"{self.url} is not on this machine; the benchmarks load nobody else's.")


def post(load: Load) -> float:
    """Post every body once; the seconds that it took. Raises WrongAnswer for any answer but 200."""
    client = _Client(load)
    started = time.perf_counter()
    try:
        client.run(until=started + TIMEOUT_S)
        return time.perf_counter() - started
    finally:
        client.close()


class _Client:
    def __init__(self, load: Load) -> None:
        self.waiting = deque(zip(load.at or [0.0] * len(load.bodies), load.bodies, strict=True))
        self.statuses: Counter[int] = Counter()
        self.flying = 0
        self.poll = select.poll()
        self.watched: set[int] = set()
        self.timer_at: float | None = None
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self.multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self.multi.setopt(pycurl.M_MAXCONNECTS, load.connections)
        self.handles = [_handle(load) for _ in range(min(load.connections, len(load.bodies)))]
        self.free = list(self.handles)

    def run(self, *, until: float) -> None:
        while self.flying or self.waiting:
            self._send_due()
            self._turn()
            if time.perf_counter() > until:
                raise WrongAnswer(f"{self.flying} requests were not answered within {TIMEOUT_S:g} s.")
        if set(self.statuses) - {200}:
            raise WrongAnswer(f"Answers by status, 0 for none: {dict(self.statuses)}.")

    def close(self) -> None:
        for curl in self.handles:
            curl.close()
        self.multi.close()

    def _turn(self) -> None:
        for fd, events in self.poll.poll(self._wait_ms()):
            ready = (pycurl.CSELECT_OUT if events & select.POLLOUT else 0) | (
                pycurl.CSELECT_IN if events & ~select.POLLOUT else 0
            )
            if fd in self.watched:
                self.multi.socket_action(fd, ready)
        if self.timer_at is not None and self.timer_at <= time.perf_counter():
            self.timer_at = None
            self.multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        _, succeeded, failed = self.multi.info_read()
        for curl in [*succeeded, *(curl for curl, _, _ in failed)]:
            self._land(curl)

    def _land(self, curl: Any) -> None:
        self.statuses[curl.getinfo(pycurl.RESPONSE_CODE)] += 1
        self.multi.remove_handle(curl)
        self.flying -= 1
        self.free.append(curl)

    def _send_due(self) -> None:
        now = time.monotonic()
        while self.free and self.waiting and self.waiting[0][0] <= now:
            curl, (_, body) = self.free.pop(), self.waiting.popleft()
            curl.setopt(pycurl.POSTFIELDS, body)
            self.multi.add_handle(curl)
            self.flying += 1

    def _wait_ms(self) -> float:
        """Until curl's timer, the next body or a tenth of a second, whichever comes first."""
        seconds = 0.1
        if self.timer_at is not None:
            seconds = min(seconds, self.timer_at - time.perf_counter())
        if self.free and self.waiting:
            seconds = min(seconds, self.waiting[0][0] - time.monotonic())
        return max(seconds, 0.0) * 1000

    def _watch(self, what: int, fd: int, multi: object, data: object) -> None:
        if what != pycurl.POLL_REMOVE:
            self.watched.add(fd)
            self.poll.register(fd, MASKS.get(what, 0))
        elif fd in self.watched:
            self.watched.remove(fd)
            self.poll.unregister(fd)

    def _set_timer(self, timeout_ms: int) -> None:
        self.timer_at = None if timeout_ms < 0 else time.perf_counter() + timeout_ms / 1000


def _handle(load: Load) -> Any:
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, load.url)
    curl.setopt(pycurl.HTTPHEADER, ["Expect:", *load.headers])
    curl.setopt(pycurl.POST, 1)
    curl.setopt(pycurl.WRITEFUNCTION, BytesIO().write)
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.PROXY, "")
    curl.setopt(pycurl.TIMEOUT, int(TIMEOUT_S))
    return curl
