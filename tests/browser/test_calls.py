"""The analytics.js API: what each call sends, and calls made before the file has loaded."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from .sites import EVENTS, FILES, PAGES
from .visitor import BATCH, Visitor

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
EVERY_EVENT = {"anonymousId", "context", "integrations", "messageId", "timestamp", "type"}
EVERY_CONTEXT = {"library", "locale", "page", "screen", "sessionId", "userAgent"}


@pytest.fixture
def on_page(visitor: Visitor) -> Visitor:
    """On a page whose file has loaded, with the time zone known."""
    visitor.install()
    visitor.open("/cart?size=9#top")
    visitor.loaded()
    return visitor


def call(visitor: Visitor, script: str, name: str) -> dict:
    visitor.run(script)
    return visitor.event(name)


def said(members: dict) -> set[str]:
    """The members that say something; Segment's own library sends null for nobody, too."""
    return {name for name, value in members.items() if value is not None}


# What is sent


def test_track(on_page):
    before = datetime.now(UTC)

    event = call(on_page, "analytics.track('Order Completed', {total: 9.5, products: [{sku: 'a'}]})", "track")

    assert said(event) == EVERY_EVENT | {"event", "properties"}
    assert event["type"] == "track"
    assert event["event"] == "Order Completed"
    assert event["properties"] == {"total": 9.5, "products": [{"sku": "a"}]}
    assert event["integrations"] == {}
    assert UUID.fullmatch(event["anonymousId"])
    assert UUID.fullmatch(event["messageId"])
    at = datetime.fromisoformat(event["timestamp"])
    assert event["timestamp"].endswith("Z")
    assert abs(at - before) < timedelta(seconds=30)


def test_every_event_says_where_it_happened(on_page):
    event = call(on_page, "analytics.track('Seen')", "Seen")

    context = event["context"]
    assert said(context) - {"timezone"} == EVERY_CONTEXT | {"sessionStart"}
    assert context["page"] == {
        "path": "/cart",
        "referrer": "",
        "search": "?size=9",
        "title": "Shop",
        "url": on_page.sites.url(PAGES, "/cart?size=9"),
    }
    assert context["locale"] == "en-US"
    assert context["userAgent"] == on_page.run("navigator.userAgent")
    assert set(context["library"]) == {"name", "version"}


def test_the_batch_carries_the_write_key_and_the_moment_of_sending(on_page):
    call(on_page, "analytics.track('Seen')", "Seen")

    [request] = on_page.requests()
    assert set(request.json()) == {"batch", "sentAt", "writeKey"}
    assert request.json()["writeKey"] == "wk_test"
    assert datetime.fromisoformat(request.json()["sentAt"])


def test_page_names_the_page_and_describes_it(on_page):
    event = call(on_page, "analytics.page('Shop', 'Cart', {size: 9})", "page")

    assert said(event) == EVERY_EVENT | {"category", "name", "properties"}
    assert (event["category"], event["name"]) == ("Shop", "Cart")
    assert event["properties"] == {
        "category": "Shop",
        "name": "Cart",
        "path": "/cart",
        "referrer": "",
        "search": "?size=9",
        "size": 9,
        "title": "Shop",
        "url": on_page.sites.url(PAGES, "/cart?size=9"),
    }


def test_page_needs_no_name(on_page):
    event = call(on_page, "analytics.page()", "page")

    assert said(event) == EVERY_EVENT | {"properties"}
    assert set(event["properties"]) == {"path", "referrer", "search", "title", "url"}


def test_screen(on_page):
    event = call(on_page, "analytics.screen('Cart', {size: 9})", "screen")

    assert said(event) == EVERY_EVENT | {"name", "properties"}
    assert event["properties"] == {"name": "Cart", "size": 9}


def test_identify_is_remembered_by_later_events(on_page):
    identify = call(on_page, "analytics.identify('u1', {email: 'ada@shop.test', plan: 'pro'})", "identify")
    later = call(on_page, "analytics.track('Later')", "Later")

    assert said(identify) == EVERY_EVENT | {"traits", "userId"}
    assert identify["userId"] == later["userId"] == "u1"
    assert identify["traits"] == {"email": "ada@shop.test", "plan": "pro"}
    assert later["context"]["traits"] == {"email": "ada@shop.test", "plan": "pro"}
    assert identify["anonymousId"] == later["anonymousId"]


def test_traits_can_come_before_an_id_and_add_up(on_page):
    call(on_page, "analytics.identify({plan: 'pro'})", "identify")
    on_page.run("analytics.identify('u1', {age: 36})")

    event = call(on_page, "analytics.track('Later')", "Later")

    assert event["context"]["traits"] == {"plan": "pro", "age": 36}


