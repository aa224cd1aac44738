"""Identity syncs: every method, lifetimes, failures, tokens, and what a vendor's endpoint may do wrong."""

from __future__ import annotations

import hashlib
import itertools
import re
import time
from typing import Any
from urllib.parse import unquote

import pytest

from integrations.core.tracking_file.config import (
    Callback,
    Category,
    Consent,
    Cookie,
    Fetch,
    Generate,
    LocalStorage,
    MatchPixel,
    Options,
    Sync,
    UrlParams,
)

from .sites import DROPS, HANGS, OTHER, PAGES, Answer
from .visitor import Visitor

DAY = 86_400
PATH = "/identity"
SAME_SITE = "ids.shop.test"
numbers = itertools.count()
FOUND = Answer(body='{"user": {"id": "v-1", "n": 7}}')


def sync(options: Options, **changes: Any) -> Sync:
    given = {
        "provider": "adco",
        "id": "id",
        "options": options,
        "lifetime_days": 180,
        "categories": (),
        "timeout_ms": 1000,
    }
    return Sync(**(given | changes))


def endpoint(visitor: Visitor, answer: Answer = FOUND, host: str = OTHER) -> str:
    return visitor.sites.serve(host, PATH, answer)


def known_to_the_vendor(visitor: Visitor) -> None:
    """They have a cookie of a vendor's host under the shop's domain; those of others are blocked here."""
    cookie = {"name": "theirs", "value": "1", "url": visitor.sites.url(SAME_SITE)}
    visitor.context.add_cookies([cookie])


def asked(visitor: Visitor) -> list:
    return visitor.sites.asked(OTHER, PATH)


def visit(visitor: Visitor, *syncs: Sync, path: str = "/", **changes: Any) -> None:
    if syncs:
        visitor.install(syncs=syncs, **changes)
    visitor.open(path)
    visitor.loaded()


def provided(visitor: Visitor) -> dict[str, Any]:
    """The providers of an event that is called now."""
    name = f"Now {next(numbers)}"
    visitor.run(f"analytics.track('{name}')")
    return visitor.event(name)["context"].get("providers", {})


def provided_soon(visitor: Visitor) -> dict[str, Any]:
    """The providers as soon as there are any."""
    visitor.run("analytics.track('First')")
    visitor.until("analytics.providers && Object.keys(analytics.providers()).length")
    return provided(visitor)


def kept(visitor: Visitor) -> dict[str, str]:
    return {
        name: unquote(cookie["value"])
        for name, cookie in visitor.cookies().items()
        if name.startswith(("_s2s_adco", "__adco"))
    }


def failed(visitor: Visitor) -> str:
    """What the failure marker says, as soon as it is there."""
    visitor.run("analytics.track('First')")
    visitor.until("document.cookie.includes('_failure=')")
    return kept(visitor)["_s2s_adco_id_failure"]


def fetching(visitor: Visitor, answer: Answer = FOUND, host: str = OTHER, **changes: Any) -> Fetch:
    return Fetch(**({"url": endpoint(visitor, answer, host), "paths": (("id", "user.id"),)} | changes))


# Methods that ask


def test_fetch_takes_ids_from_the_answer_by_path(visitor):
    options = fetching(visitor, paths=(("id", "user.id"), ("number", "user.n"), ("none", "user.x.y")))

    visit(visitor, sync(options))

    assert provided_soon(visitor) == {"adco": {"id": "v-1", "number": "7"}}
    cookie = visitor.cookies()["_s2s_adco_id"]
    assert (cookie["value"], cookie["domain"]) == ("v-1", ".shop.test")
    assert cookie["expires"] == pytest.approx(time.time() + 180 * DAY, abs=120)


def test_an_id_that_is_there_is_not_asked_for_again(visitor):
    visit(visitor, sync(fetching(visitor)))
    provided_soon(visitor)

    visit(visitor, path="/next")

    assert provided_soon(visitor) == {"adco": {"id": "v-1"}}
    assert len(asked(visitor)) == 1


