"""Settings from the environment: a bad value names its variable."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from s2sadmin.environment import Environment

env = Environment()


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("abc", "DAYS must be a whole number, not 'abc'."),
        ("1.5", "DAYS must be a whole number, not '1.5'."),
        ("0", "DAYS must be at least 1, not 0."),
        ("-1", "DAYS must be at least 1, not -1."),
    ],
)
def test_a_bad_number_is_named(monkeypatch, value, sentence):
    monkeypatch.setenv("DAYS", value)

    with pytest.raises(ImproperlyConfigured) as refusal:
        env.whole("DAYS", default=30)

    assert str(refusal.value) == sentence


def test_a_good_number_and_a_default_are_taken(monkeypatch):
    monkeypatch.setenv("DAYS", "7")

    assert env.whole("DAYS", default=30) == 7
    assert env.whole("OTHER_DAYS", default=30) == 30
    assert env.number("OTHER_SECONDS", default=0.2) == 0.2


def test_a_bad_range_url_or_key_is_named(monkeypatch):
    monkeypatch.setenv("RANGES", "10.0.0.0/8,10.0.0.0/99")
    monkeypatch.setenv("PLACE", "nope")
    monkeypatch.setenv("KEYS", "abc")

    for read in (
        lambda: env.networks("RANGES"),
        lambda: env.web_url("PLACE", default=""),
        lambda: env.fernet_keys("KEYS"),
    ):
        with pytest.raises(ImproperlyConfigured, match=r"RANGES|PLACE|KEYS"):
            read()
