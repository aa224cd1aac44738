"""The circuit breaker of a lane: pure transitions between closed, open and half-open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from delivery.core.outcome import Verdict

HURTS = frozenset({Verdict.FAILED, Verdict.UNKNOWN})


class BreakerState(StrEnum):
    """Closed sends, open waits, half-open sends one probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakerPolicy:
    """Opens after this many requests in a row that failed, for this long.

    `only_observes`: that it opened is recorded and told, and nothing waits.
    """

    failures: int = 10
    open_s: float = 60.0
    only_observes: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Breaker:
    """Where a lane's breaker stands. `failures` counts requests that failed in a row."""

    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    open_until: datetime | None = None

    def admits(self, wanted: int, policy: BreakerPolicy, *, now: datetime) -> int:
        """How many requests may be sent now: all, one as a probe, or none."""
        if self.state is BreakerState.CLOSED or policy.only_observes:
            return wanted
        if self.state is BreakerState.OPEN and self.open_until is not None and now < self.open_until:
            return 0
        return min(wanted, 1)

    def probing(self, policy: BreakerPolicy) -> Breaker:
        """The breaker while its probe flies: nothing else is admitted by the lane's holder."""
        if self.state is BreakerState.CLOSED or policy.only_observes:
            return self
        return replace(self, state=BreakerState.HALF_OPEN)

    def after(self, verdict: Verdict, policy: BreakerPolicy, *, now: datetime) -> Breaker:
        """The breaker after one request. Rejected and throttled ones were answered: the other side lives."""
        if self.state is BreakerState.OPEN and self.open_until is not None and now < self.open_until:
            return self  # it left before the breaker opened: only the probe decides
        if verdict not in HURTS:
            return Breaker()
        failures = self.failures + 1
        if self.state is BreakerState.CLOSED and failures < policy.failures:
            return replace(self, failures=failures)
        until = None if policy.only_observes else now + timedelta(seconds=policy.open_s)
        return Breaker(state=BreakerState.OPEN, failures=failures, open_until=until)


class Transition(StrEnum):
    """A moment that is announced."""

    OPENED = "opened"
    CLOSED = "closed"


def transition(before: Breaker, after: Breaker) -> Transition | None:
    """What to announce between two states: opening from closed, and closing; never a failed probe."""
    was_closed, is_closed = before.state is BreakerState.CLOSED, after.state is BreakerState.CLOSED
    if was_closed and not is_closed:
        return Transition.OPENED
    if is_closed and not was_closed:
        return Transition.CLOSED
    return None