def test_an_id_that_has_ended_is_asked_for_again(visitor):
    visit(visitor, sync(fetching(visitor)))
    provided_soon(visitor)
    visitor.context.clear_cookies(name="_s2s_adco_id")  # as the browser does then

    visit(visitor, path="/next")

    assert provided_soon(visitor) == {"adco": {"id": "v-1"}}
    assert len(asked(visitor)) == 2


def test_a_resync_asks_on_every_page_and_takes_the_newer_id(visitor):
    visit(visitor, sync(fetching(visitor), resync=True))
    provided_soon(visitor)
    endpoint(visitor, Answer(body='{"user": {"id": "v-2"}}'))

    visit(visitor, path="/next")
    visitor.run("analytics.track('First')")
    visitor.sites.wait_for(lambda: len(asked(visitor)) == 2)
    visitor.until("document.cookie.includes('v-2')")

    assert provided(visitor) == {"adco": {"id": "v-2"}}


def test_the_first_event_goes_before_any_sync(visitor):
    noting = "window.order = []; const real = fetch; window.fetch = (url, options) =>"
    visitor.serve_page(before=noting + "{ order.push(new URL(url).pathname); return real(url, options) }")
    visit(visitor, sync(fetching(visitor)))
    visitor.run("analytics.track('First')")
    visitor.until("order.length == 2")

    assert visitor.run("order") == ["/v1/b", PATH]


def test_nothing_is_synced_before_the_first_event(visitor):
    visit(visitor, sync(fetching(visitor)))
    visitor.page.wait_for_timeout(300)

    assert asked(visitor) == []


def test_a_get_asks_without_preflight_and_without_cookies(visitor):
    known_to_the_vendor(visitor)
    options = fetching(visitor, FOUND, SAME_SITE, query=(("a", "x y&z"), ("b", "2")))
    visit(visitor, sync(options))
    provided_soon(visitor)

    [request] = visitor.sites.asked(SAME_SITE)
    assert (request.method, request.query) == ("GET", {"a": "x y&z", "b": "2"})
    assert request.cookies() == {}


def test_credentials_send_the_vendors_own_cookies(visitor):
    known_to_the_vendor(visitor)
    visit(visitor, sync(fetching(visitor, FOUND, SAME_SITE, credentials=True)))
    provided_soon(visitor)

    [request] = visitor.sites.asked(SAME_SITE)
    assert request.cookies()["theirs"] == "1"


def test_a_post_sends_json_and_headers(visitor):
    options = fetching(
        visitor, http_method="POST", body=(("a", "1"), ("b", "{2}")), headers=(("X-Key", "k"),)
    )
    visit(visitor, sync(options))
    provided_soon(visitor)

    preflight, request = asked(visitor)
    assert (preflight.method, request.method) == ("OPTIONS", "POST")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-key"] == "k"
    assert request.json() == {"a": "1", "b": "{2}"}


def test_a_match_pixel_is_fired_once_and_leaves_a_marker(visitor):
    url = visitor.sites.serve(OTHER, PATH, Answer(body=b"GIF89a", type="image/gif", allows_origin=False))
    visit(visitor, sync(MatchPixel(url=url, query=(("a", "{anonymous_id}"),))))

    found = provided_soon(visitor)
    visit(visitor, path="/next")
    provided_soon(visitor)

    assert found == {"adco": {"beaconFired": "true"}}
    [request] = asked(visitor)
    assert request.query == {"a": visitor.kept()[0]["anonymousId"]}


def test_generate_makes_an_id_in_the_documented_format_once(visitor):
    options = Generate(format="{hex:16}-{epoch_ms}")
    visit(visitor, sync(options, cookie="__adco_fpc"))

    first = provided_soon(visitor)["adco"]["id"]
    visit(visitor, path="/next")
    second = provided_soon(visitor)["adco"]["id"]

    assert re.fullmatch(r"[0-9a-f]{32}-\d{13}", first)
    assert first == second == visitor.cookies()["__adco_fpc"]["value"]


