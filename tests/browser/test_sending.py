"""Sending: few requests, nothing lost whatever happens to page, network and collector, nothing twice."""

from __future__ import annotations

import time

import pytest

from .sites import COLLECTED, DROPS, EVENTS, HANGS, OTHER, PAGES, Answer
from .visitor import BATCH, Visitor

BUSY = Answer(status=503, body='{"success": false}')
SOON = {"Retry-After": "1"}
LOTS = "Object.keys(localStorage).filter(name => name.includes('queue'))"
KEPT = f"{LOTS}.flatMap(name => JSON.parse(localStorage[name]))"


@pytest.fixture
def on_page(visitor: Visitor) -> Visitor:
    visitor.new_page()  # with its last page a context of a headless browser ends, and its requests with it
    visitor.install()
    visitor.open()
    visitor.loaded()
    return visitor


def names(events: list[dict]) -> list[str]:
    return [event["event"] for event in events]


def ids(events: list[dict]) -> set[str]:
    return {event["messageId"] for event in events}


# Batches


def test_what_one_task_calls_is_one_request(on_page):
    on_page.run("for (let i = 0; i < 5; i++) analytics.track('E' + i)")

    assert names(on_page.events(5)) == ["E0", "E1", "E2", "E3", "E4"]
    assert len(on_page.requests()) == 1


def test_a_request_carries_no_more_events_than_configured(visitor):
    visitor.install(batch_size=2)
    visitor.open()
    visitor.loaded()

    visitor.run("for (let i = 0; i < 5; i++) analytics.track('E' + i)")

    assert names(visitor.events(5)) == ["E0", "E1", "E2", "E3", "E4"]
    assert [len(request.json()["batch"]) for request in visitor.requests()] == [2, 2, 1]


def test_events_wait_for_each_other_as_long_as_configured(visitor):
    visitor.install(batch_wait_ms=300)
    visitor.open()
    visitor.loaded()

    visitor.run("analytics.track('A'); setTimeout(() => analytics.track('B'), 50)")

    assert names(visitor.events(2)) == ["A", "B"]
    assert len(visitor.requests()) == 1


def test_many_large_events_are_cut_into_requests_and_all_arrive(on_page):
    on_page.run("for (let i = 0; i < 60; i++) analytics.track('E' + i, {text: 'x'.repeat(30000)})")

    assert len(on_page.events(60, patience_s=60)) == 60
    assert max(len(request.body) for request in on_page.requests()) <= 500_000


def test_an_event_that_no_collector_takes_is_told_and_holds_up_nothing(on_page):
    told = on_page.run(
        """new Promise(done => { analytics.on('error', error => done(error.code));
        analytics.track('Huge', {text: 'x'.repeat(40000)}); analytics.track('Small') })"""
    )

    assert told == "event_too_large"
    assert names(on_page.events(1)) == ["Small"]


# A page that is left


def test_an_event_of_the_task_that_leaves_the_page_arrives(on_page):
    on_page.run("analytics.track('Leaving'); location.href = '/next'")

    assert on_page.event("Leaving")["context"]["page"]["path"] == "/"
    on_page.page.wait_for_url("**/next")
    assert len(on_page.tries()) == 1


def test_an_event_of_the_task_that_leaves_the_site_arrives(on_page):
    elsewhere = on_page.sites.serve(OTHER, "/", Answer(type="text/html"))

    on_page.run(f"analytics.track('Leaving'); location.href = '{elsewhere}'")

    assert on_page.event("Leaving")


def test_an_event_survives_the_closing_of_its_page(on_page):
    on_page.run("analytics.track('Closing')")
    on_page.close()

    assert on_page.event("Closing")


def test_a_request_under_way_while_the_page_is_left_is_not_lost(on_page):
    on_page.sites.script(EVENTS, BATCH, Answer(body=COLLECTED.body, delay_s=0.5))
    on_page.run("analytics.track('Slow')")
    on_page.sites.wait_for(on_page.requests)

    on_page.open("/next")
    on_page.loaded()

    assert names(on_page.events(1)) == ["Slow"]
    time.sleep(0.3)
    assert len(ids(on_page.tries())) == 1


