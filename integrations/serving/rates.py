"""How often one client may ask: counted in this process, in bounded memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil
from threading import Lock

from cachetools import TTLCache

from integrations.core.facts import Busy

WINDOW_S = 60.0
MOST_CLIENTS = 50_000  # beyond it those who asked longest ago begin anew


class Rate:
    """So many a minute for each client; a client's minute begins with its first request."""

    def __init__(
        self, per_minute: int, *, most: int = MOST_CLIENTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.per_minute = per_minute
        self._clock = clock
        # Each value is [asked so far, when the minute ends]: changed in place, so that it does not end later.
        self._counts: TTLCache[tuple[str, str], list[float]] = TTLCache(most, WINDOW_S, clock)
        self._lock = Lock()

    def count(self, address: str, what: str = "") -> None:
        """One more. Raises Busy when there were too many."""
        with self._lock:
            count = self._counts.get((address, what))
            if count is None:
                count = self._counts[address, what] = [0, self._clock() + WINDOW_S]
            count[0] += 1
            is_over = count[0] > self.per_minute
        if is_over:
            raise self._busy(count[1])

    def check(self, address: str, what: str = "") -> None:
        """Raises Busy when one more would be too many; counts nothing."""
        with self._lock:
            count = self._counts.get((address, what))
        if count is not None and count[0] >= self.per_minute:
            raise self._busy(count[1])

    def _busy(self, ends_at: float) -> Busy:
        wait_s = max(1, ceil(ends_at - self._clock()))
        message = (
            f"More than {self.per_minute} requests a minute came from this address. Come back in {wait_s} s; "
            "for many visitors, put a CDN before the cluster."
        )
        return Busy(429, wait_s, message)
