"""Looks names up on threads of their own, as a look-up may hang for longer than any deadline."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from delivery.http.target import HostPort

Resolver = Callable[[str, int], Sequence[str]]
Found = Sequence[str] | Exception

LOOKUP_THREADS = 64  # names that are looked up at once, and so may hang before others wait


def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the order in which this host should try them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Lookups:
    """Asks the resolver on daemon threads: as many as are needed at once, one for each name.

    Its methods belong to one thread; the daemon threads touch the two queues and the bell only.
    """

    def __init__(self, resolve: Resolver) -> None:
        self._resolve = resolve
        self._questions: SimpleQueue[HostPort | None] = SimpleQueue()
        self._answers: deque[tuple[HostPort, Found]] = deque()
        self._threads = 0
        # Each name being looked up, with its other ports: they wait, lest one name takes every thread.
        self._behind: dict[str, deque[HostPort]] = {}
        self._bell, self._ringer = socket.socketpair()
        self._bell.setblocking(False)
        self._ringer.setblocking(False)

    def fileno(self) -> int:
        """What becomes readable when there are answers."""
        return self._bell.fileno()

    def ask(self, key: HostPort) -> None:
        """Look up a host for a port; the answer comes with `answers`."""
        behind = self._behind.get(key[0])
        if behind is not None:
            behind.append(key)
            return
        self._behind[key[0]] = deque()
        if self._threads < min(len(self._behind), LOOKUP_THREADS):
            self._threads += 1
            threading.Thread(target=self._work, name="http-lookup", daemon=True).start()
        self._questions.put(key)

    def answers(self) -> list[tuple[HostPort, Found]]:
        """The addresses, or the error, of each look-up that has ended."""
        self._bell.recv(4096)
        answers = [self._answers.popleft() for _ in range(len(self._answers))]
        for (host, _), _ in answers:
            if self._behind[host]:
                self._questions.put(self._behind[host].popleft())
            else:
                del self._behind[host]
        return answers

    def close(self) -> None:
        """Let the threads end once their look-up does."""
        for _ in range(self._threads):
            self._questions.put(None)
        self._bell.close()
        self._ringer.close()

    def _work(self) -> None:
        while (key := self._questions.get()) is not None:
            try:
                answer: Found = list(self._resolve(*key))
            except Exception as error:  # whatever a resolver raises is the answer
                answer = error
            self._answers.append((key, answer))
            try:
                self._ringer.send(b"!")
            except OSError:
                continue  # full, so it rings already; or closed, so nobody listens
