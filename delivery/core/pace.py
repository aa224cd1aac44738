"""The pace that a lane learns from being asked to slow down: down by the throttled share, up slowly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from math import inf

from delivery.core.rate import RateLimit

WINDOW_S = 1.0  # answers are counted for so long before the pace follows them
KEPT_AT_LEAST = 0.5  # of the pace after one window, however many were throttled in it
BELOW = 0.95  # and a little below what was taken, so that the next rise does not meet the limit at once
RISE = 1.03  # after a window in which nobody was throttled
RISE_PER_S = 0.05  # and so much on top, or a slow pace would never come up
BINDING = 0.5  # the pace rises only where at least this share of it was used: idle time teaches nothing
SLOWEST_PER_S = 0.1  # no pace falls below, but where less is declared
FREE_PER_S = 2_000.0  # an undeclared pace that has risen so far limits nothing any more


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """What a lane learned of how fast the other side takes requests.

    `per_s` is None while nothing but the declared limit holds. The answers of a window are counted from
    `since`, the last of them came at `until`; `seen_per_s` is the rate of the window before. `lulls` counts
    the waits in a row after which the first answer was a request to slow down again.
    """

    per_s: float | None = None
    seen_per_s: float = 0.0
    since: datetime | None = None
    until: datetime | None = None
    answered: int = 0
    throttled: int = 0
    lulls: int = 0

    def limit(self, declared: RateLimit | None) -> RateLimit | None:
        """The limit that holds now: the slower of the declared and the learned one, None for neither."""
        if self.per_s is None or (declared is not None and self.per_s >= declared.per_s):
            return declared
        most = declared.burst if declared is not None else inf
        return RateLimit(per_s=self.per_s, burst=max(1.0, min(self.per_s * WINDOW_S, most)))

    def after(self, *, is_throttled: bool, now: datetime) -> Pace:
        """The pace with one more answer counted."""
        return Pace(  # not by `replace`, which costs twice as much: this is done for every request
            per_s=self.per_s,
            seen_per_s=self.seen_per_s,
            since=self.since or now,
            until=now,
            answered=self.answered + 1,
            throttled=self.throttled + is_throttled,
            lulls=self.lulls if is_throttled else 0,
        )

    def lull(self, longest_s: float) -> tuple[Pace, float]:
        """How long to wait after being throttled with no time named: twice as long each time in a row."""
        wait_s = min(WINDOW_S * 2.0 ** min(self.lulls, 30), longest_s)
        return replace(self, lulls=self.lulls + 1), wait_s

    def settled(self, declared: RateLimit | None, *, now: datetime) -> Pace:
        """The pace that follows from the counted window, once that is over."""
        if self.since is None or self.until is None or (now - self.since).total_seconds() < WINDOW_S:
            return self
        seen = self.answered / max((self.until - self.since).total_seconds(), WINDOW_S)
        per_s = self._slower(seen, declared) if self.throttled else self._faster(seen, declared)
        return Pace(per_s=per_s, seen_per_s=seen, lulls=self.lulls)

    def _slower(self, seen: float, declared: RateLimit | None) -> float:
        """Down by the throttled share, from what was really sent."""
        cap = declared.per_s if declared is not None else inf
        sent = min(self.per_s or inf, cap, max(seen, self.seen_per_s))
        kept = max(1 - self.throttled / self.answered, KEPT_AT_LEAST) * BELOW
        return max(sent * kept, min(SLOWEST_PER_S, cap / 2))

    def _faster(self, seen: float, declared: RateLimit | None) -> float | None:
        if self.per_s is None or seen < self.per_s * BINDING:
            return self.per_s
        cap = declared.per_s if declared is not None else FREE_PER_S
        risen = self.per_s * RISE + min(RISE_PER_S, cap * RISE_PER_S)
        return None if risen >= cap else risen
