"""The pace that a lane learns, against simulated vendors whose limits change while they are used."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.core.flow import Flow
from delivery.core.outcome import DELIVERED, Judgement, Verdict
from delivery.core.pace import FREE_PER_S, LULL_S, SLOWEST_PER_S, Pace
from delivery.core.rate import RateLimit
from delivery.core.retry import RetryPolicy
from tests.delivery.core.pacing import (
    CONCURRENCY,
    START,
    DripVendor,
    WindowVendor,
    simulate,
    throttled,
)

MEASURED = 120  # seconds


def at(seconds: float):
    return START + timedelta(seconds=seconds)


def steady(per_s: float):
    return lambda second: per_s


def falling_and_rising(second: float) -> float:
    return 50.0 if second < 60 else 10.0 if second < 180 else 80.0


@st.composite
def vendors(draw):
    """A limit and its vendor, the time its answers take (16 in flight can reach the limit) and settling."""
    per_s = draw(st.integers(1, 40))
    trip = timedelta(milliseconds=10 * draw(st.integers(1, min(100, 1000 // per_s))))
    says_when = draw(st.booleans())
    kinds = [
        (DripVendor(steady(per_s), draw(st.sampled_from([0.25, 1.0, 10.0])), says_when), 45),
        (WindowVendor(steady(per_s), 1.0, says_when), 45),
        (WindowVendor(steady(per_s), 60.0, True), 150),
    ]
    return per_s, trip, *draw(st.sampled_from(kinds))


@settings(deadline=None, max_examples=10, derandomize=True)
@given(vendors())
def test_most_of_any_limit_is_used_and_few_requests_are_refused(drawn):
    per_s, trip, vendor, settled = drawn

    run = simulate(vendor, settled + MEASURED, trip=trip)

    assert run.share_taken(steady(per_s), settled, settled + MEASURED) >= 0.75
    assert run.share_refused(settled, settled + MEASURED) <= 0.05


@pytest.mark.parametrize("burst_s", [0.25, 1.0])
@pytest.mark.parametrize("declared", [None, RateLimit(per_s=200, burst=200)], ids=["undeclared", "too high"])
def test_throughput_follows_a_limit_that_falls_and_rises(declared, burst_s):
    run = simulate(DripVendor(falling_and_rising, burst_s), 260, declared)

    assert run.share_taken(falling_and_rising, 0, 8) > 0.75
    assert run.share_taken(falling_and_rising, 8, 60) > 0.9
    assert run.share_taken(falling_and_rising, 65, 180) > 0.9
    assert run.share_taken(falling_and_rising, 195, 260) > 0.9


def test_there_is_no_storm_while_it_changes():
    run = simulate(DripVendor(falling_and_rising), 260)

    assert max(run.refused) <= CONCURRENCY
    assert run.share_refused(0, 260) < 0.01


def test_a_limit_over_a_minute_is_found_without_being_told_when_it_ends():
    run = simulate(WindowVendor(steady(5), 60.0), 360)

    assert run.share_taken(steady(5), 120, 360) > 0.7
    assert run.share_refused(120, 360) < 0.05


def test_a_vendor_that_takes_nothing_for_a_while_is_asked_ever_less_and_found_again():
    def closed(second: float) -> float:
        return 0.0001 if 30 <= second < 150 else 50.0

    run = simulate(DripVendor(closed), 240)

    assert sum(run.refused[60:150]) <= 5
    assert run.share_taken(closed, 190, 240) > 0.6


def test_the_wait_that_is_asked_for_is_kept():
    class Asks(DripVendor):
        def answer(self, now):
            judgement = super().answer(now)
            return judgement if judgement is DELIVERED else throttled(5.0)

    run = simulate(Asks(steady(40)), 60)

    first = next(second for second, count in enumerate(run.refused) if count)
    assert not any(run.taken[first + 1 : first + 5])
    assert run.share_taken(steady(40), 20, 60) > 0.6


def test_a_declared_limit_that_is_right_is_never_touched():
    run = simulate(DripVendor(steady(50)), 60, RateLimit(per_s=20, burst=20))

    assert not any(run.refused)
    assert run.flow.pace.per_s is None
    assert sum(run.taken) == pytest.approx(20 + 60 * 20, abs=25)


def test_after_a_wait_one_request_asks_before_the_others_follow():
    flow = Flow().after(throttled(2.0), RetryPolicy(), None, left_at=START, now=at(0.1))

    assert flow.admits(16, now=at(1)) == 0
    assert flow.admits(16, now=at(3)) == 1

    flow = flow.after(DELIVERED, RetryPolicy(), None, left_at=at(3), now=at(3.1))
    assert flow.admits(16, now=at(3.1)) == 16


def test_a_request_that_left_before_the_wait_neither_ends_nor_lengthens_it():
    flow = Flow(pace=Pace(per_s=50.0)).after(throttled(), RetryPolicy(), None, left_at=START, now=at(0.1))
    waits_until = flow.waits_until

    refused_late = flow.after(throttled(), RetryPolicy(), None, left_at=START, now=at(5))
    assert refused_late.waits_until == waits_until
    taken_late = flow.after(DELIVERED, RetryPolicy(), None, left_at=START, now=at(5))
    assert taken_late.admits(16, now=at(5)) == 1


def test_the_wait_doubles_while_the_first_request_after_it_is_refused():
    flow, now, waits = Flow(pace=Pace(per_s=50.0, seen_per_s=50.0)), START, []
    for _ in range(9):
        flow = flow.after(throttled(), RetryPolicy(throttle_s=30.0), None, left_at=now, now=now)
        waits.append((flow.waits_until - now).total_seconds())
        now = flow.waits_until

    assert waits == [LULL_S * 2**n for n in range(7)] + [30.0, 30.0]


def test_an_answer_that_tells_of_a_fault_does_not_make_it_faster():
    pace = Pace(per_s=10.0, best_per_s=10.0, since=START, answered=10)
    failed = Judgement(verdict=Verdict.FAILED, reason="503")

    flow = Flow(pace=pace).after(failed, RetryPolicy(), None, left_at=at(1), now=at(1))

    assert flow.pace == pace


def test_a_pace_that_is_not_used_up_does_not_rise():
    pace = Pace(per_s=100.0, best_per_s=100.0, since=START, answered=10)

    assert pace.after(None, left_at=at(1)).per_s == 100


def test_a_pace_that_is_used_up_rises_slowly_near_its_best_and_faster_beyond():
    near = Pace(per_s=101.0, best_per_s=100.0, since=START, answered=100).after(None, left_at=at(1))
    beyond = Pace(per_s=300.0, best_per_s=100.0, since=START, answered=300).after(None, left_at=at(1))

    assert 101 < near.per_s < 105
    assert 400 < beyond.per_s <= 450


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 5), st.booleans()), max_size=200),
    st.none() | st.builds(RateLimit, per_s=st.floats(0.001, 1000), burst=st.floats(1, 1000)),
)
def test_a_pace_stays_between_its_floor_and_what_is_declared(answers, declared):
    flow, now = Flow(), START
    for wait_s, is_throttled in answers:
        now += timedelta(seconds=wait_s)
        judgement = throttled() if is_throttled else DELIVERED
        flow = flow.after(judgement, RetryPolicy(), declared, left_at=now, now=now)

        pace, cap = flow.pace, declared.per_s if declared else FREE_PER_S
        assert pace.per_s is None or min(SLOWEST_PER_S, cap / 2) <= pace.per_s <= max(cap, pace.seen_per_s)
        limit = pace.limit(declared)
        assert limit is declared or declared is None or limit.per_s < declared.per_s
