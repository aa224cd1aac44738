"""The pace that a lane learns, against a simulated vendor whose capacity changes while it is used."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.core.flow import Flow
from delivery.core.outcome import DELIVERED, Judgement, Verdict
from delivery.core.pace import FREE_PER_S, SLOWEST_PER_S, Pace
from delivery.core.rate import Bucket, RateLimit
from delivery.core.retry import RetryPolicy

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
STEP = timedelta(milliseconds=10)
TRIP = timedelta(milliseconds=50)
CONCURRENCY = 16


@dataclass
class Vendor:
    """Takes `capacity(second)` requests a second, in bursts of at most a second's worth; else 429."""

    capacity: object
    retry_after_s: float | None = None
    bucket: Bucket = field(default_factory=Bucket)

    def answer(self, now: datetime) -> Judgement:
        per_s = self.capacity((now - START).total_seconds())
        self.bucket, granted = self.bucket.filled(RateLimit(per_s=per_s, burst=per_s), now=now).take(1)
        throttled = Judgement(verdict=Verdict.THROTTLED, reason="429", retry_after_s=self.retry_after_s)
        return DELIVERED if granted else throttled


@dataclass
class Run:
    """How many requests of each second were taken, and how many refused."""

    taken: dict[int, int] = field(default_factory=dict)
    refused: dict[int, int] = field(default_factory=dict)
    flow: Flow = field(default_factory=Flow)

    def share_taken(self, capacity, first: int, last: int) -> float:
        """Of what the vendor would have taken in these seconds."""
        return sum(self.taken.get(s, 0) for s in range(first, last)) / sum(map(capacity, range(first, last)))

    def share_refused(self, first: int, last: int) -> float:
        refused = sum(self.refused.get(s, 0) for s in range(first, last))
        return refused / max(refused + sum(self.taken.get(s, 0) for s in range(first, last)), 1)


def simulate(vendor: Vendor, seconds: int, declared: RateLimit | None = None) -> Run:
    """A lane with always more to send, as the worker drives it."""
    run, flying, now, retry = Run(), [], START, RetryPolicy()
    while now < START + timedelta(seconds=seconds):
        second = int((now - START).total_seconds())
        while flying and flying[0][0] <= now:
            _, judgement = flying.pop(0)
            run.flow = run.flow.after(judgement, retry, declared, now=now)
            counts = run.taken if judgement is DELIVERED else run.refused
            counts[second] = counts.get(second, 0) + 1
        while len(flying) < CONCURRENCY and not run.flow.waits(now):
            run.flow, may_leave = run.flow.take(declared, now=now)
            if not may_leave:
                break
            flying.append((now + TRIP, vendor.answer(now + TRIP)))
        now += STEP
    return run


def steady(second: float) -> float:
    return 40.0


def falling_and_rising(second: float) -> float:
    return 100.0 if second < 60 else 10.0 if second < 180 else 60.0


@pytest.mark.parametrize("declared", [None, RateLimit(per_s=200, burst=200)], ids=["undeclared", "too high"])
def test_a_limit_is_learned_and_most_of_it_used(declared):
    run = simulate(Vendor(steady), 120, declared)

    assert run.share_taken(steady, 20, 120) > 0.7
    assert run.share_refused(20, 120) < 0.05


def test_throughput_follows_a_capacity_that_changes():
    run = simulate(Vendor(falling_and_rising), 300)

    assert run.share_taken(falling_and_rising, 20, 60) > 0.7
    assert run.share_taken(falling_and_rising, 90, 180) > 0.6
    assert run.share_taken(falling_and_rising, 250, 300) > 0.7


def test_there_is_no_storm_while_it_changes():
    run = simulate(Vendor(falling_and_rising), 300)

    assert max(run.refused.values()) <= CONCURRENCY
    assert run.share_refused(70, 300) < 0.1


def test_a_vendor_that_takes_nothing_for_a_while_is_asked_ever_less_and_found_again():
    def closed(second: float) -> float:
        return 0.0001 if 30 <= second < 150 else 50.0

    run = simulate(Vendor(closed), 400)

    assert sum(run.refused.get(second, 0) for second in range(60, 150)) <= 6
    assert run.share_taken(closed, 350, 400) > 0.6


def test_the_wait_that_is_asked_for_is_kept():
    run = simulate(Vendor(steady, retry_after_s=5), 60)

    first = min(run.refused)
    assert not any(run.taken.get(second) for second in range(first + 1, first + 5))
    assert run.share_taken(steady, 20, 60) > 0.5


def test_a_declared_limit_that_is_right_is_never_touched():
    run = simulate(Vendor(lambda second: 50.0), 60, RateLimit(per_s=20, burst=20))

    assert run.refused == {}
    assert run.flow.pace.per_s is None
    assert sum(run.taken.values()) == pytest.approx(20 + 60 * 20, abs=25)


def test_a_pace_falls_by_the_throttled_share_of_what_was_sent():
    pace = Pace(per_s=100, since=START, until=START + timedelta(seconds=1), answered=100, throttled=20)

    assert pace.settled(None, now=START + timedelta(seconds=1)).per_s == pytest.approx(100 * 0.8 * 0.95)


def test_a_pace_that_is_not_used_up_does_not_rise():
    pace = Pace(per_s=100, since=START, until=START + timedelta(seconds=1), answered=10)

    assert pace.settled(None, now=START + timedelta(seconds=2)).per_s == 100


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 5), st.booleans()), max_size=200),
    st.none() | st.builds(RateLimit, per_s=st.floats(0.001, 1000), burst=st.floats(1, 1000)),
)
def test_a_pace_stays_between_its_floor_and_what_is_declared(answers, declared):
    pace, now = Pace(), START
    for wait_s, is_throttled in answers:
        now += timedelta(seconds=wait_s)
        pace = pace.settled(declared, now=now).after(is_throttled=is_throttled, now=now)

        cap = declared.per_s if declared else FREE_PER_S
        assert pace.per_s is None or min(SLOWEST_PER_S, cap / 2) <= pace.per_s <= max(cap, pace.seen_per_s)
        limit = pace.limit(declared)
        assert limit is declared or declared is None or limit.per_s < declared.per_s
