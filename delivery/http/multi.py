"""libcurl's multi handle, and the sockets and the timer that it asks us to watch."""

from __future__ import annotations

import select
from math import inf
from time import monotonic
from typing import Any

import pycurl

_READABLE = select.POLLIN | select.POLLPRI | select.POLLHUP | select.POLLERR
_POLL_MASKS = {
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}


class Multi:
    """Drives the transfers of many easy handles; `timer_at` is when libcurl wants its next turn.

    `bell` is a file descriptor of others that is watched as well.
    """

    def __init__(self, max_connections: int, bell: int) -> None:
        self.timer_at = inf
        self._bell = bell
        self._poll = select.poll()
        self._poll.register(bell, select.POLLIN)
        self._watched: set[int] = set()
        self._added = 0
        self._running: int | None = None  # known after a turn of libcurl
        self._multi = multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, max_connections)
        multi.setopt(pycurl.M_MAXCONNECTS, max_connections)

    def add(self, curl: Any) -> None:
        """Begin the transfer of an easy handle."""
        self._multi.add_handle(curl)
        self._added += 1

    def remove(self, curl: Any) -> None:
        """Let go of an easy handle, finished or not."""
        self._multi.remove_handle(curl)
        self._added -= 1

    def turn(self, timeout_ms: float) -> bool:
        """Go on with what is ready, waiting for it at most so long. Returns whether the bell rang."""
        rang = False
        for fd, events in self._poll.poll(timeout_ms):
            if fd in self._watched:  # the one before may have closed it
                _, self._running = self._multi.socket_action(fd, _ready(events))
            elif fd == self._bell:
                rang = True
        return rang

    def turn_timer(self, now: float) -> None:
        """Let libcurl do what it wanted to do by now."""
        if self.timer_at <= now:
            self.timer_at = inf
            _, self._running = self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def finished(self) -> list[tuple[Any, int, str]]:
        """The easy handles that came to an end, each with libcurl's code and message."""
        running, self._running = self._running, None
        if running is None or running >= self._added:
            return []
        _, succeeded, failed = self._multi.info_read()
        return [*((curl, pycurl.E_OK, "") for curl in succeeded), *failed]

    def close(self) -> None:
        """Close all connections."""
        self._multi.close()

    def _watch(self, what: int, fd: int, multi: object, data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            if fd in self._watched:
                self._watched.remove(fd)
                self._poll.unregister(fd)
            return
        self._watched.add(fd)
        self._poll.register(fd, _POLL_MASKS.get(what, 0))

    def _set_timer(self, timeout_ms: int) -> None:
        self.timer_at = inf if timeout_ms < 0 else monotonic() + timeout_ms / 1000


def _ready(events: int) -> int:
    """What `poll` saw, as libcurl is told."""
    can_read = pycurl.CSELECT_IN if events & _READABLE else 0
    return int(can_read | (pycurl.CSELECT_OUT if events & select.POLLOUT else 0))
