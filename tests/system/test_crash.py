"""What may break while events are on their way: the worker is killed, Valkey forgets everything."""

from __future__ import annotations

from collections import Counter
from typing import Any

import redis

from tests.system.router import Database, Router, new_user, only, page_view
from tests.system.running import Run, eventually
from tests.system.vendors import Vendors

IN_FLIGHT = 200
LATER = 10
STREAM = 300
LANE_LEASE_S = 15  # a worker that dies keeps its lanes for so long


def arrivals(sandbox: Vendors, user: str) -> Counter[str]:
    """How often AdRoll accepted each page of this person."""
    elements: list[dict[str, Any]] = [
        element for one in sandbox.received("adroll", accepted="true") for element in one["body"]
    ]
    mine = [element for element in elements if element["identifiers"]["user_id"] == user]
    return Counter(element["page_location"] for element in mine)


def numbered(user: str, count: int, vendor: str) -> list[dict[str, Any]]:
    """Page views, each of a page of its own."""
    events = [page_view(user, integrations=only(vendor)) for _ in range(count)]
    for number, event in enumerate(events):
        event["context"]["page"] = {"url": f"https://shop.example/{number}?adct=click-1"}
    return events


def test_every_delivery_arrives_after_a_kill_of_the_worker(
    run: Run, router: Router, sandbox: Vendors, database: Database
) -> None:
    user = new_user()
    events = numbered(user, IN_FLIGHT + LATER, "AdRoll")
    sandbox.fail("adroll", "slow", delay_ms=120_000, times=2)  # AdRoll takes a hundred in one request
    router.submit_batch(events[:IN_FLIGHT])
    eventually(lambda: sandbox.are_healthy and database.in_flight("adroll"), IN_FLIGHT)
    killed = eventually(run.worker, lambda found: len(found) > 1)

    for process in killed:
        process.kill()
    sandbox.recover()  # what was in flight is accepted, and nobody is there to hear it
    router.submit_batch(events[IN_FLIGHT:])

    everything = {"delivered": IN_FLIGHT + LATER}
    eventually(lambda: database.outcomes(user, "adroll"), everything, within_s=LANE_LEASE_S + 30)
    seen = arrivals(sandbox, user)
    assert set(seen) == {event["context"]["page"]["url"] for event in events}
    assert {seen[event["context"]["page"]["url"]] for event in events[:IN_FLIGHT]} <= {1, 2}
    assert {seen[event["context"]["page"]["url"]] for event in events[IN_FLIGHT:]} == {1}
    assert database.events_delivered(user, "adroll") == IN_FLIGHT + LATER
    assert "worker ended by itself (killed by SIGKILL) and is started again." in run.output()


def test_a_worker_that_is_told_to_stop_ends_what_it_has_in_flight_and_sends_nothing_twice(
    run: Run, router: Router, sandbox: Vendors, database: Database
) -> None:
    user = new_user()
    events = numbered(user, IN_FLIGHT, "AdRoll")
    sandbox.fail("adroll", "slow", delay_ms=3_000, times=2)  # AdRoll takes a hundred in one request
    router.submit_batch(events)
    eventually(lambda: database.in_flight("adroll"), IN_FLIGHT)
    parent, *pool = eventually(run.worker, lambda found: len(found) > 1)

    parent.terminate()
    router.submit_batch(numbered(user, LATER, "Audiohook"))

    assert parent.wait(60) in (0, None)
    assert database.outcomes(user, "adroll") == {"delivered": IN_FLIGHT}  # before it went, not after
    assert set(arrivals(sandbox, user).values()) == {1}
    assert not [process for process in pool if process.is_running()]
    eventually(lambda: database.outcomes(user, "audiohook"), {"delivered": LATER}, within_s=60)


def test_every_event_of_a_stream_arrives_though_valkey_is_flushed(
    run: Run, router: Router, sandbox: Vendors, database: Database
) -> None:
    user = new_user()

    with redis.Redis.from_url(run.redis_url) as valkey:
        for number, event in enumerate(numbered(user, STREAM, "Audiohook")):
            if number in (STREAM // 3, STREAM // 2):
                valkey.flushall()
            assert router.submit(event, "/v1/page").status_code == 200

    assert database.events(user) == STREAM
    eventually(lambda: database.outcomes(user, "audiohook"), {"delivered": STREAM})
    urls = [one["body"]["url"] for one in sandbox.received("audiohook", accepted="true")]
    assert len(urls) == len(set(urls)) == STREAM
