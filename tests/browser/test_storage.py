"""What the browser keeps: ids, session, campaign and click ids, as and for as long as configured."""

from __future__ import annotations

import base64
import json
import time

import pytest

from integrations.core.tracking_file.config import Cookies, SameSite

from .sites import PAGES
from .visitor import Visitor

DAY = 86_400
BLOCKED = """
Object.defineProperty(document, 'cookie', {get() { throw new DOMException('no', 'SecurityError') },
                                           set() { throw new DOMException('no', 'SecurityError') }});
for (const name of ['localStorage', 'sessionStorage'])
    Object.defineProperty(window, name, {get() { throw new DOMException('no', 'SecurityError') }});
"""
NO_COOKIES = "Object.defineProperty(document, 'cookie', {get: () => '', set() {}});"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') };"


def seen(visitor: Visitor, path: str = "/", **changes) -> dict:
    """The event of a page view."""
    before = len(visitor.kept())
    if changes or not before:
        visitor.install(**changes)
    visitor.open(path)
    visitor.loaded()
    visitor.run("analytics.track('Seen')")
    return visitor.events(before + 1)[-1]


# Cookies


def test_the_anonymous_id_is_a_cookie_of_the_whole_site(visitor):
    event = seen(visitor)

    cookie = visitor.cookies()["_s2s_anonymous_id"]
    assert cookie["value"] == event["anonymousId"]
    assert cookie["domain"] == ".shop.test"
    assert cookie["path"] == "/"
    assert (cookie["sameSite"], cookie["secure"], cookie["httpOnly"]) == ("Lax", True, False)
    assert cookie["expires"] == pytest.approx(time.time() + 395 * DAY, abs=120)


def test_no_trace_of_the_search_for_the_domain_stays(visitor):
    seen(visitor, session_minutes=0)

    assert set(visitor.cookies()) == {"_s2s_anonymous_id"}


def test_cookies_are_set_as_configured(visitor):
    cookies = Cookies(domain="www.shop.test", lifetime_days=30, same_site=SameSite.STRICT, secure=False)

    seen(visitor, cookies=cookies, storage_prefix="mine_")

    cookie = visitor.cookies()["mine_anonymous_id"]
    assert cookie["domain"] == ".www.shop.test"
    assert (cookie["sameSite"], cookie["secure"]) == ("Strict", False)
    assert cookie["expires"] == pytest.approx(time.time() + 30 * DAY, abs=120)


def test_same_site_none_is_always_secure(visitor):
    seen(visitor, cookies=Cookies(same_site=SameSite.NONE, secure=False))

    cookie = visitor.cookies()["_s2s_anonymous_id"]
    assert (cookie["sameSite"], cookie["secure"]) == ("None", True)


def test_a_page_over_http_gets_its_id_without_secure(visitor):
    visitor.install()
    visitor.open(scheme="http")
    visitor.loaded()
    visitor.run("analytics.track('Seen')")

    event = visitor.event("Seen")

    cookie = visitor.cookies()["_s2s_anonymous_id"]
    assert (cookie["value"], cookie["secure"]) == (event["anonymousId"], False)


def test_a_configured_domain_that_is_not_the_pages_is_not_fatal(visitor):
    event = seen(visitor, cookies=Cookies(domain="other.example"))

    assert visitor.cookies()["_s2s_anonymous_id"]["value"] == event["anonymousId"]


def test_the_id_stays_over_pages_and_subdomains(visitor):
    first = seen(visitor)
    visitor.sites.answers["blog.shop.test", "*"] = visitor.sites.answers[PAGES, "*"]

    visitor.page.goto(visitor.sites.url("blog.shop.test", "/post"))
    visitor.loaded()
    visitor.run("analytics.track('Read')")

    assert visitor.event("Read")["anonymousId"] == first["anonymousId"]


# Visitors whom another library knows


@pytest.mark.parametrize("wrapped", ["{id}", '"{id}"', "%22{id}%22"])
def test_segments_id_is_adopted(visitor, wrapped):
    visitor.context.add_cookies(
        [{"name": "ajs_anonymous_id", "value": wrapped.format(id="known-1"), "url": visitor.sites.url(PAGES)}]
    )

    assert seen(visitor)["anonymousId"] == "known-1"
    assert visitor.cookies()["_s2s_anonymous_id"]["value"] == "known-1"


def test_segments_id_in_local_storage_is_adopted(visitor):
    visitor.serve_page(before="localStorage.setItem('ajs_anonymous_id', '\"known-2\"')")

    assert seen(visitor)["anonymousId"] == "known-2"


def test_rudderstacks_id_is_adopted(visitor):
    value = "RS_ENC_v3_" + base64.b64encode(json.dumps("known-3").encode()).decode()
    visitor.context.add_cookies(
        [{"name": "rl_anonymous_id", "value": value, "url": visitor.sites.url(PAGES)}]
    )

    assert seen(visitor)["anonymousId"] == "known-3"


def test_an_id_that_was_reset_is_not_adopted_again(visitor):
    visitor.context.add_cookies(
        [{"name": "ajs_anonymous_id", "value": "known-1", "url": visitor.sites.url(PAGES)}]
    )
    seen(visitor)
    visitor.run("analytics.reset()")

    assert seen(visitor, "/next")["anonymousId"] != "known-1"


# Storage that is not there


