"""What stands behind every path: storage, limits, and the proxies to believe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from integrations.core.facts import Acceptance, Facts, Incoming
from integrations.ingest.client import TrustedProxies, facts_of
from integrations.ingest.limits import Limits
from integrations.ingest.request import Request

Accept = Callable[[Sequence[Incoming], Facts], Acceptance]


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """`accept` stores events; it raises KeyRefused or Busy."""

    accept: Accept
    limits: Limits = field(default_factory=Limits)
    proxies: TrustedProxies = field(default_factory=TrustedProxies)

    def facts(self, request: Request) -> Facts:
        return facts_of(request, self.proxies)
