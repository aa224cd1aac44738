"""Consent in the browser: every platform, granting, refusing and changing, and nothing before it may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integrations.core import consent as server
from integrations.core.tracking_file.config import (
    BeforeConsent,
    Category,
    Consent,
    Cookie,
    CustomCookie,
    Source,
    Sync,
    UrlParams,
)

from .visitor import Visitor, js

PLATFORMS = Path(__file__).parent / "platforms"
STATS = Category(
    code="stats",
    name="Statistics",
    cmp_codes=("C0002", "statistics", "analytics_storage"),
    tcf_purposes=(7, 8),
    gpp_fields=("TargetedAdvertisingOptOut",),
)
ADS = Category(
    code="ads",
    name="Advertising",
    cmp_codes=("C0004", "marketing", "ad_storage"),
    tcf_purposes=(1, 4),
    gpp_fields=("SaleOptOut", "SharingOptOut"),
    is_sale_or_sharing=True,
)
GCLID = Sync(
    provider="search",
    id="gclid",
    options=UrlParams(parameters=("gclid",)),
    lifetime_days=30,
    categories=("ads",),
)


# What a page sets as a cookie, if only for a moment; a cookie that is deleted is not counted.
WRITES = """window.written = []; const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
Object.defineProperty(document, 'cookie', {get: () => cookie.get.call(document), set(text) {
    if (!text.includes('max-age=0')) written.push(text.split('=')[0]); cookie.set.call(document, text) }});
