"""The pace that a lane learns from being asked to slow down: soon back at what was taken, then beyond."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from math import cbrt, inf, sqrt

from delivery.core.rate import RateLimit

WINDOW_S = 1.0  # the pace follows what was taken in so long
BURST_S = 0.25  # so much of a second's pace may leave at once
LULL_S = 0.25  # the shortest wait where none is named
DIP = 0.2  # so far below its best a pace begins again
REGAIN_S = 5.0  # after so long it is back there; after two and a half times that it has doubled
REGAIN_LEAST = 20  # and after so many requests, or a slow lane would be refused too often
WAITS_TO_REGAIN = 6.0  # and after so many times the last wait: where being refused costs more, it dares less
LONGEST_REGAIN_S = 60.0
RISE_MOST = 1.5  # from one window to the next
FALL_MOST = 0.3  # of the best, however little was taken: few answers may be chance
LONG_WAIT_S = 5.0  # a wait that may tell of a limit over minutes
BINDING = 0.5  # the pace rises only where at least this share of it was used: idle time teaches nothing
SLOWEST_PER_S = 0.1  # no pace falls below, but where less is declared
FREE_PER_S = 2_000.0  # an undeclared pace that has risen so far limits nothing any more


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """What a lane learned of how fast the other side takes requests.

    `per_s` is None while nothing but the declared limit holds. `best_per_s` is where it last met the limit.
    Requests that were taken are counted twice, by the time they left: `answered` since a window began at
    `since`, the one before it had `seen_per_s`; `taken` since a round began at `began_at`. A round ends with
    the wait that was asked for at `slowed_at`. `lulls` counts the waits in a row that were too short;
    `regain_s` is how long regaining the best takes now.
    """

    per_s: float | None = None
    best_per_s: float = 0.0
    regain_s: float = REGAIN_S
    seen_per_s: float = 0.0
    since: datetime | None = None
    answered: int = 0
    began_at: datetime | None = None
    slowed_at: datetime | None = None
    taken: int = 0
    lulls: int = 0

    def limit(self, declared: RateLimit | None) -> RateLimit | None:
        """The limit that holds now: the slower of the declared and the learned one, None for neither."""
        if self.per_s is None or (declared is not None and self.per_s >= declared.per_s):
            return declared
        most = declared.burst if declared is not None else inf
        return RateLimit(per_s=self.per_s, burst=max(1.0, min(self.per_s * BURST_S, most)))

    def after(self, declared: RateLimit | None, *, left_at: datetime) -> Pace:
        """The pace with one more request taken."""
        since = self.since or left_at
        pace = Pace(  # not by `replace`, which costs twice as much: this is done for every request
            per_s=self.per_s,
            best_per_s=self.best_per_s,
            regain_s=self.regain_s,
            seen_per_s=self.seen_per_s,
            since=since,
            answered=self.answered + 1,
            began_at=self.began_at or left_at,
            slowed_at=self.slowed_at,
            taken=self.taken + 1,
            lulls=self.lulls,
        )
        is_over = self.slowed_at is None and (left_at - since).total_seconds() >= WINDOW_S
        return pace._faster(declared, left_at) if is_over else pace

    def slower(self, declared: RateLimit | None, *, left_at: datetime, now: datetime) -> Pace:
        """The pace after being asked to slow down, once for each wait; the request left then.

        Where the last best was not regained, it was too much: too many had left before anybody said so.
        """
        seen = max(self.seen_per_s, _rate(max(self.answered, 1), self.since or left_at, left_at))
        best = min(self.per_s or inf, _cap(declared), seen)
        if self.per_s is not None and self.per_s < self.best_per_s:
            mean = _rate(self.taken, self.began_at, left_at)
            best = min(best, max(sqrt(best * mean), best * FALL_MOST))
        return replace(self._below(best, declared), seen_per_s=best, slowed_at=now)

    def lull(self, longest_s: float) -> tuple[Pace, float]:
        """How long to wait where no time was named: twice as long each time in a row."""
        shortest_s = max(LULL_S, 1 / self.per_s if self.per_s else 0.0)
        wait_s = min(shortest_s * 2.0 ** min(self.lulls, 30), longest_s)
        return replace(self, lulls=self.lulls + 1), wait_s

    def resumed(self, declared: RateLimit | None, *, now: datetime) -> Pace:
        """The pace when the first request after a wait was taken: a new round begins.

        Two long waits in a row, the second longer than the requests before it, tell of a limit over more than
        a second (one alone may be an outage). What was taken in all of the round can be had without waits.
        """
        began_at, slowed_at = self.began_at or now, self.slowed_at or now
        wait_s, sent_s = (now - slowed_at).total_seconds(), (slowed_at - began_at).total_seconds()
        pace, mean = self, _rate(self.taken, began_at, now)
        was_long = self.regain_s > LONG_WAIT_S * WAITS_TO_REGAIN
        if was_long and wait_s > max(LONG_WAIT_S, sent_s) and mean < self.best_per_s:
            pace = self._below(mean, declared)
        regain_s = min(max(wait_s * WAITS_TO_REGAIN, REGAIN_S), LONGEST_REGAIN_S)
        return Pace(
            per_s=pace.per_s,
            best_per_s=pace.best_per_s,
            regain_s=regain_s,
            seen_per_s=pace.seen_per_s,
            since=now,
            began_at=slowed_at,
            taken=1,
        )

    def _below(self, best: float, declared: RateLimit | None) -> Pace:
        least = min(SLOWEST_PER_S, _cap(declared) / 2)
        best = max(best, least)
        return replace(self, per_s=max(best * (1 - DIP), least), best_per_s=best)

    def _faster(self, declared: RateLimit | None, left_at: datetime) -> Pace:
        """The pace at the end of a window in which nobody asked to slow down."""
        seen = _rate(self.answered, self.since, left_at)
        pace = replace(self, seen_per_s=seen, since=left_at, answered=0)
        if self.per_s is None or seen < self.per_s * BINDING:
            return pace
        risen = min(self._on_the_curve(self.per_s), self.per_s * RISE_MOST)
        is_free = risen >= (FREE_PER_S if declared is None else declared.per_s)
        return replace(pace, per_s=None if is_free else risen)

    def _on_the_curve(self, per_s: float) -> float:
        """Steep below the best, flat around it, ever steeper beyond.

        TCP CUBIC's curve (RFC 9438), but relative to the best, and over requests instead of time.
        """
        best = self.best_per_s or per_s
        whole = max(best * self.regain_s, REGAIN_LEAST)
        place = cbrt((per_s / best - 1) / DIP) + self.answered / whole
        return best * (1 + DIP * place**3)


def _cap(declared: RateLimit | None) -> float:
    return inf if declared is None else declared.per_s


def _rate(count: int, since: datetime | None, until: datetime) -> float:
    """So many a second, 0 where nothing was counted."""
    return 0.0 if since is None else count / max((until - since).total_seconds(), LULL_S)