def test_a_made_id_lives_from_the_day_it_was_made_unless_the_sync_is_run_again(visitor):
    once, again = Generate(format="{uuid}"), Generate(format="{uuid}")
    syncs = sync(once, cookie="once"), sync(again, provider="other", cookie="again", resync=True)
    visit(visitor, *syncs)
    first = provided_soon(visitor), {name: visitor.cookies()[name]["expires"] for name in ("once", "again")}
    visitor.run("new Promise(go => setTimeout(go, 1100))")

    visit(visitor, path="/next")
    second = provided_soon(visitor), {name: visitor.cookies()[name]["expires"] for name in ("once", "again")}

    assert first[0] == second[0]
    assert first[1]["once"] == second[1]["once"]
    assert first[1]["again"] < second[1]["again"]


def test_generate_knows_every_kind_of_part(visitor):
    visit(visitor, sync(Generate(format="a.{digits:6}.{uuid}.{epoch_s}.{other}")))

    value = provided_soon(visitor)["adco"]["id"]

    assert re.fullmatch(r"a\.\d{6}\.[0-9a-f-]{36}\.\d{10}\.\{other\}", value)


def test_a_callback_is_called_with_a_function_that_takes_the_value(visitor):
    visitor.serve_page(before="window.adco = {n: 1, ask(give) { setTimeout(() => give('c-' + this.n), 50) }}")
    visit(visitor, sync(Callback(function="adco.ask")))

    assert provided_soon(visitor) == {"adco": {"id": "c-1"}}


def test_a_callback_that_comes_late_is_waited_for(visitor):
    visit(visitor, sync(Callback(function="adcoId")))
    visitor.run("setTimeout(() => { window.adcoId = give => give('late') }, 200) && 1")

    assert provided_soon(visitor) == {"adco": {"id": "late"}}


# Methods that look


def test_url_parameters_are_kept_and_the_newest_wins(visitor):
    visit(visitor, sync(UrlParams(parameters=("adct", "sub"))), path="/?adct=a%201&sub=news&x=1")
    assert provided(visitor) == {"adco": {"adct": "a 1", "sub": "news"}}

    visit(visitor, path="/next")
    assert provided(visitor) == {"adco": {"adct": "a 1", "sub": "news"}}

    visit(visitor, path="/?adct=a2")
    assert provided(visitor) == {"adco": {"adct": "a2", "sub": "news"}}


def test_local_storage_is_looked_into(visitor):
    visitor.serve_page(before="""localStorage.plain = 'p-1'; localStorage.deep = '{"a": {"b": "d-1"}}'""")
    visit(
        visitor,
        sync(LocalStorage(key="plain"), id="plain"),
        sync(LocalStorage(key="deep", path="a.b"), id="deep"),
        sync(LocalStorage(key="plain", path="a.b"), id="broken"),
        sync(LocalStorage(key="missing"), id="missing"),
    )

    assert provided(visitor) == {"adco": {"plain": "p-1", "deep": "d-1"}}


def test_a_cookie_is_read_without_the_parts_to_skip(visitor):
    visitor.serve_page(before="document.cookie = '_ga=GA1.1.123.456'; document.cookie = 'raw=a%20b'")
    visit(
        visitor,
        sync(Cookie(name="_ga", skip_parts=2), id="ga"),
        sync(Cookie(name="raw"), id="raw"),
        sync(Cookie(name="none"), id="none"),
    )

    assert provided(visitor) == {"adco": {"ga": "123.456", "raw": "a b"}}


def test_what_appears_later_is_found_by_the_next_event(visitor):
    visit(visitor, sync(Cookie(name="late")))
    assert provided(visitor) == {}

    visitor.run("document.cookie = 'late=l-1'")
    provided(visitor)

    assert provided(visitor) == {"adco": {"id": "l-1"}}


