"""How much a token may ask."""

import logging

import pytest
import time_machine
from django.core.cache import caches

from accounts.models import ApiToken
from tests.accounts.api.calls import api_of

NOON = "2026-11-21T12:00:20Z"


@pytest.fixture
def slow(settings):
    settings.API_RATE_PER_MINUTE = 3


def statuses(api, count):
    return [api.get("me").status_code for _ in range(count)]


def test_every_answer_says_what_is_left(api):
    with time_machine.travel(NOON, tick=False):
        answer = api.get("me")

    assert answer.headers["RateLimit-Limit"] == "600"
    assert answer.headers["RateLimit-Remaining"] == "599"
    assert answer.headers["RateLimit-Reset"] == "40"


def test_the_fourth_of_three_is_refused_until_the_next_minute(api, slow):
    with time_machine.travel(NOON, tick=False) as clock:
        assert statuses(api, 3) == [200, 200, 200]
        refused = api.post("tokens", {"name": "t", "scopes": ["read:audit"]})

        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "40"
        assert refused.headers["RateLimit-Remaining"] == "0"
        assert refused.json()["code"] == "throttled"
        assert refused.json()["detail"] == "Too many requests in this minute: wait 40 seconds."
        assert not ApiToken.objects.filter(name="t").exists()

        clock.shift(40)
        assert statuses(api, 1) == [200]


def test_each_token_has_its_own_count(organization, api, slow):
    with time_machine.travel(NOON, tick=False):
        assert statuses(api, 4) == [200, 200, 200, 429]
        assert statuses(api_of(organization), 3) == [200, 200, 200]


def test_without_valkey_requests_are_counted_here(api, slow, settings, caplog):
    settings.CACHES = {
        **settings.CACHES,
        "shared": {**settings.CACHES["shared"], "LOCATION": "redis://127.0.0.1:1/0"},
    }
    caches["process"].clear()

    with time_machine.travel(NOON, tick=False), caplog.at_level(logging.WARNING):
        assert statuses(api, 4) == [200, 200, 200, 429]

    assert "this process counts its own" in caplog.text
