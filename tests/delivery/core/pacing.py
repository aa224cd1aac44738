"""Simulated vendors that take so many requests and no more, and a lane that drives them; no clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil

from delivery.core.flow import Flow
from delivery.core.outcome import DELIVERED, Judgement, Verdict
from delivery.core.rate import Bucket, RateLimit
from delivery.core.retry import RetryPolicy

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
STEP = timedelta(milliseconds=10)  # between two rounds of the worker's loop
TRIP = timedelta(milliseconds=50)
CONCURRENCY = 16

Capacity = Callable[[float], float]  # the second of the run -> requests a second


@dataclass
class DripVendor:
    """A token bucket that holds `burst_s` seconds' worth."""

    capacity: Capacity
    burst_s: float = 1.0
    says_when: bool = False
    bucket: Bucket = field(default_factory=Bucket)

    def answer(self, now: datetime) -> Judgement:
        per_s = self.capacity((now - START).total_seconds())
        limit = RateLimit(per_s=per_s, burst=max(per_s * self.burst_s, 1.0))
        self.bucket, granted = self.bucket.filled(limit, now=now).take(1)
        if granted:
            return DELIVERED
        return throttled(ceil((1 - self.bucket.tokens) / per_s) if self.says_when else None)


@dataclass
class WindowVendor:
    """So many requests in each window of `length_s` seconds by its own clock; they may come all at once."""

    capacity: Capacity
    length_s: float = 1.0
    says_when: bool = False
    window: int = -1
    taken: int = 0

    def answer(self, now: datetime) -> Judgement:
        elapsed_s = (now - START).total_seconds() + 0.37 * self.length_s  # its windows are not ours
        window = int(elapsed_s // self.length_s)
        if window != self.window:
            self.window, self.taken = window, 0
        self.taken += 1
        if self.taken <= self.capacity(elapsed_s) * self.length_s:
            return DELIVERED
        return throttled(ceil((window + 1) * self.length_s - elapsed_s) if self.says_when else None)


Vendor = DripVendor | WindowVendor


def throttled(retry_after_s: float | None = None) -> Judgement:
    return Judgement(verdict=Verdict.THROTTLED, reason="429", retry_after_s=retry_after_s)


@dataclass
class Run:
    """How many requests of each second were taken, and how many refused."""

    taken: list[int]
    refused: list[int]
    flow: Flow = field(default_factory=Flow)

    def share_taken(self, capacity: Capacity, first: int, last: int) -> float:
        """Of what the vendor would have taken in these seconds."""
        return sum(self.taken[first:last]) / sum(map(capacity, range(first, last)))

    def share_refused(self, first: int, last: int) -> float:
        """Of all requests of these seconds."""
        refused = sum(self.refused[first:last])
        return refused / max(refused + sum(self.taken[first:last]), 1)


def simulate(vendor: Vendor, seconds: int, declared: RateLimit | None = None, trip: timedelta = TRIP) -> Run:
    """A lane with always more to send, as the worker drives it."""
    run, retry = Run([0] * seconds, [0] * seconds), RetryPolicy()
    flying: list[tuple[datetime, Judgement]] = []
    now = START
    while now < START + timedelta(seconds=seconds):
        second = int((now - START).total_seconds())
        while flying and flying[0][0] <= now:
            _, judgement = flying.pop(0)
            run.flow = run.flow.after(judgement, retry, declared, left_at=now - trip, now=now)
            counts = run.taken if judgement is DELIVERED else run.refused
            counts[second] += 1
        while len(flying) < run.flow.admits(CONCURRENCY, now=now):
            run.flow, may_leave = run.flow.take(declared, now=now)
            if not may_leave:
                break
            flying.append((now + trip, vendor.answer(now + trip / 2)))
        now += STEP
    return run
