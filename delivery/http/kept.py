"""Whether a connection that is kept for later requests was closed meanwhile by the other side."""

from __future__ import annotations

import select

Ends = tuple[object, ...]  # both addresses and both ports, as libcurl tells them

CONNECTIONS_LIMIT = 4096  # that are remembered, those that ended included
_ANYTHING = select.POLLIN | select.POLLPRI | select.POLLRDHUP


class KeptConnections:
    """Looks at a connection just before it is used again, as libcurl does so only once a second.

    What has ended is not forgotten at once, yet libcurl never asks for it: its ends come again with a new
    connection only, which is then remembered in its place.
    """

    def __init__(self) -> None:
        self._polls: dict[Ends, select.poll] = {}

    def remember(self, ends: Ends, fd: int) -> None:
        """Know a new connection by its ends; `fd` is its socket, negative when it was not kept."""
        self._polls.pop(ends, None)
        if fd < 0:
            return
        while len(self._polls) >= CONNECTIONS_LIMIT:
            del self._polls[next(iter(self._polls))]
        self._polls[ends] = poll = select.poll()
        poll.register(fd, _ANYTHING)

    def is_silent(self, ends: Ends) -> bool:
        """Whether nothing came over the connection since its last answer: no end, and no bytes unasked for.

        True also for one that is not remembered yet: it passes from its first request to one that waited.
        """
        poll = self._polls.get(ends)
        return poll is None or not poll.poll(0)