# Consent


ADS = Consent(categories=(Category(code="ads", name="Advertising"),))


def test_a_sync_that_is_refused_before_it_could_ask_asks_nobody(visitor):
    visit(visitor, sync(fetching(visitor), categories=("ads",)), consent=ADS)

    visitor.run("analytics.consent({ads: true}); analytics.track('A'); analytics.consent({ads: false})")

    visitor.event("A")
    visitor.page.wait_for_timeout(300)
    assert asked(visitor) == []
    visitor.run("analytics.consent({ads: true})")
    assert provided_soon(visitor) == {"adco": {"id": "v-1"}}


def test_a_function_of_the_page_that_comes_after_the_refusal_is_not_called(visitor):
    visit(visitor, sync(Callback(function="adcoId"), categories=("ads",)), consent=ADS)
    visitor.run("analytics.consent({ads: true}); analytics.track('A'); analytics.consent({ads: false})")

    visitor.run("window.adcoId = () => { window.asked = true }; 1")
    visitor.page.wait_for_timeout(1000)

    assert visitor.run("window.asked") is None
    assert kept(visitor) == {}


# Failures


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500, body='{"user": {"id": "v-1"}}'),
        Answer(status=302, headers={"Location": "/elsewhere"}),
        Answer(body="<html>Hello</html>", type="text/html"),
        Answer(body='{"user": {"id": "v-1"}}', allows_origin=False),
        Answer(body='{"user": {}}'),
        Answer(body='{"user": {"id": {"deep": 1}}}'),
        Answer(body="null"),
        Answer(body=b""),
        DROPS,
    ],
    ids=["500", "redirect", "html", "no cors", "no id", "object", "null", "empty", "drop"],
)
def test_a_failure_is_marked_for_a_day_and_not_repeated(visitor, answer):
    visitor.sites.serve(OTHER, "/elsewhere", FOUND)
    visit(visitor, sync(fetching(visitor, answer)))

    assert failed(visitor) == "failed to make request"
    marker = visitor.cookies()["_s2s_adco_id_failure"]
    assert marker["expires"] == pytest.approx(time.time() + DAY, abs=120)

    count = len(asked(visitor))
    visit(visitor, path="/next")
    assert provided(visitor) == {}
    visitor.page.wait_for_timeout(200)
    assert len(asked(visitor)) == count
    assert visitor.sites.asked(OTHER, "/elsewhere") == []


def test_an_endpoint_that_hangs_is_given_up(visitor):
    visit(visitor, sync(fetching(visitor, HANGS), timeout_ms=200))

    assert failed(visitor) == "timeout"


def test_a_callback_that_never_comes_is_given_up(visitor):
    visit(visitor, sync(Callback(function="never.there"), timeout_ms=200))

    assert failed(visitor) == "timeout"


def test_a_callback_of_the_page_that_throws_harms_nobody(visitor):
    visitor.serve_page(before="window.adco = () => { throw Error('theirs') }")
    visit(visitor, sync(Callback(function="adco"), timeout_ms=200))

    assert failed(visitor) == "timeout"


def test_a_failure_holds_up_no_other_sync(visitor):
    visitor.sites.serve(OTHER, "/hangs", HANGS)
    hanging = Fetch(url=visitor.sites.url(OTHER, "/hangs"), paths=(("id", "id"),))
    visit(visitor, sync(hanging, provider="slow"), sync(fetching(visitor)))

    assert provided_soon(visitor) == {"adco": {"id": "v-1"}}


def test_a_value_that_is_no_id_for_its_length_is_not_kept(visitor):
    visitor.serve_page(before="localStorage.long = 'x'.repeat(5000)")
    visit(visitor, sync(LocalStorage(key="long")))

    assert provided(visitor) == {}
    assert kept(visitor) == {}


# Tokens


