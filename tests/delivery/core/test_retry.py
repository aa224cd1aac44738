"""When a delivery is tried again, and when it ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.core.outcome import DELIVERED, Judgement, Outcome, Verdict
from delivery.core.retry import (
    End,
    Hold,
    LookFirst,
    RetryPolicy,
    TryAgain,
    decide,
    decide_read_back,
    retry_after_seconds,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
POLICY = RetryPolicy()
FAILED = Judgement(verdict=Verdict.FAILED, reason="Answered 500.")
UNKNOWN = Judgement(verdict=Verdict.UNKNOWN, reason="No answer.")


def test_it_ends_what_was_delivered_or_rejected():
    rejected = Judgement(verdict=Verdict.REJECTED, reason="Answered 400.")

    assert decide(POLICY, DELIVERED, attempts=1, now=NOW, jitter=0.5) == End(Outcome.DELIVERED)
    assert decide(POLICY, rejected, attempts=1, now=NOW, jitter=0.5) == End(Outcome.REJECTED)


@pytest.mark.parametrize(
    ("attempts", "longest_s"),
    [(1, 10), (2, 60), (3, 360), (4, 2_160), (5, 12_960), (6, 77_760), (7, 79_200)],
)
def test_it_waits_longer_after_each_failure(attempts, longest_s):
    decision = decide(POLICY, FAILED, attempts=attempts, now=NOW, jitter=0.5)

    assert decision == TryAgain(NOW + timedelta(seconds=longest_s / 2), counts=True)


def test_it_is_exhausted_after_the_last_attempt():
    assert decide(POLICY, FAILED, attempts=8, now=NOW, jitter=0.5) == End(Outcome.EXHAUSTED)


def test_the_default_policy_spends_about_a_day():
    waits = [min(10 * 6**n, 79_200) / 2 for n in range(POLICY.attempts - 1)]

    assert timedelta(seconds=sum(waits)) == timedelta(hours=23, minutes=57, seconds=35)


def test_a_throttled_attempt_is_not_counted_and_waits_as_asked():
    throttled = Judgement(verdict=Verdict.THROTTLED, reason="Answered 429.", retry_after_s=3)

    decision = decide(POLICY, throttled, attempts=8, now=NOW, jitter=0.25)

    assert decision == TryAgain(NOW + timedelta(seconds=3.25), counts=False)


def test_it_waits_as_long_as_a_failing_vendor_asks_but_not_longer_than_an_hour():
    patient = Judgement(verdict=Verdict.FAILED, reason="Answered 503.", retry_after_s=1e9)

    assert decide(POLICY, patient, attempts=1, now=NOW, jitter=0) == TryAgain(NOW + timedelta(hours=1), True)


def test_an_unknown_outcome_is_tried_again_unless_doubling_harms():
    assert isinstance(decide(POLICY, UNKNOWN, attempts=1, now=NOW, jitter=0.5), TryAgain)
    assert decide(POLICY, UNKNOWN, attempts=1, now=NOW, jitter=0.5, hold_unknown=True) == Hold()


def test_what_can_be_asked_for_is_looked_for_first_until_the_attempts_are_spent():
    first = decide(POLICY, UNKNOWN, attempts=1, now=NOW, jitter=0.5, read_back_after_s=300)
    last = decide(POLICY, UNKNOWN, attempts=8, now=NOW, jitter=0.5, read_back_after_s=300)

    assert first == LookFirst(NOW + timedelta(minutes=5), True)
    assert last == Hold()


@pytest.mark.parametrize(
    ("verdict", "attempts", "decision"),
    [
        (Verdict.DELIVERED, 8, End(Outcome.DELIVERED)),
        (Verdict.AGAIN, 8, TryAgain(NOW, False)),
        (Verdict.REJECTED, 1, Hold()),
        (Verdict.FAILED, 8, Hold()),
        (Verdict.UNKNOWN, 8, Hold()),
        (Verdict.FAILED, 1, LookFirst(NOW + timedelta(seconds=5), True)),
        (Verdict.UNKNOWN, 1, LookFirst(NOW + timedelta(seconds=5), True)),
        (Verdict.THROTTLED, 8, LookFirst(NOW + timedelta(seconds=30), False)),
    ],
)
def test_after_a_look_it_is_sent_again_only_when_it_is_known_not_to_have_arrived(verdict, attempts, decision):
    judgement = Judgement(verdict=verdict, reason="")

    assert decide_read_back(POLICY, judgement, attempts=attempts, now=NOW, jitter=0.5) == decision


def test_it_does_not_wait_past_the_events_age():
    decision = decide(POLICY, FAILED, attempts=4, now=NOW, jitter=0.9, expires_at=NOW + timedelta(minutes=5))

    assert decision == End(Outcome.EXHAUSTED)


@given(
    st.sampled_from(list(Verdict)),
    st.integers(1, 20),
    st.floats(0, 1, exclude_max=True),
    st.none() | st.floats(0, 1e12),
    st.booleans(),
)
def test_every_verdict_leads_to_a_time_that_has_not_passed_or_to_an_end(
    verdict, attempts, jitter, asked, hold
):
    judgement = Judgement(verdict=verdict, reason="", retry_after_s=asked)

    decision = decide(POLICY, judgement, attempts=attempts, now=NOW, jitter=jitter, hold_unknown=hold)

    assert not isinstance(decision, TryAgain) or NOW <= decision.at <= NOW + timedelta(hours=23)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        (" 120 ", 120.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("Mon, 01 Jan 99999999999999 00:00:00 GMT", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_it_reads_both_forms_of_retry_after(value, seconds):
    assert retry_after_seconds(value, now=NOW) == seconds


@given(st.floats(0, 1, exclude_max=True))
def test_waits_that_were_promised_are_kept_to_the_second(jitter):
    policy = RetryPolicy(attempts=4, waits_s=(30.0, 60.0))

    decisions = [decide(policy, FAILED, attempts=n, now=NOW, jitter=jitter) for n in (1, 2, 3, 4)]

    assert decisions == [
        *(TryAgain(NOW + timedelta(seconds=wait), counts=True) for wait in (30, 60, 60)),
        End(Outcome.EXHAUSTED),
    ]
