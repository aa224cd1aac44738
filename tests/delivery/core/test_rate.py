"""The token bucket."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from delivery.core.rate import Bucket, RateLimit

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LIMIT = RateLimit(per_s=2, burst=5)


def test_a_new_bucket_is_full():
    assert Bucket().filled(LIMIT, now=NOW) == Bucket(tokens=5, filled_at=NOW)


def test_it_gives_no_more_than_it_has():
    bucket, granted = Bucket(tokens=3.7, filled_at=NOW).take(9)

    assert granted == 3
    assert round(bucket.tokens, 3) == 0.7


def test_it_fills_by_the_second_up_to_its_burst():
    assert Bucket(tokens=0, filled_at=NOW).filled(LIMIT, now=NOW + timedelta(seconds=1)).tokens == 2
    assert Bucket(tokens=0, filled_at=NOW).filled(LIMIT, now=NOW + timedelta(hours=1)).tokens == 5


def test_it_tells_when_the_next_token_is_there():
    assert Bucket(tokens=0.5, filled_at=NOW).next_at(LIMIT) == NOW + timedelta(seconds=0.25)
    assert Bucket(tokens=1, filled_at=NOW).next_at(LIMIT) is None


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(0, 20)), max_size=30))
def test_it_never_gives_more_than_burst_and_rate_allow(steps):
    bucket, now, given_out = Bucket().filled(LIMIT, now=NOW), NOW, 0
    for wait, wanted in steps:
        now += timedelta(seconds=wait)
        bucket, granted = bucket.filled(LIMIT, now=now).take(wanted)
        given_out += granted

    assert given_out <= LIMIT.burst + LIMIT.per_s * (now - NOW).total_seconds() + 1e-6
