"""The library among all else on a page: routing, back and forward, links, other files, strict policies."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.chromium import Loop, Remote, end, need_chromium, start_chromium

from .sites import EVENTS, FILES, PAGES, Answer, Sites
from .visitor import BATCH, Visitor


def paths(events: list[dict]) -> list[str]:
    return [event["context"]["page"]["path"] for event in events]


# Single-page applications


@pytest.fixture
def application(visitor: Visitor) -> Visitor:
    visitor.install(follows_spa=True, calls_page_on_load=True)
    visitor.open("/list")
    visitor.events(1)
    return visitor


def test_a_new_path_or_query_is_a_page_call(application):
    application.run("history.pushState(0, '', '/item')")
    application.events(2)
    application.run("history.replaceState(0, '', '/item?size=2')")
    application.events(3)
    application.run("history.back()")

    events = application.events(4)

    assert [event["type"] for event in events] == ["page"] * 4
    assert paths(events) == ["/list", "/item", "/item", "/list"]
    assert events[2]["context"]["page"]["search"] == "?size=2"
    assert events[1]["properties"]["referrer"] == application.sites.url(PAGES, "/list")


def test_a_page_call_waits_for_the_title_of_the_new_view(application):
    application.run("history.pushState(0, '', '/item'); setTimeout(() => { document.title = 'Item' }, 20)")

    assert application.events(2)[1]["properties"]["title"] == "Item"


def test_the_same_address_or_another_hash_is_no_new_view(application):
    application.run("history.pushState(0, '', '/list'); history.pushState(0, '', '/list#top')")
    application.page.wait_for_timeout(400)
    application.run("history.pushState(0, '', '/next')")

    assert paths(application.events(2)) == ["/list", "/next"]


def test_without_following_no_page_is_called(visitor):
    visitor.install()
    visitor.open()
    visitor.loaded()

    visitor.run("history.pushState(0, '', '/item')")
    visitor.page.wait_for_timeout(400)
    visitor.run("analytics.track('Seen')")

    assert [event["type"] for event in visitor.events(1)] == ["track"]


# Back and forward


@pytest.fixture(scope="module")
def with_history_cache(browser_loop: Loop) -> Iterator[Remote]:
    """A Chromium that keeps pages whole, as visitors have it; Playwright switches that off."""
    need_chromium()
    browser, stop = start_chromium(browser_loop, ignore_default_args=["--disable-back-forward-cache"])
    yield browser
    stop()


@pytest.fixture
def coming_back(with_history_cache: Remote, sites: Sites) -> Iterator[Visitor]:
    context = with_history_cache.new_context()
    visitor = Visitor(sites, context)
    why = (
        "encodeURIComponent(JSON.stringify(performance.getEntriesByType('navigation')[0].notRestoredReasons))"
    )
    beacon = f"navigator.sendBeacon('/shown?kept=' + event.persisted + '&why=' + {why})"
    visitor.serve_page(before=f"addEventListener('pageshow', event => {beacon})")
    yield visitor
    end(context)
    assert visitor.errors == []


def leave_and_come_back(visitor: Visitor, *, after: tuple[str, ...] = ()) -> None:
    """From /first to /second and back, without Playwright's waiting, which misses pages from the cache.

    It waits for the answers to `after`: Chromium keeps no page whole whose keepalive requests fly.
    """
    for path in ("/shown", *after):
        visitor.until(f"performance.getEntriesByType('resource').some(one => one.name.includes('{path}'))")
    visitor.run("setTimeout(() => { location.href = '/second' }) && 1")
    visitor.sites.wait_for(lambda: visitor.sites.asked(PAGES, "/second"))
    visitor.sites.wait_for(lambda: len(visitor.sites.asked(PAGES, "/shown")) == 2)
    visitor.run("setTimeout(() => history.back()) && 1")
    visitor.sites.wait_for(
        lambda: [one for one in visitor.sites.asked(PAGES, "/shown") if one.query["kept"] == "true"]
    )


def test_a_page_with_the_file_is_kept_whole_and_counts_again_when_it_is_shown(coming_back):
    coming_back.install(calls_page_on_load=True)
    coming_back.open("/first")
    coming_back.events(1)

    leave_and_come_back(coming_back, after=(BATCH,))

    events = coming_back.events(3)
    assert sorted(paths(events)) == ["/first", "/first", "/second"]
    assert len({event["anonymousId"] for event in events}) == 1


def test_a_page_that_comes_back_still_sends(coming_back):
    coming_back.install()
    coming_back.open("/first")
    coming_back.loaded()
    coming_back.run("addEventListener('pageshow', () => analytics.track('Back'))")

    leave_and_come_back(coming_back)

    assert [event["event"] for event in coming_back.events(1)] == ["Back"]


# Links and forms


LINKS = """
<a id="plain" href="/next">next</a> <a id="blank" target="_blank" href="/next">next</a>
<form id="form" action="/done"><input name="q" value="1"><button id="send">send</button></form>
<button id="button">button</button>
"""


@pytest.fixture
def with_links(visitor: Visitor) -> Visitor:
    visitor.install()
    visitor.serve_page(body=LINKS)
    visitor.open()
    visitor.loaded()
    visitor.run(
        """const find = id => document.getElementById(id);
        analytics.trackLink([find('plain'), find('blank')], link => 'Clicked ' + link.id, {place: 'top'});
        analytics.trackForm(find('form'), 'Submitted', form => ({q: form.q.value}));
        analytics.trackClick(find('button'), 'Pressed')"""
    )
    return visitor


def test_a_tracked_link_is_followed_at_once_and_counted(with_links):
    with_links.page.click("#plain")
    with_links.page.wait_for_url("**/next")

    assert with_links.event("Clicked plain")["properties"] == {"place": "top"}


def test_a_tracked_link_into_a_new_tab_opens_it(with_links):
    before = len(with_links.context.pages)
    with_links.page.click("#blank")

    with_links.event("Clicked blank")
    with_links.sites.wait_for(lambda: with_links.sites.asked(PAGES, "/next"))
    with_links.sites.wait_for(lambda: len(with_links.context.pages) == before + 1)
    assert with_links.run("location.pathname") == "/"


def test_a_click_with_a_modifier_key_opens_a_tab_too(with_links):
    with_links.page.click("#plain", modifiers=["Control"])

    with_links.event("Clicked plain")
    with_links.sites.wait_for(lambda: with_links.sites.asked(PAGES, "/next"))
    assert with_links.run("location.pathname") == "/"


def test_what_the_page_prevents_stays_prevented(with_links):
    with_links.run("document.addEventListener('click', event => event.preventDefault())")
    with_links.page.click("#plain")

    with_links.event("Clicked plain")
    assert with_links.run("location.pathname") == "/"


def test_a_tracked_form_is_submitted_and_counted(with_links):
    with_links.page.click("#send")
    with_links.page.wait_for_url("**/done?q=1")

    assert with_links.event("Submitted")["properties"] == {"q": "1"}


def test_a_hanging_collector_holds_no_link_up(with_links):
    with_links.sites.serve(EVENTS, "/v1/b", Answer(hangs=True))

    with_links.page.click("#plain")

    with_links.page.wait_for_url("**/next", timeout=5000)


def test_other_elements_can_be_tracked(with_links):
    with_links.page.click("#button")

    assert with_links.event("Pressed")


# More than one file


def test_a_file_that_is_included_twice_counts_once_and_says_so(visitor):
    visitor.install(calls_page_on_load=True)
    tag = f'<script src="{visitor.sites.url(FILES, "/file.js")}"></script>'
    visitor.serve_page(head=tag * 2)
    visitor.open()
    visitor.run("analytics.track('Seen')")

    events = visitor.events(2)

    assert [event["type"] for event in events] == ["page", "track"]
    assert len(visitor.tries()) == 2
    assert [line for line in visitor.console if line.startswith("warning:")]


def test_two_files_of_different_names_share_a_page_and_nothing_else(visitor):
    visitor.install(path="/one.js", library_name="one", storage_prefix="one_", write_key="wk_1")
    visitor.install(path="/two.js", library_name="two", storage_prefix="two_", write_key="wk_2")
    tags = [f'<script src="{visitor.sites.url(FILES, path)}"></script>' for path in ("/one.js", "/two.js")]
    visitor.serve_page(head="".join(tags), stub=False)
    visitor.open()

    visitor.run("one.identify('u1'); one.track('A'); two.track('B')")

    visitor.events(3)
    sent = {
        event["event"]: (request.json()["writeKey"], event.get("userId"))
        for request in visitor.requests()
        for event in request.json()["batch"]
        if "event" in event
    }
    assert sent == {"A": ("wk_1", "u1"), "B": ("wk_2", None)}


# Strict policies


def policy(sites: Sites, *more: str) -> dict[str, str]:
    parts = (
        "default-src 'none'",
        f"connect-src {sites.url(EVENTS)}",
        "img-src data:",  # the page's own icon
        "require-trusted-types-for 'script'",
        *more,
    )
    return {"Content-Security-Policy": "; ".join(parts)}


def refused(visitor: Visitor) -> list[str]:
    return [line for line in visitor.console if "Content Security Policy" in line or "integrity" in line]


def test_it_works_under_a_strict_policy_with_a_nonce(visitor):
    url = visitor.install(follows_spa=True, click_ids=("gclid",))
    headers = policy(visitor.sites, "script-src 'nonce-n1'")
    visitor.serve_page(stub=False, head=f'<script nonce="n1" src="{url}"></script>', headers=headers)
    visitor.open("/?gclid=g1")

    visitor.run("analytics.track('Seen')")

    assert visitor.event("Seen")
    assert refused(visitor) == []


def test_it_works_with_subresource_integrity(visitor):
    url = visitor.install()
    content = visitor.sites.answers[FILES, "/file.js"].body
    digest = "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
    visitor.serve_page(head=f'<script src="{url}" integrity="{digest}" crossorigin="anonymous"></script>')
    visitor.open()

    visitor.run("analytics.track('Seen')")

    assert visitor.event("Seen")


def test_a_changed_file_is_refused_by_subresource_integrity(visitor):
    """The test above can fail."""
    url = visitor.install()
    file = visitor.sites.answers[FILES, "/file.js"]
    digest = "sha384-" + base64.b64encode(hashlib.sha384(file.body).digest()).decode()
    visitor.sites.serve(FILES, "/file.js", replace(file, body=file.body + b" "))
    visitor.serve_page(head=f'<script src="{url}" integrity="{digest}" crossorigin="anonymous"></script>')
    visitor.open()

    assert visitor.run("analytics.initialized") is None
    assert refused(visitor)


def test_it_leaves_nothing_but_its_name_on_the_page(visitor):
    visitor.serve_page(stub=False, head=" ")
    visitor.open("/without")
    before: Any = visitor.run("Object.getOwnPropertyNames(window)")
    visitor.install()
    visitor.serve_page(stub=False)
    visitor.open("/with")
    visitor.loaded()

    added = set(visitor.run("Object.getOwnPropertyNames(window)")) - set(before)

    assert added == {"analytics"}