def test_another_user_inherits_no_traits(on_page):
    on_page.run("analytics.identify('u1', {email: 'ada@shop.test'})")
    on_page.run("analytics.identify('u2')")

    event = call(on_page, "analytics.track('Later')", "Later")

    assert event["userId"] == "u2"
    assert "traits" not in event["context"]


def test_group(on_page):
    group = call(on_page, "analytics.group('g1', {name: 'Potters'})", "group")

    assert said(group) == EVERY_EVENT | {"groupId", "traits"}
    assert (group["groupId"], group["traits"]) == ("g1", {"name": "Potters"})


def test_alias(on_page):
    event = call(on_page, "analytics.alias('u1', 'old')", "alias")

    assert said(event) >= EVERY_EVENT | {"previousId", "userId"}
    assert (event["userId"], event["previousId"]) == ("u1", "old")


def test_alias_without_an_old_id_means_the_anonymous_one(on_page):
    event = call(on_page, "analytics.alias('u1')", "alias")

    assert event["previousId"] == event["anonymousId"]


def test_options_reach_the_event(on_page):
    event = call(
        on_page,
        """analytics.track('Seen', {}, {
            context: {ip: '0.0.0.0', page: {title: 'Mine'}}, integrations: {All: false, AdCo: true},
            anonymousId: 'a1', userId: 'u9', timestamp: new Date(86400000), messageId: 'm1'})""",
        "Seen",
    )

    assert event["context"]["ip"] == "0.0.0.0"
    assert event["context"]["page"]["title"] == "Mine"
    assert event["context"]["page"]["path"] == "/cart"
    assert event["integrations"] == {"All": False, "AdCo": True}
    assert (event["anonymousId"], event["userId"], event["messageId"]) == ("a1", "u9", "m1")
    assert event["timestamp"] == "1970-01-02T00:00:00.000Z"


def test_an_event_is_what_it_was_when_it_was_called(on_page):
    event = call(on_page, "const p = {n: 1}; analytics.track('Seen', p); p.n = 2", "Seen")

    assert event["properties"] == {"n": 1}


def test_what_json_does_not_hold_breaks_nothing(on_page):
    on_page.run(
        """const p = {}; p.self = p;
        analytics.track('Circle', p); analytics.track(); analytics.track('Big', {n: 10n});
        analytics.track('Odd', {f() {}, u: undefined, d: new Date(0), nan: NaN})"""
    )

    odd = on_page.event("Odd")

    assert odd["properties"] == {"d": "1970-01-01T00:00:00.000Z", "nan": None}
    assert [event["event"] for event in on_page.kept()] == ["Odd"]


# Around the calls


def test_callbacks_run_after_the_call(on_page):
    assert on_page.run("new Promise(done => analytics.track('Seen', {}, () => done('called')))") == "called"
    assert on_page.run("new Promise(done => analytics.ready(() => done('ready')))") == "ready"


def test_listeners_hear_calls_once_or_until_they_are_off(on_page):
    heard = on_page.run(
        """(() => {
        const heard = [], hear = name => heard.push(name);
        analytics.on('track', hear); analytics.once('track', name => heard.push('once ' + name));
        analytics.track('A'); analytics.track('B'); analytics.off('track', hear); analytics.track('C');
        return heard })()"""
    )

    assert heard == ["A", "once A", "B"]


def test_a_pages_broken_listener_breaks_nothing_else(on_page):
    on_page.run("analytics.on('track', () => { throw Error('theirs') }); analytics.track('Seen')")

    assert on_page.event("Seen")


def test_user_and_group_can_be_asked(on_page):
    on_page.run("analytics.identify('u1', {plan: 'pro'}); analytics.group('g1', {size: 3})")

    assert on_page.run("[analytics.user().id(), analytics.user().traits()]") == ["u1", {"plan": "pro"}]
    assert on_page.run("[analytics.group().id(), analytics.group().traits()]") == ["g1", {"size": 3}]
    assert UUID.fullmatch(on_page.run("analytics.user().anonymousId()"))


def test_reset_makes_a_new_visitor(on_page):
    before = call(on_page, "analytics.identify('u1', {plan: 'pro'}); analytics.track('Before')", "Before")

    after = call(on_page, "analytics.reset(); analytics.track('After')", "After")

    assert after["anonymousId"] != before["anonymousId"]
    assert after.get("userId") is None
    assert "traits" not in after["context"]