def test_an_event_called_while_a_request_is_under_way_and_the_page_is_left_arrives(on_page):
    on_page.sites.script(EVENTS, BATCH, Answer(body=COLLECTED.body, delay_s=0.5))
    on_page.run("analytics.track('First')")
    on_page.sites.wait_for(on_page.requests)
    on_page.run("analytics.track('Second'); location.href = '/next'")

    assert sorted(names(on_page.events(2))) == ["First", "Second"]


def test_a_page_that_was_left_leaves_what_is_kept_to_the_next_one(on_page):
    on_page.sites.script(EVENTS, BATCH, BUSY, HANGS)
    on_page.run("analytics.track('A')")
    on_page.until(f"{LOTS}.length")

    on_page.run("for (const name of ['pagehide', 'online']) dispatchEvent(new PageTransitionEvent(name))")
    on_page.page.wait_for_timeout(900)
    assert len(on_page.run(LOTS)) == 1
    assert len(on_page.requests()) == 1

    on_page.sites.script(EVENTS, BATCH)
    on_page.run("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert names(on_page.events(1)) == ["A"]


def test_many_events_of_a_page_that_is_left_all_arrive(on_page):
    """More than the 64 KB that a browser carries on with: the rest comes with the next page."""
    on_page.run(
        "for (let i = 0; i < 40; i++) analytics.track('E' + i, {text: 'x'.repeat(5000)});"
        "location.href = '/next'"
    )

    assert len(on_page.events(40)) == 40


# A network that is not there


def test_offline_events_arrive_once_online(on_page):
    on_page.context.set_offline(True)
    on_page.run("analytics.track('A'); setTimeout(() => analytics.track('B'), 50)")
    on_page.page.wait_for_timeout(200)
    assert on_page.requests() == []

    on_page.context.set_offline(False)

    assert names(on_page.events(2)) == ["A", "B"]


def test_offline_events_survive_a_reload(on_page):
    on_page.sites.serve(EVENTS, BATCH, DROPS)
    on_page.run("analytics.track('A'); analytics.track('B')")
    on_page.sites.wait_for(on_page.requests)
    on_page.open("/next")
    on_page.loaded()
    on_page.sites.serve(EVENTS, BATCH, COLLECTED)

    on_page.open("/third")

    assert names(on_page.events(2)) == ["A", "B"]
    assert len(ids(on_page.tries())) == 2


def test_offline_events_survive_the_closing_of_the_page(on_page):
    on_page.context.set_offline(True)
    on_page.run("analytics.track('A')")
    on_page.page.wait_for_timeout(200)
    on_page.close()
    on_page.context.set_offline(False)

    on_page.page = on_page.new_page()
    on_page.open("/later")

    assert names(on_page.events(1)) == ["A"]


def test_without_a_kept_queue_nothing_of_it_is_in_local_storage(visitor):
    visitor.install(keeps_queue=False)
    visitor.sites.serve(EVENTS, BATCH, BUSY)
    visitor.open()
    visitor.loaded()
    visitor.run("analytics.track('A')")
    visitor.sites.wait_for(visitor.requests)

    visitor.page.wait_for_timeout(100)

    assert not [key for key in visitor.run("Object.keys(localStorage)") if "queue" in key]


# A collector with troubles


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_work_later_is_tried_again_with_the_same_ids(on_page, status):
    on_page.sites.script(EVENTS, BATCH, Answer(status=status))

    on_page.run("analytics.track('A'); analytics.track('B')")

    assert names(on_page.events(2)) == ["A", "B"]
    first, second = on_page.requests()
    assert [one["messageId"] for one in first.json()["batch"]] == [
        one["messageId"] for one in second.json()["batch"]
    ]


@pytest.mark.parametrize("trouble", [DROPS, BUSY])
def test_order_is_kept_over_tries(on_page, trouble):
    on_page.sites.script(EVENTS, BATCH, trouble)
    on_page.run("analytics.track('A')")
    on_page.sites.wait_for(on_page.requests)

    on_page.run("analytics.track('B')")

    assert names(on_page.events(2)) == ["A", "B"]


@pytest.mark.parametrize("status", [400, 401, 413, 501])
def test_what_never_works_is_not_tried_again_and_told(on_page, status):
    on_page.sites.script(EVENTS, BATCH, Answer(status=status, body="{}"))
    told = on_page.run(
        """new Promise(done => { analytics.on('error', e => done([e.code, e.status, e.events.length]));
        analytics.track('A') })"""
    )
    assert told == ["refused", status, 1]

    on_page.run("analytics.track('B')")

    assert names(on_page.events(1)) == ["B"]
    assert names(on_page.tries()) == ["A", "B"]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(on_page, status):
    on_page.sites.script(EVENTS, BATCH, Answer(status=status, headers={"Retry-After": "2"}))
    on_page.run("analytics.track('A')")
    on_page.sites.wait_for(on_page.requests)
    on_page.run("analytics.track('B')")

    on_page.page.wait_for_timeout(1200)
    assert len(on_page.requests()) == 1

    assert names(on_page.events(2)) == ["A", "B"]


def test_what_a_busy_collector_did_not_take_comes_with_the_next_page(on_page):
    on_page.sites.serve(EVENTS, BATCH, Answer(status=503, headers={"Retry-After": "60"}))
    on_page.run("analytics.track('A')")
    on_page.until(f"{LOTS}.length")

    on_page.sites.serve(EVENTS, BATCH, COLLECTED)
    on_page.open("/next")
    on_page.loaded()

    assert names(on_page.events(1)) == ["A"]


def test_a_hanging_collector_loses_nothing(on_page):
    on_page.sites.script(EVENTS, BATCH, HANGS)
    on_page.run("analytics.track('A')")
    on_page.sites.wait_for(on_page.requests)
    on_page.run("analytics.track('B')")

    on_page.open("/next")

    assert "B" in names(on_page.events(1))


def test_what_a_hanging_collector_never_answered_comes_with_a_later_page(on_page):
    on_page.sites.serve(EVENTS, BATCH, HANGS)
    on_page.run("analytics.track('A')")
    on_page.sites.wait_for(on_page.requests)
    on_page.page.wait_for_timeout(1100)  # longer than a request is trusted

    on_page.open("/next")
    on_page.loaded()
    on_page.page.wait_for_timeout(1100)
    on_page.sites.serve(EVENTS, BATCH, COLLECTED)
    on_page.open("/third")

    assert names(on_page.events(1)) == ["A"]
    assert len(ids(on_page.tries())) == 1


def test_a_dropped_connection_is_tried_again(on_page):
    on_page.sites.script(EVENTS, BATCH, DROPS, DROPS)

    on_page.run("analytics.track('A')")

    assert names(on_page.events(1)) == ["A"]
    assert len(ids(on_page.tries())) == 1


def test_refused_elements_of_a_batch_are_told(on_page):
    answer = '{"success": true, "errors": [{"index": 0, "code": "bad", "message": "No."}]}'
    on_page.sites.script(EVENTS, BATCH, Answer(body=answer))

    told = on_page.run(
        "new Promise(done => { analytics.on('error', e => done([e.code, e.errors])); analytics.track('A') })"
    )

    assert told == ["partly_refused", [{"index": 0, "code": "bad", "message": "No."}]]


def test_a_queue_that_is_never_collected_stays_small(on_page):
    on_page.sites.serve(EVENTS, BATCH, BUSY)
    on_page.run("for (let i = 0; i < 1500; i++) analytics.track('E' + i, {text: 'x'.repeat(500)})")
    on_page.sites.wait_for(on_page.requests)
    on_page.open("/next")
    on_page.loaded()

    stored = on_page.run("Object.values(localStorage).join('').length")

    assert stored < 1_000_000
    assert on_page.run("analytics.track('Still works') && 1") == 1


def test_two_pages_of_one_visitor_lose_and_double_nothing(on_page):
    on_page.sites.serve(EVENTS, BATCH, BUSY)
    on_page.run("analytics.track('A')")
    other = on_page.new_page()
    other.goto(on_page.sites.url(PAGES, "/other"))
    other.wait_for_function("window.analytics && analytics.initialized")
    other.evaluate("analytics.track('B')")
    on_page.until(f"{KEPT}.length == 2")  # in one lot or two: who tries again takes the other's with it
    on_page.close(other)
    on_page.close()
    on_page.sites.serve(EVENTS, BATCH, COLLECTED)

    on_page.page = on_page.new_page()
    on_page.open("/later")

    assert sorted(names(on_page.events(2))) == ["A", "B"]
    assert len(ids(on_page.tries())) == 2
