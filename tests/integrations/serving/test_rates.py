"""Limits of the hatch: by address and key, in bounded memory."""

from __future__ import annotations

import json

import pytest

from integrations.core.facts import Busy
from integrations.serving.rates import Rate
from tests.integrations.serving.hatches import FACTS, KEY, Client, FakeShelf, hatch_of


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_the_request_over_the_limit_is_told_when_to_come_back():
    client = Client(hatch=hatch_of(FakeShelf(), requests=3))

    statuses = [client.file().status for _ in range(4)]
    refused = client.file()

    assert statuses == [200, 200, 200, 429]
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Cache-Control"] == "no-store"
    assert json.loads(refused.body)["code"] == "too_many_requests"


def test_each_address_and_each_key_is_counted_by_itself():
    hatch = hatch_of(FakeShelf({KEY: FACTS, "second_key": FACTS}), requests=1)

    assert Client(hatch=hatch).file().status == 200
    assert Client(hatch=hatch, address="203.0.113.8").file().status == 200
    assert Client(hatch=hatch).file(key="second_key").status == 200
    assert Client(hatch=hatch).file().status == 429


def test_an_address_behind_a_trusted_proxy_is_counted_and_no_other_is_believed():
    hatch = hatch_of(FakeShelf(), requests=1)

    assert Client(hatch=hatch, address="10.0.0.1").file(x_forwarded_for="203.0.113.1").status == 200
    assert Client(hatch=hatch, address="10.0.0.1").file(x_forwarded_for="203.0.113.2").status == 200
    assert Client(hatch=hatch, address="203.0.113.3").file(x_forwarded_for="203.0.113.4").status == 200
    assert Client(hatch=hatch, address="203.0.113.3").file(x_forwarded_for="203.0.113.5").status == 429


def test_one_ipv6_visitor_is_counted_once():
    hatch = hatch_of(FakeShelf(), requests=1)

    assert Client(hatch=hatch, address="2001:db8:1:2::1").file().status == 200
    assert Client(hatch=hatch, address="2001:db8:1:2:ffff::2").file().status == 429
    assert Client(hatch=hatch, address="2001:db8:1:3::1").file().status == 200
    assert Client(hatch=hatch, address="2001:db8::1:0:0:1").file().status == 200
    assert Client(hatch=hatch, address="2001:db8::2:0:0:1").file().status == 429


def test_who_guesses_keys_is_stopped_before_the_shelf_and_keeps_the_file_it_knows():
    shelf = FakeShelf()
    client = Client(shelf, hatch=hatch_of(shelf, misses=5))

    statuses = [client.file(key=f"guess-{number}").status for number in range(8)]

    assert statuses == [404] * 5 + [429] * 3
    assert shelf.asked == 5
    assert client.file().status == 200


def test_a_minute_begins_with_the_first_request_and_then_ends():
    clock = Clock()
    rate = Rate(2, clock=clock)

    rate.count("a")
    clock.now += 59
    rate.count("a")
    with pytest.raises(Busy) as refused:
        rate.count("a")
    assert refused.value.retry_after_s == 1
    clock.now += 1
    rate.count("a")


def test_memory_is_bounded():
    rate = Rate(1, most=100)

    for number in range(1_000):
        rate.count(str(number))

    assert len(rate._counts) == 100