def test_tokens_stand_for_what_is_known_of_the_visitor(visitor):
    query = (
        ("anonymous", "{anonymous_id}"),
        ("user", "u:{user_id}"),
        ("email", "{email_sha256}"),
        ("phone", "{phone_sha256}"),
    )
    url = endpoint(visitor) + "?who={user_id}"
    visit(visitor, sync(Fetch(url=url, query=query, paths=(("id", "user.id"),))))
    visitor.run("analytics.identify('u/1', {email: ' Ada@Shop.Test ', phone: '+44 (0)20 7946-0000'})")
    visitor.sites.wait_for(lambda: asked(visitor))

    [request] = asked(visitor)
    visitor.event("identify")
    assert request.query == {
        "who": "u/1",
        "anonymous": visitor.kept()[0]["anonymousId"],
        "user": "u:u/1",
        "email": hashlib.sha256(b"ada@shop.test").hexdigest(),
        "phone": hashlib.sha256(b"+4402079460000").hexdigest(),
    }


def test_a_hash_that_the_site_gives_is_passed_on(visitor):
    given = "ab" * 32
    visit(visitor, sync(fetching(visitor, query=(("e", "{email_sha256}"),))))
    visitor.run(f"analytics.identify('u1', {{email: '{given}'}})")
    visitor.sites.wait_for(lambda: asked(visitor))

    assert asked(visitor)[0].query == {"e": given}


def test_over_http_a_hash_stays_unknown_and_other_syncs_run(visitor):
    url = visitor.sites.serve(OTHER, "/hashed", FOUND)
    hashed = Fetch(url=url, query=(("e", "{email_sha256}"),), paths=(("id", "user.id"),))
    visitor.install(syncs=(sync(hashed, provider="hashed"), sync(fetching(visitor))))
    visitor.open(scheme="http")
    visitor.loaded()

    visitor.run("analytics.identify('u1', {email: 'ada@shop.test'})")

    assert provided_soon(visitor) == {"adco": {"id": "v-1"}}
    assert visitor.sites.asked(OTHER, "/hashed") == []


def test_a_request_waits_for_what_it_needs_to_know(visitor):
    visit(visitor, sync(fetching(visitor, query=(("e", "{email_sha256}"),))))
    visitor.run("analytics.track('First')")
    visitor.event("First")
    visitor.page.wait_for_timeout(300)
    assert asked(visitor) == []
    assert kept(visitor) == {}

    visitor.run("analytics.identify('u1', {email: 'ada@shop.test'})")

    assert provided_soon(visitor) == {"adco": {"id": "v-1"}}


# Cross-domain


def test_the_cross_domain_id_is_the_clusters(visitor):
    known_to_the_vendor(visitor)
    path = "/v1/cross_domain_direct/id"
    visitor.install(cross_domain_url=visitor.sites.serve(SAME_SITE, path, Answer(body='{"id": "x-1"}')))
    visitor.open()
    visitor.loaded()

    assert provided_soon(visitor) == {"crossDomainDirect": {"id": "x-1"}}
    [request] = visitor.sites.asked(SAME_SITE)
    assert request.cookies()["theirs"] == "1"


# Storage and other libraries


def test_without_storage_ids_still_reach_the_events_of_the_page(visitor):
    visitor.serve_page(before="Object.defineProperty(document, 'cookie', {get: () => '', set() {}});")
    visit(visitor, sync(UrlParams(parameters=("adct",))), path="/?adct=a1")

    assert provided(visitor) == {"adco": {"adct": "a1"}}


def test_ids_that_the_site_gives_itself_are_not_overwritten(visitor):
    visit(visitor, sync(UrlParams(parameters=("adct",))), path="/?adct=a1")
    visitor.run("analytics.track('Mine', {}, {context: {providers: {own: {id: 'o-1'}}}})")

    assert visitor.event("Mine")["context"]["providers"] == {"adco": {"adct": "a1"}, "own": {"id": "o-1"}}
    assert visitor.sites.asked(PAGES)