@pytest.mark.parametrize("blocked", [BLOCKED, NO_COOKIES + FULL, FULL])
def test_blocked_storage_stops_no_event(visitor, blocked):
    visitor.serve_page(before=blocked)
    visitor.install(click_ids=("gclid",))
    visitor.open("/?gclid=g1&utm_source=mail")
    visitor.loaded()
    visitor.run("analytics.identify('u1', {plan: 'pro'}); analytics.track('A'); analytics.track('B')")

    identify, *tracks = visitor.events(3)

    assert len({event["anonymousId"] for event in (identify, *tracks)}) == 1
    assert {event["userId"] for event in tracks} == {"u1"}
    assert tracks[1]["context"]["campaign"] == {"source": "mail"}


def test_without_cookies_local_storage_keeps_the_id(visitor):
    visitor.serve_page(before=NO_COOKIES)

    first, second = seen(visitor), seen(visitor, "/next")

    assert first["anonymousId"] == second["anonymousId"]


# Sessions


def test_a_session_goes_on_over_pages_and_its_first_event_says_so(visitor):
    first, second = seen(visitor), seen(visitor, "/next")

    assert first["context"]["sessionId"] == second["context"]["sessionId"]
    assert first["context"]["sessionStart"] is True
    assert "sessionStart" not in second["context"]


def test_a_session_ends_after_the_configured_quiet(visitor):
    first = seen(visitor, session_minutes=10)
    cookie = visitor.cookies()["_s2s_session"]
    assert cookie["expires"] == pytest.approx(time.time() + 600, abs=60)

    visitor.context.clear_cookies(name="_s2s_session")  # as the browser does then
    second = seen(visitor, "/next")

    assert second["context"]["sessionId"] > first["context"]["sessionId"]
    assert second["context"]["sessionStart"] is True


def test_without_sessions_none_is_sent(visitor):
    context = seen(visitor, session_minutes=0)["context"]

    assert not {"sessionId", "sessionStart"} & set(context)


# Campaign


def test_a_campaign_is_read_from_the_address(visitor):
    query = "utm_source=mail&utm_medium=email&utm_campaign=spring&utm_term=pots&utm_content=top&utm_id=7&x=1"

    assert seen(visitor, f"/?{query}")["context"]["campaign"] == {
        "source": "mail",
        "medium": "email",
        "name": "spring",
        "term": "pots",
        "content": "top",
        "id": "7",
    }


def test_a_campaign_is_kept_for_its_days_and_a_newer_one_replaces_all_of_it(visitor):
    seen(visitor, "/?utm_source=mail&utm_term=pots", keeps_campaign_days=30)

    assert seen(visitor, "/next")["context"]["campaign"] == {"source": "mail", "term": "pots"}
    assert seen(visitor, "/?utm_source=ads")["context"]["campaign"] == {"source": "ads"}
    assert seen(visitor, "/last")["context"]["campaign"] == {"source": "ads"}
    [kept] = [cookie for name, cookie in visitor.cookies().items() if "campaign" in name]
    assert kept["expires"] == pytest.approx(time.time() + 30 * DAY, abs=120)


def test_without_days_a_campaign_is_not_kept(visitor):
    seen(visitor, "/?utm_source=mail", keeps_campaign_days=0)

    assert not [name for name in visitor.cookies() if "campaign" in name]


# Click ids


def test_click_ids_are_kept_for_their_days(visitor):
    first = seen(
        visitor, "/?gclid=G%201&fbclid=f1&other=o", click_ids=("gclid", "fbclid"), keeps_click_ids_days=90
    )
    later = seen(visitor, "/next")

    assert first["context"]["clickIds"] == {"gclid": "G 1", "fbclid": "f1"}
    assert later["context"]["clickIds"] == {"gclid": "G 1", "fbclid": "f1"}
    [kept] = [cookie for name, cookie in visitor.cookies().items() if "gclid" in name]
    assert kept["expires"] == pytest.approx(time.time() + 90 * DAY, abs=120)


def test_the_newest_click_id_counts(visitor):
    seen(visitor, "/?gclid=old", click_ids=("gclid",))

    assert seen(visitor, "/?gclid=new")["context"]["clickIds"] == {"gclid": "new"}


# Time zone


def test_the_time_zone_is_an_iana_name(another):
    visitor = another(timezone_id="America/St_Johns")

    assert seen(visitor)["context"]["timezone"] == "America/St_Johns"
    assert "_s2s_timezone" not in visitor.run("Object.keys(localStorage)")


SLOW_TO_NAME = """delete window.Temporal; window.asked = 0;
const counted = {apply: (...given) => ++asked && Reflect.apply(...given)};
Intl.DateTimeFormat = new Proxy(Intl.DateTimeFormat, counted);
"""


def test_where_the_time_zone_takes_long_it_is_asked_once_and_after_the_first_event(another):
    visitor = another(timezone_id="America/St_Johns")
    visitor.serve_page(before=SLOW_TO_NAME)
    assert "timezone" not in seen(visitor)["context"]
    visitor.until("localStorage._s2s_timezone")

    assert seen(visitor, "/next")["context"]["timezone"] == "America/St_Johns"
    assert visitor.run("asked") == 0


def test_without_time_zones_none_is_sent(visitor):
    seen(visitor, sends_timezone=False)

    assert "timezone" not in seen(visitor, "/next")["context"]