def test_the_anonymous_id_can_be_set_and_counts_at_once(on_page):
    event = call(on_page, "analytics.setAnonymousId('mine'); analytics.track('Seen')", "Seen")

    assert event["anonymousId"] == "mine"
    assert on_page.cookies()["_s2s_anonymous_id"]["value"] == "mine"


def test_middleware_can_change_and_drop_events(on_page):
    on_page.run(
        """analytics.addSourceMiddleware(({payload, next}) => {
            if (payload.obj.event == 'Secret') return;
            payload.obj.context.mine = payload.type(); next(payload) });
        analytics.track('Secret'); analytics.track('Seen')"""
    )

    assert on_page.event("Seen")["context"]["mine"] == "track"
    assert [event["event"] for event in on_page.kept()] == ["Seen"]


def test_middleware_can_answer_later(on_page):
    on_page.run(
        "analytics.addSourceMiddleware(({payload, next}) => setTimeout(() => next(payload), 50));"
        "analytics.track('Seen')"
    )

    assert on_page.event("Seen")


def test_what_middleware_makes_of_an_event_holds_up_no_other(on_page):
    on_page.run(
        """analytics.addSourceMiddleware(({payload, next}) => {
            if (payload.obj.event == 'Circular') payload.obj.properties.me = payload.obj;
            next(payload) });
        analytics.track('Circular'); analytics.track('Seen')"""
    )

    assert on_page.event("Seen")
    assert [line for line in on_page.console if line.startswith("error:") and "circular" in line]


# Before the file


def test_calls_before_the_file_are_sent_in_order_with_the_page_of_the_call(visitor):
    visitor.install()
    file = visitor.sites.answers[FILES, "/file.js"]
    arrives = threading.Event()
    visitor.sites.serve(FILES, "/file.js", replace(file, held=arrives))
    visitor.open("/first?a=1", wait_until="commit")
    visitor.until("window.analytics && analytics.track")
    visitor.run(
        """analytics.identify('u1'); analytics.page(); analytics.track('One', {n: 1}, {context: {mine: 1}});
        analytics.setAnonymousId('mine');
        history.pushState(0, '', '/second'); document.title = 'Second'; analytics.track('Two')"""
    )
    arrives.set()

    events = visitor.events(4)

    assert [event.get("event", event["type"]) for event in events] == ["identify", "page", "One", "Two"]
    assert [event["context"]["page"]["path"] for event in events] == ["/first"] * 3 + ["/second"]
    assert events[1]["properties"]["title"] == "Shop"
    assert events[2]["context"]["mine"] == 1
    assert events[3]["context"]["page"]["title"] == "Second"
    assert {event["anonymousId"] for event in events} == {"mine"}
    assert {event["userId"] for event in events} == {"u1"}


def test_references_to_stubbed_methods_stay_good(visitor):
    visitor.install()
    visitor.serve_page(head="")
    visitor.open()
    visitor.loaded()

    visitor.run("analytics.push(['track', 'Pushed'])")

    assert visitor.event("Pushed")


def test_a_page_without_a_stub_can_call_once_the_file_is_there(visitor):
    visitor.install()
    visitor.serve_page(stub=False)
    visitor.open()
    visitor.loaded()

    assert call(visitor, "analytics.track('Seen')", "Seen")


def test_the_library_can_have_another_name(visitor):
    visitor.install(library_name="shopEvents")
    visitor.serve_page(stub=False)
    visitor.open()
    visitor.until("window.shopEvents && shopEvents.initialized")

    assert call(visitor, "shopEvents.track('Seen')", "Seen")
    assert visitor.run("typeof analytics") == "undefined"


def test_a_page_call_on_load_is_made_once_if_it_is_configured(visitor):
    visitor.install(calls_page_on_load=True)
    visitor.open("/landing")

    assert visitor.event("page")["context"]["page"]["path"] == "/landing"
    assert len(visitor.tries()) == 1


def test_nothing_is_asked_of_anybody_without_a_call(visitor):
    visitor.install()
    visitor.open()
    visitor.loaded()

    assert visitor.sites.asked(EVENTS) == []
    assert [request.path for request in visitor.sites.asked(FILES)] == ["/file.js"]


def test_no_call_asks_for_a_preflight(on_page):
    call(on_page, "analytics.track('Seen')", "Seen")

    [request] = on_page.sites.asked(EVENTS)
    assert (request.method, request.path) == ("POST", BATCH)
    assert request.headers["content-type"].partition(";")[0] == "text/plain"
    assert "cookie" not in request.headers
