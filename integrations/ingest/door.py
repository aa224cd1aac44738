"""What stands behind every path: storage, limits, and the proxies to believe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from integrations.core.facts import Acceptance, Facts, Incoming
from integrations.ingest.client import TrustedProxies, facts_of
from integrations.ingest.limits import Limits
from integrations.ingest.request import Request

Accept = Callable[[Sequence[Incoming], Facts], Acceptance]
CountRefused = Callable[[str, Mapping[str, int]], None]


def count_nothing(key: str, numbers: Mapping[str, int]) -> None:
    """For doors that nobody counts at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """`accept` stores events, and counts them; it raises KeyRefused or Busy.

    `count_refused` takes what never got that far: numbers by reason, under the write key as it was sent.
    """

    accept: Accept
    count_refused: CountRefused = count_nothing
    limits: Limits = field(default_factory=Limits)
    proxies: TrustedProxies = field(default_factory=TrustedProxies)

    def facts(self, request: Request) -> Facts:
        return facts_of(request, self.proxies)
