"""How messages are sent and tried again: policies as values, the contract's first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class SendingPolicy:
    """`waits_s` are the waits after the first failed attempt, the second, and so on; then it is over.

    `Retry-After` may stretch a wait, up to `longest_retry_after_s`. So many failed attempts in a row open
    the breaker, for `breaker_open_s`; messages that are due meanwhile wait and spend no attempt.
    """

    title: str
    deadline_ms: int = 10_000
    waits_s: tuple[float, ...]
    longest_retry_after_s: float
    breaker_failures: int = 3
    breaker_open_s: float = 300.0

    @property
    def attempts(self) -> int:
        """All of them, the first included."""
        return 1 + len(self.waits_s)


STANDARD = "standard"
POLICIES: Mapping[str, SendingPolicy] = {
    STANDARD: SendingPolicy(
        title="3 attempts, 30 seconds apart", waits_s=(30.0, 30.0), longest_retry_after_s=60.0
    ),
    "patient": SendingPolicy(
        title="8 attempts over 28 hours",
        waits_s=(5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0),
        longest_retry_after_s=3_600.0,
    ),
}