"""
GPC = "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true});"


def script(name: str) -> str:
    return (PLATFORMS / f"{name}.js").read_text()


def consent(*sources: Source, **changes: Any) -> Consent:
    given = {"categories": (STATS, ADS), "sources": sources, "storage_categories": ("stats",)}
    return Consent(**(given | changes))


# What each platform is told for: everything, statistics only, nothing
CHOICES = {
    "onetrust": (Source.ONETRUST, script("onetrust"), (["C0002", "C0004"], ["C0002"], [])),
    "cookiebot": (Source.COOKIEBOT, script("cookiebot"), (["statistics", "marketing"], ["statistics"], [])),
    "tcf": (Source.TCF, script("tcf"), ([1, 4, 7, 8], [7, 8], [])),
    "gpp": (
        Source.GPP,
        "window.segments = true;" + script("gpp"),
        ({}, {"SaleOptOut": 1}, {"SaleOptOut": 1, "TargetedAdvertisingOptOut": 1}),
    ),
    "gpp_objects": (
        Source.GPP,
        script("gpp"),
        ({}, {"SharingOptOut": 1}, {"SaleOptOut": 1, "TargetedAdvertisingOptOut": 1}),
    ),
    "consent_mode": (
        Source.GOOGLE_CONSENT_MODE,
        script("consent_mode"),
        (["ad_storage", "analytics_storage"], ["analytics_storage"], []),
    ),
}


@pytest.fixture(params=CHOICES)
def platform(request: pytest.FixtureRequest, visitor: Visitor) -> tuple[Visitor, tuple[Any, Any, Any]]:
    """A visitor on a page with a consent platform that has not been answered yet, after one call."""
    source, code, choices = CHOICES[request.param]
    visitor.install(consent=consent(source), syncs=(GCLID,))
    visitor.serve_page(before=code)
    visitor.open("/?gclid=g1")
    visitor.loaded()
    visitor.run("analytics.track('Before')")
    return visitor, choices


def choose(visitor: Visitor, choice: Any) -> None:
    visitor.run(f"choose({js(choice)})")


def ours(visitor: Visitor) -> set[str]:
    kept = set(visitor.cookies()) | set(visitor.run("Object.keys(localStorage)"))
    return {name for name in kept if name.startswith("_s2s_")}


# Platforms


def test_nothing_is_stored_or_sent_before_the_answer(platform):
    visitor, _ = platform
    visitor.page.wait_for_timeout(300)

    assert ours(visitor) == set()
    assert visitor.tries() == []


def test_everything_granted(platform):
    visitor, (everything, _, _) = platform

    choose(visitor, everything)

    event = visitor.event("Before")
    assert event["context"]["consent"]["categoryPreferences"] == {"stats": True, "ads": True}
    assert event["context"]["providers"] == {"search": {"gclid": "g1"}}
    assert {"_s2s_anonymous_id", "_s2s_search_gclid"} <= ours(visitor)


def test_one_of_two_granted(platform):
    visitor, (_, one, _) = platform

    choose(visitor, one)

    event = visitor.event("Before")
    assert event["context"]["consent"]["categoryPreferences"] == {"stats": True, "ads": False}
    assert event["context"].get("providers", {}) == {}
    assert "_s2s_anonymous_id" in ours(visitor)
    assert "_s2s_search_gclid" not in ours(visitor)


def test_everything_refused(platform):
    visitor, (_, _, nothing) = platform

    choose(visitor, nothing)

    event = visitor.event("Before")
    assert event["context"]["consent"]["categoryPreferences"] == {"stats": False, "ads": False}
    assert ours(visitor) == set()


def test_an_answer_that_is_changed_counts_without_a_reload(platform):
    visitor, (everything, one, nothing) = platform
    choose(visitor, everything)
    visitor.event("Before")

    choose(visitor, one)
    visitor.run("analytics.track('Less')")
    assert visitor.event("Less")["context"]["consent"]["categoryPreferences"]["ads"] is False
    assert "_s2s_search_gclid" not in ours(visitor)
    assert "_s2s_anonymous_id" in ours(visitor)

    choose(visitor, nothing)
    visitor.run("analytics.track('Nothing')")
    assert visitor.event("Nothing")
    assert ours(visitor) == set()

    choose(visitor, everything)
    visitor.run("analytics.track('Again')")
    again = visitor.event("Again")
    assert again["context"]["consent"]["categoryPreferences"] == {"stats": True, "ads": True}
    assert "_s2s_anonymous_id" in ours(visitor)


def test_the_answer_is_known_on_the_next_page(platform, request):
    visitor, (_, one, _) = platform
    if request.node.callspec.params["platform"] in ("tcf", "gpp", "gpp_objects", "consent_mode"):
        visitor.serve_page(before=CHOICES[request.node.callspec.params["platform"]][1] + f"choose({js(one)})")
    choose(visitor, one)
    visitor.event("Before")

    visitor.open("/next")
    visitor.loaded()
    visitor.run("analytics.track('Next')")

    assert visitor.event("Next")["context"]["consent"]["categoryPreferences"] == {"stats": True, "ads": False}


def test_a_platform_that_comes_late_is_heard(another):
    for source, code, (everything, _, _) in list(CHOICES.values()):
        visitor = another()
        visitor.sites.requests.clear()
        visitor.install(consent=consent(source))
        visitor.serve_page()
        visitor.open()
        visitor.loaded()
        visitor.run("analytics.track('Before')")
        visitor.page.wait_for_timeout(100)

        visitor.run(f"(0, eval)({js(code)}) && 1")
        choose(visitor, everything)

        event = visitor.event("Before")
        assert event["context"]["consent"]["categoryPreferences"] == {"stats": True, "ads": True}, source


# Details of single platforms


def test_tcf_passes_its_string_on(visitor):
    visitor.install(consent=consent(Source.TCF))
    visitor.serve_page(before=script("tcf") + "choose([1, 4, 7, 8])")
    visitor.open()
    visitor.loaded()
    visitor.run("analytics.track('Seen')")

    stamped = visitor.event("Seen")["context"]["consent"]

    assert stamped["tcString"].startswith("CQtest.")


def test_gpp_passes_its_string_on(visitor):
    visitor.install(consent=consent(Source.GPP))
    visitor.serve_page(before=script("gpp") + "choose({})")
    visitor.open()
    visitor.loaded()
    visitor.run("analytics.track('Seen')")

    stamped = visitor.event("Seen")["context"]["consent"]

    assert (stamped["gpp"], stamped["gppSid"]) == ("DBABLA~BVQqAAAAAgA.QA", [7])


@pytest.mark.parametrize(
    ("format", "path", "value"),
    [
        ("json", "", '{"stats": true, "C0004": false}'),
        ("json", "answers.now", '{"answers": {"now": {"stats": 1, "ads": 0}}}'),
        ("pairs", "", "stats:1,ads:0"),
        ("pairs", "", "stats=true&ads=false"),
        ("list", "", "stats,other"),
    ],
)
def test_a_custom_cookie_in_each_format(visitor, format, path, value):
    cookie = CustomCookie(name="banner", format=format, path=path)
    visitor.install(consent=consent(Source.CUSTOM_COOKIE, custom_cookie=cookie))
    visitor.open()
    visitor.loaded()
    visitor.run("analytics.track('Before')")
    visitor.page.wait_for_timeout(200)
    assert visitor.tries() == []

    visitor.run(f"document.cookie = 'banner=' + encodeURIComponent({js(value)}) + ';path=/'")

    stamped = visitor.event("Before")["context"]["consent"]
    assert stamped["categoryPreferences"] == {"stats": True, "ads": False}


def test_a_custom_cookie_that_can_not_be_read_is_a_refusal(visitor):
    cookie = CustomCookie(name="banner")
    visitor.install(consent=consent(Source.CUSTOM_COOKIE, custom_cookie=cookie, explicit=False))
    visitor.serve_page(before="document.cookie = 'banner={{{;path=/'")
    visitor.open()
    visitor.loaded()
    visitor.run("analytics.track('Seen')")
    visitor.page.wait_for_timeout(300)

    for event in visitor.tries():
        assert True not in event["context"]["consent"]["categoryPreferences"].values()
    assert ours(visitor) == set()


def test_global_privacy_control_opts_out_of_sale_only(visitor):
    visitor.install(consent=consent(Source.GPC, explicit=False))
    visitor.serve_page(before=GPC)
    visitor.open()
    visitor.loaded()
    visitor.run("analytics.consent({stats: true, ads: true}); analytics.track('Seen')")

    stamped = visitor.event("Seen")["context"]["consent"]

    assert stamped["gpc"] is True
    assert stamped["categoryPreferences"] == {"stats": True, "ads": False}


def test_global_privacy_control_is_heard_before_anything_is_stored(visitor):
    visitor.install(
        consent=consent(Source.GPC, explicit=False), click_ids=("gclid",), click_id_categories=("ads",)
    )
    visitor.serve_page(before=WRITES + GPC)
    visitor.open("/?gclid=g1")
    visitor.loaded()
    visitor.run("analytics.track('Seen')")

    visitor.event("Seen")

    assert "_s2s_anonymous_id" in visitor.run("written")
    assert "_s2s_click_gclid" not in visitor.run("written")


@pytest.mark.parametrize(("value", "is_granted"), [("0", False), ("-1", True)])
def test_cookiebots_cookie_may_be_one_answer_to_everything(visitor, value, is_granted):
    visitor.install(consent=consent(Source.COOKIEBOT, explicit=False))
    visitor.serve_page(before=f"document.cookie = 'CookieConsent={value};path=/'")
    visitor.open()
    visitor.loaded()
    visitor.run("analytics.track('Seen')")

    stamped = visitor.event("Seen")["context"]["consent"]

    assert stamped["categoryPreferences"] == {"stats": is_granted, "ads": is_granted}
    assert bool(ours(visitor)) is is_granted


def test_one_refusal_among_several_sources_wins(visitor):
    visitor.install(consent=consent(Source.ONETRUST, Source.GOOGLE_CONSENT_MODE))
    visitor.serve_page(before=script("onetrust") + "const first = choose;" + script("consent_mode"))
    visitor.open()
    visitor.loaded()
    visitor.run("first(['C0002', 'C0004']); choose(['analytics_storage']); analytics.track('Seen')")

    stamped = visitor.event("Seen")["context"]["consent"]

    assert stamped["categoryPreferences"] == {"stats": True, "ads": False}


# By hand, and policies


def test_the_site_can_speak_for_itself(visitor):
    visitor.install(consent=consent(), syncs=(GCLID,))
    visitor.open("/?gclid=g1")
    visitor.loaded()
    visitor.run("analytics.track('Before')")
    visitor.page.wait_for_timeout(200)
    assert (visitor.tries(), ours(visitor)) == ([], set())

    visitor.run("analytics.consent({stats: true, ads: 'false'})")

    assert visitor.event("Before")["context"]["consent"]["categoryPreferences"] == {
        "stats": True,
        "ads": False,
    }
    assert visitor.run("analytics.consent()") == {"stats": True, "ads": False}


@pytest.mark.parametrize("call", ["consent({stats: false, ads: false})", "reset()"])
def test_no_cookie_is_set_where_none_may_be_not_even_for_a_moment(visitor, call):
    visitor.install(consent=consent(before=BeforeConsent.SEND), syncs=(GCLID,))
    visitor.serve_page(before=WRITES)
    visitor.open("/?gclid=g1")
    visitor.loaded()

    visitor.run(f"analytics.{call}; analytics.track('Seen')")

    visitor.event("Seen")
    assert visitor.run("written") == []


def test_an_implied_policy_reads_silence_as_yes(visitor):
    visitor.install(consent=consent(explicit=False), syncs=(GCLID,))
    visitor.open("/?gclid=g1")
    visitor.loaded()
    visitor.run("analytics.track('Seen')")

    event = visitor.event("Seen")

    assert event["context"]["consent"]["explicit"] == "false"
    assert event["context"]["providers"] == {"search": {"gclid": "g1"}}
    assert "_s2s_anonymous_id" in ours(visitor)


def test_events_that_need_not_wait_are_sent_and_nothing_is_stored(visitor):
    visitor.install(consent=consent(before=BeforeConsent.SEND), syncs=(GCLID,))
    visitor.open("/?gclid=g1")
    visitor.loaded()
    visitor.run("analytics.track('A'); setTimeout(() => analytics.track('B'), 50)")

    first, second = visitor.events(2)

    assert first["anonymousId"] == second["anonymousId"]
    assert first["context"].get("providers", {}) == {}
    assert ours(visitor) == set()


@pytest.mark.parametrize("explicit", [True, False])
def test_where_events_do_not_wait_ids_do_even_if_no_category_is_needed_for_them(visitor, explicit):
    policy = consent(Source.ONETRUST, explicit=explicit, before=BeforeConsent.SEND, storage_categories=())
    visitor.install(consent=policy, syncs=(GCLID,))
    visitor.serve_page(before=WRITES)
    visitor.open("/?gclid=g1")
    visitor.loaded()
    visitor.run("analytics.track('Before')")

    assert "gclid" not in str(visitor.event("Before")["context"].get("providers"))
    assert visitor.run("written") == []
    visitor.run("analytics.consent({stats: false, ads: false}); analytics.track('After')")
    assert visitor.event("After")["anonymousId"] == visitor.cookies()["_s2s_anonymous_id"]["value"]


def test_ids_that_were_made_before_the_answer_are_kept_after_it(visitor):
    visitor.install(consent=consent(before=BeforeConsent.SEND))
    visitor.open()
    visitor.loaded()
    visitor.run("analytics.track('Before')")
    before = visitor.event("Before")

    visitor.run("analytics.consent({stats: true, ads: true}); analytics.track('After')")

    assert visitor.event("After")["anonymousId"] == before["anonymousId"]
    assert visitor.cookies()["_s2s_anonymous_id"]["value"] == before["anonymousId"]


def test_click_ids_need_their_categories(visitor):
    visitor.install(consent=consent(), click_ids=("gclid",), click_id_categories=("ads",))
    visitor.open("/?gclid=g1")
    visitor.loaded()
    visitor.run("analytics.consent({stats: true, ads: false}); analytics.track('Refused')")
    assert visitor.event("Refused")["context"].get("clickIds", {}) == {}

    visitor.run("analytics.consent({ads: true}); analytics.track('Granted')")
    assert visitor.event("Granted")["context"]["clickIds"] == {"gclid": "g1"}

    visitor.run("analytics.consent({ads: false}); analytics.track('Withdrawn')")
    assert visitor.event("Withdrawn")["context"].get("clickIds", {}) == {}
    assert not [name for name in ours(visitor) if "gclid" in name]


def test_held_events_are_not_lost_when_the_page_is_left_before_the_answer_and_it_is_implied(visitor):
    visitor.install(consent=consent(Source.ONETRUST, explicit=False))
    visitor.open()
    visitor.loaded()
    visitor.run("analytics.track('Before'); location.href = '/next'")

    assert visitor.event("Before")


def test_a_withdrawal_forgets_a_cookie_that_a_vendor_named(visitor):
    sync = Sync(
        provider="adco",
        id="fpc",
        options=Cookie(name="source"),
        lifetime_days=30,
        categories=("ads",),
        cookie="__adco_fpc",
    )
    visitor.install(consent=consent(), syncs=(sync,))
    visitor.serve_page(before="document.cookie = 'source=s1;path=/'")
    visitor.open()
    visitor.loaded()
    visitor.run("analytics.consent({stats: true, ads: true}); analytics.track('Seen')")
    visitor.event("Seen")
    assert visitor.cookies()["__adco_fpc"]["value"] == "s1"

    visitor.run("analytics.consent({ads: false})")

    assert "__adco_fpc" not in visitor.cookies()
    assert "source" in visitor.cookies()


# What the server makes of it


SERVER_CATEGORIES = tuple(
    server.Category(
        code=one.code,
        name=one.name,
        is_sale_or_sharing=one.is_sale_or_sharing,
        cmp_codes=one.cmp_codes,
    )
    for one in (STATS, ADS)
)


@pytest.mark.parametrize("policy", server.Policy)
@pytest.mark.parametrize(("stats", "ads"), [(True, True), (True, False), (False, True), (False, False)])
def test_the_server_reads_what_the_browser_stamped(visitor, policy, stats, ads):
    visitor.install(consent=consent(explicit=policy is server.Policy.EXPLICIT))
    visitor.open()
    visitor.loaded()
    visitor.run(f"analytics.consent({{stats: {js(stats)}, ads: {js(ads)}}}); analytics.track('Seen')")

    event = visitor.event("Seen")

    signals = server.read_signals(event["context"])
    granted = [server.refusal(signals, [one], policy) is None for one in SERVER_CATEGORIES]
    assert granted == [stats, ads]
    assert event["context"]["consent"]["optOut"] == {"stats": js(not stats), "ads": js(not ads)}


def test_the_server_grants_nothing_about_which_the_browser_was_silent(visitor):
    visitor.install(consent=consent(before=BeforeConsent.SEND))
    visitor.open()
    visitor.loaded()
    visitor.run("analytics.track('Seen')")

    signals = server.read_signals(visitor.event("Seen")["context"])

    for category in SERVER_CATEGORIES:
        assert server.refusal(signals, [category], server.Policy.EXPLICIT)
