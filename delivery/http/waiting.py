"""The exchanges that wait until their name is looked up."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from delivery.http.exchange import Exchange
from delivery.http.target import HostPort


class Waiting:
    """Exchanges by host and port; `until` is when the first of them may be overdue."""

    def __init__(self) -> None:
        self.until = inf
        self._exchanges: dict[HostPort, list[Exchange]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._exchanges.values()))

    def add(self, exchange: Exchange) -> bool:
        """Let an exchange wait. Returns whether its host and port are not being looked up yet."""
        key = exchange.target.key
        is_first = key not in self._exchanges
        self._exchanges.setdefault(key, []).append(exchange)
        self.until = min(self.until, exchange.deadline_at)
        return is_first

    def take(self, key: HostPort) -> Sequence[Exchange]:
        """Those that waited for a look-up that has ended."""
        return self._exchanges.pop(key, ())

    def take_overdue(self, now: float) -> list[Exchange]:
        """Those whose deadline has passed."""
        overdue = []
        self.until = inf
        for key, exchanges in self._exchanges.items():
            overdue += [exchange for exchange in exchanges if exchange.deadline_at <= now]
            patient = [exchange for exchange in exchanges if exchange.deadline_at > now]
            self.until = min([self.until, *(exchange.deadline_at for exchange in patient)])
            # The key stays until its look-up ends, so that a name that hangs is not looked up twice at once.
            self._exchanges[key] = patient
        return overdue

    def clear(self) -> None:
        """Forget them all."""
        self._exchanges.clear()
