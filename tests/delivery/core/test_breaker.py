"""The circuit breaker's transitions."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from delivery.core.breaker import Breaker, BreakerPolicy, BreakerState, Transition, transition
from delivery.core.outcome import Verdict

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
POLICY = BreakerPolicy(failures=3, open_s=60)


def failed(times: int) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker = breaker.after(Verdict.FAILED, POLICY, now=NOW)
    return breaker


def test_it_stays_closed_below_the_limit():
    assert failed(2) == Breaker(failures=2)
    assert failed(2).admits(8, POLICY, now=NOW) == 8


def test_it_opens_at_the_limit_and_admits_nothing():
    assert failed(3) == Breaker(state=BreakerState.OPEN, failures=3, open_until=NOW + timedelta(seconds=60))
    assert failed(3).admits(8, POLICY, now=NOW + timedelta(seconds=59)) == 0


def test_it_admits_one_probe_when_its_time_is_over():
    assert failed(3).admits(8, POLICY, now=NOW + timedelta(seconds=60)) == 1


def test_it_admits_no_second_probe_beside_the_first():
    probing = failed(3).probing(POLICY)

    assert probing.state is BreakerState.HALF_OPEN
    assert probing.admits(8, POLICY, now=NOW) == 1  # the holder takes off what flies


def test_a_probe_that_is_answered_closes_it():
    assert failed(3).probing(POLICY).after(Verdict.DELIVERED, POLICY, now=NOW) == Breaker()
    assert failed(3).probing(POLICY).after(Verdict.REJECTED, POLICY, now=NOW) == Breaker()


def test_a_probe_that_fails_opens_it_again():
    later = NOW + timedelta(seconds=61)

    again = failed(3).probing(POLICY).after(Verdict.FAILED, POLICY, now=later)

    assert again.state is BreakerState.OPEN
    assert again.open_until == later + timedelta(seconds=60)


def test_one_answer_in_between_starts_the_count_anew():
    assert failed(2).after(Verdict.DELIVERED, POLICY, now=NOW) == Breaker()


def test_it_announces_opening_and_closing_only():
    opened, probing = failed(3), failed(3).probing(POLICY)

    assert transition(failed(2), opened) is Transition.OPENED
    assert transition(opened, probing) is None
    assert transition(probing, probing.after(Verdict.FAILED, POLICY, now=NOW)) is None
    assert transition(opened, Breaker()) is Transition.CLOSED


@given(st.lists(st.sampled_from(list(Verdict)), max_size=40))
def test_once_enough_failed_in_a_row_it_is_open_until_its_time_is_over(verdicts):
    breaker, row, longest = Breaker(), 0, 0
    for verdict in verdicts:
        breaker = breaker.after(verdict, POLICY, now=NOW)
        row = row + 1 if verdict in (Verdict.FAILED, Verdict.UNKNOWN) else 0
        longest = max(longest, row)

    assert (breaker.state is BreakerState.OPEN) == (longest >= POLICY.failures)


def test_what_left_before_it_opened_neither_closes_nor_prolongs_it():
    opened = failed(3)
    later = NOW + timedelta(seconds=30)

    assert opened.after(Verdict.DELIVERED, POLICY, now=later) == opened
    assert opened.after(Verdict.FAILED, POLICY, now=later) == opened


def test_one_that_only_observes_opens_and_closes_and_lets_everything_through():
    policy = BreakerPolicy(failures=2, only_observes=True)
    opened = Breaker(failures=1).after(Verdict.FAILED, policy, now=NOW)

    assert opened == Breaker(state=BreakerState.OPEN, failures=2)
    assert opened.admits(8, policy, now=NOW) == 8
    assert opened.probing(policy) == opened
    assert transition(opened, opened.after(Verdict.FAILED, policy, now=NOW)) is None
    assert opened.after(Verdict.DELIVERED, policy, now=NOW) == Breaker()
