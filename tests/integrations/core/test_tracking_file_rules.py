"""What makes sense in a draft: each rule with its place and its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from integrations.core.tracking_file.config import (
    Category,
    Fetch,
    FileConfig,
    Generate,
    MatchPixel,
    Source,
    UrlParams,
)
from integrations.core.tracking_file.document import from_document, to_document
from integrations.core.tracking_file.draft import changed, default_draft
from integrations.core.tracking_file.problem import Problem, errors_of, warnings_of
from integrations.core.tracking_file.resolve import Resolved, resolve
from integrations.core.tracking_file.shape import shape_problems
from integrations.core.tracking_file.surroundings import Declared, Offer, Surroundings

ADVERTISING = Category(
    code="advertising",
    name="Advertising",
    cmp_codes=("C0004",),
    tcf_purposes=(1, 7),
    gpp_fields=("SaleOptOut",),
    is_sale_or_sharing=True,
)
ANALYTICS = Category(code="analytics", name="Analytics")
ENDPOINT = "https://events.example.com/v1/pipelines/wk_1/file"
AROUND = Surroundings(
    write_key="wk_1",
    endpoint_urls=(ENDPOINT, "https://events.example.com/v1/pipelines/wk_0/file"),
    categories=(ADVERTISING, ANALYTICS),
)
FETCH = {
    "provider": "acme",
    "id": "uid",
    "method": "fetch",
    "options": {"url": "https://id.acme.example/sync", "paths": {"uid": "data.id"}},
    "categories": ["advertising"],
}


def draft(**parts: Mapping[str, Any]) -> dict[str, Any]:
    usual = {
        "settings": {"file_hosting_url": "https://cdn.shop.example/s.js"},
        "consent": {"sources": ["onetrust"], "storage_categories": ["analytics"]},
    }
    whole = changed(default_draft(AROUND, cluster_url="https://events.example.com/"), usual)
    return changed(whole, parts)


def resolved(around: Surroundings = AROUND, **parts: Mapping[str, Any]) -> Resolved:
    given = draft(**parts)
    assert shape_problems(given) == ()
    return resolve(given, around)


def config(around: Surroundings = AROUND, **parts: Mapping[str, Any]) -> FileConfig:
    found = resolved(around, **parts)
    assert found.config is not None, found.problems
    return found.config


def errors(around: Surroundings = AROUND, **parts: Mapping[str, Any]) -> dict[str, str]:
    found = resolved(around, **parts)
    assert (found.config is None) is bool(errors_of(found.problems))
    return by_pointer(errors_of(found.problems))


def warnings(around: Surroundings = AROUND, **parts: Mapping[str, Any]) -> dict[str, str]:
    return by_pointer(warnings_of(resolved(around, **parts).problems))


def by_pointer(problems: tuple[Problem, ...]) -> dict[str, str]:
    return {one.pointer: one.sentence for one in problems}


def fetch(**options: Any) -> dict[str, Any]:
    return {"custom": [{**FETCH, "options": {**FETCH["options"], **options}}]}


def of_options(method: str, **options: Any) -> dict[str, str]:
    """The errors of a custom sync's options, by what stands after /options."""
    sync = {**FETCH, "method": method, "options": options}
    found = errors(syncs={"custom": [sync]})
    return {pointer.removeprefix("/syncs/custom/0/options"): text for pointer, text in found.items()}


# --- Settings --------------------------------------------------------------------------------------


def test_a_usual_draft_has_nothing_wrong_and_keeps_its_values():
    found = resolved(settings={"cookie_domain": "Shop.Example", "click_ids": []})

    assert found.problems == ()
    made = found.config
    assert (made.write_key, made.ingestion_url) == ("wk_1", "https://events.example.com")
    assert made.cookies.domain == "shop.example"
    assert made.consent.explicit is True


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("file_hosting_url", "", "Enter the address"),
        ("file_hosting_url", "http://cdn.shop.example/s.js", "Use https"),
        ("file_hosting_url", "//cdn.shop.example/s.js", "with its host"),
        ("file_hosting_url", "https://u:p@cdn.shop.example/s.js", "every visitor could read"),
        ("file_hosting_url", "https://cdn.shop.example/s.js#x", "without a part after #"),
        ("file_hosting_url", "https://cdn.shop example/s.js", "without blanks"),
        ("file_hosting_url", "javascript:alert(1)", "with its host"),
        ("file_hosting_url", "https://intranet/s.js", "full host name"),
        ("file_hosting_url", "https://[::1", "not a URL"),
        ("ingestion_url", "", "Enter the address"),
        ("ingestion_url", "http://events.example.com", "Use https"),
        ("ingestion_url", "https://events.example.com/v1/", "Leave /v1 out"),
        ("ingestion_url", "https://events.example.com?x=1", "without a query"),
        ("library_name", "1st", "no digit first"),
        ("library_name", "a.b", "no digit first"),
        ("library_name", "await", "word of JavaScript"),
        ("library_name", "location", "global of every page"),
        ("storage_prefix", "", "1 to 30"),
        ("storage_prefix", "a;b", "1 to 30"),
        ("cookie_domain", "https://shop.example", "the domain alone"),
        ("cookie_domain", "shop.example:8080", "without a port"),
        ("cookie_domain", "shop .example", "without blanks"),
        ("cookie_domain", ".shop.example", "as shop.example"),
        ("cookie_domain", "com", "in common"),
        ("cookie_domain", "192.0.2.1", "IP address"),
        ("cookie_lifetime_days", 0, "400 days"),
        ("cookie_lifetime_days", 401, "RFC 6265bis"),
        ("keeps_campaign_days", 401, "0 to keep no campaign"),
        ("batch_size", 0, "1 to 100"),
        ("batch_wait_ms", 60_000, "0 to 10000"),
        ("session_minutes", 2_000, "0 for no sessions"),
        ("cross_domain_url", "https://events.example.com/id", "/v1/cross_domain_direct/id"),
        ("cross_domain_url", "http://events.example.com/v1/cross_domain_direct/id", "Use https"),
    ],
)
def test_a_setting_is_refused_with_its_reason(member: str, value: object, reason: str) -> None:
    found = errors(settings={member: value})

    assert list(found) == [f"/settings/{member}"]
    assert reason in found[f"/settings/{member}"]


@pytest.mark.parametrize("days", [1, 400])
def test_the_browsers_limits_themselves_are_taken(days):
    assert errors(settings={"cookie_lifetime_days": days}) == {}


def test_plain_http_is_for_this_machine_in_development_only():
    local = {"file_hosting_url": "http://127.0.0.1:8000/s.js", "ingestion_url": "http://shop.localhost:8000"}
    development = Surroundings(write_key="wk_1", is_development=True, categories=(ADVERTISING,))

    consent = {"categories": ["advertising"], "storage_categories": []}
    assert errors(development, settings=local, consent=consent) == {}
    found = errors(settings=local)
    assert list(found) == ["/settings/file_hosting_url", "/settings/ingestion_url"]
    assert "development environment" in found["/settings/ingestion_url"]
    elsewhere = {**local, "ingestion_url": "http://192.168.1.5:8000"}
    assert "Use https" in errors(development, settings=elsewhere)["/settings/ingestion_url"]


def test_same_site_none_takes_secure():
    found = errors(settings={"cookie_same_site": "None", "cookie_secure": False})

    assert "refuse SameSite=None without Secure" in found["/settings/cookie_secure"]


def test_the_endpoint_as_hosting_url_is_a_warning_and_no_error():
    for endpoint in AROUND.endpoint_urls:
        found = resolved(settings={"file_hosting_url": endpoint})

        assert found.config is not None
        (warned,) = found.problems
        assert (warned.pointer, warned.is_warning) == ("/settings/file_hosting_url", True)
        assert warned.sentence.startswith("Testing only")


def test_the_endpoint_serves_nothing_with_manual_location():
    found = errors(settings={"hosting": "manual", "file_hosting_url": ENDPOINT})

    assert "serves nothing" in found["/settings/file_hosting_url"]


# --- Consent ---------------------------------------------------------------------------------------


def test_an_explicit_policy_without_a_source_warns():
    found = resolved(consent={"sources": []})

    assert found.config is not None
    assert "nothing is granted until" in by_pointer(found.problems)["/consent/sources"]
    assert warnings(consent={"sources": [], "policy": "implied"}).keys() == {"/consent/policy"}


@pytest.mark.parametrize(
    ("part", "pointer"),
    [
        ({"consent": {"categories": ["advertising", "marketing"]}}, "/consent/categories/1"),
        ({"consent": {"storage_categories": ["marketing"]}}, "/consent/storage_categories/0"),
        ({"settings": {"click_id_categories": ["marketing"]}}, "/settings/click_id_categories/0"),
        ({"syncs": {"custom": [{**FETCH, "categories": ["marketing"]}]}}, "/syncs/custom/0/categories/0"),
    ],
)
def test_a_category_that_the_organization_lacks_is_refused_everywhere(part, pointer):
    found = errors(**part)

    assert found == {
        pointer: "The organization has no consent category with the code marketing. There are advertising, "
        "analytics."
    }


def test_the_file_knows_the_chosen_categories_and_those_that_anything_asks_for():
    made = config(consent={"categories": [], "storage_categories": []}, syncs=fetch())

    assert [one.code for one in made.consent.categories] == ["advertising"]
    assert made.consent.categories[0].tcf_purposes == (1, 7)


def test_a_file_that_would_ask_for_no_category_is_refused():
    found = errors(consent={"categories": [], "storage_categories": []})

    assert list(found) == ["/consent/categories"]
    assert "granted at once" in found["/consent/categories"]
    assert errors(consent={"categories": [], "storage_categories": [], "enabled": False}) == {}


def test_ids_that_need_no_category_warn_under_an_explicit_policy_only():
    found = warnings(consent={"storage_categories": []})

    assert list(found) == ["/consent/storage_categories"]
    assert "Whatever the visitor answers" in found["/consent/storage_categories"]
    assert warnings(consent={"storage_categories": [], "policy": "implied"}).keys() == {"/consent/policy"}


@pytest.mark.parametrize("source", ["tcf", "gpp", "gpc", "onetrust"])
def test_a_source_that_no_category_answers_to_warns(source):
    found = warnings(consent={"sources": [source], "categories": ["analytics"]})

    assert list(found) == ["/consent/sources/0"]
    assert warnings(consent={"sources": [source], "categories": ["advertising"]}) == {}


def test_a_custom_cookie_needs_its_name():
    cookie = {"sources": ["custom_cookie"]}

    assert "Name the cookie" in errors(consent=cookie)["/consent/custom_cookie/name"]
    bad = {**cookie, "custom_cookie": {"name": "a;b", "path": "a b"}}
    assert set(errors(consent=bad)) == {"/consent/custom_cookie/name", "/consent/custom_cookie/path"}
    made = config(consent={**cookie, "custom_cookie": {"name": "banner", "format": "pairs"}})
    assert made.consent.sources == (Source.CUSTOM_COOKIE,)
    assert (made.consent.custom_cookie.name, made.consent.custom_cookie.format) == ("banner", "pairs")


def test_without_consent_the_file_knows_no_category_and_says_what_that_means():
    found = resolved(consent={"enabled": False}, syncs=fetch())

    assert found.config.consent is None
    assert found.config.syncs[0].categories == ()
    assert "for every visitor" in by_pointer(found.problems)["/consent/enabled"]


# --- Custom syncs -----------------------------------------------------------------------------------


def test_a_fetch_may_send_the_vendors_cookies_and_hashed_personal_data():
    made = config(
        syncs=fetch(
            http_method="POST",
            credentials=True,
            body={"e": "{email_sha256}", "a": "{anonymous_id}"},
            headers={"X-Api-Version": "2"},
        )
    )

    options = made.syncs[0].options
    assert isinstance(options, Fetch)
    assert options.credentials is True
    assert options.body == (("a", "{anonymous_id}"), ("e", "{email_sha256}"))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Cookie", "switch `credentials` on"),
        ("Set-Cookie", "can neither set nor read Set-Cookie"),
        ("Host", "do not let scripts set Host"),
        ("Origin", "do not let scripts"),
        ("Referer", "do not let scripts"),
        ("User-Agent", "do not let scripts"),
        ("Sec-Fetch-Mode", "do not let scripts"),
        ("proxy-authorization", "do not let scripts"),
        ("Accept-Encoding", "do not let scripts"),
        ("X Y", "letters, digits and -"),
    ],
)
def test_a_header_that_scripts_can_not_set_is_refused(header: str, reason: str) -> None:
    found = errors(syncs=fetch(headers={header: "1"}))

    assert list(found) == [f"/syncs/custom/0/options/headers/{header}"]
    assert reason in found[f"/syncs/custom/0/options/headers/{header}"]


def test_redirect_syncs_are_refused_with_the_reason():
    by_query = errors(syncs=fetch(query={"redirect_uri": "https://shop.example/back"}))
    by_url = errors(syncs=fetch(url="https://id.acme.example/s?redir=https%3A%2F%2Fshop.example"))
    by_option = shape_problems({"syncs": fetch(redirect="follow")})
    pixel = of_options("matchPixel", url="https://px.acme.example", query={"redirect": "//a.example/?u="})

    assert "follows no redirects" in by_query["/syncs/custom/0/options/query/redirect_uri"]
    assert "follows no redirects" in by_url["/syncs/custom/0/options/url"]
    assert by_pointer(by_option).keys() == {"/syncs/custom/0/options/redirect"}
    assert "follows no redirects" in by_option[0].sentence
    assert "follows no redirects" in pixel["/query/redirect"]
    assert errors(syncs=fetch(query={"redirect": "0"})) == {}


@pytest.mark.parametrize(
    ("options", "pointer", "reason"),
    [
        ({"url": "http://id.acme.example/sync"}, "url", "Use https"),
        ({"url": "https://{user_id}.acme.example/"}, "url", "with its host"),
        ({"url": "https://id.acme.example/{cookie}"}, "url", "{cookie} is not known"),
        ({"url": ""}, "url", "Enter the address"),
        ({"query": {"u": "{user_id"}}, "query/u", "A brace without"),
        ({"body": {"a": "1"}}, "body", "A GET has no body"),
        ({"paths": {}}, "paths", "where the id stands"),
        ({"paths": {"uid": "set-cookie"}}, "paths/uid", "can't read Set-Cookie"),
        ({"paths": {"uid": "a..b"}}, "paths/uid", "with dots"),
        ({"paths": {"1": "a"}}, "paths/1", "a letter first"),
        ({"headers": {"X-A": "a\nb"}}, "headers/X-A", "one line"),
    ],
)
def test_a_fetch_is_refused_with_its_reason(options: Any, pointer: str, reason: str) -> None:
    found = errors(syncs=fetch(**options))

    assert list(found) == [f"/syncs/custom/0/options/{pointer}"]
    assert reason in found[f"/syncs/custom/0/options/{pointer}"]


@pytest.mark.parametrize(
    ("method", "options", "pointer", "reason"),
    [
        ("matchPixel", {}, "/url", "Enter the address"),
        ("urlParams", {}, "/parameters", "at least one"),
        ("urlParams", {"parameters": ["a b"]}, "/parameters/0", "letters, digits"),
        ("localStorage", {}, "/key", "Name the item"),
        ("cookie", {"name": "a=b"}, "/name", "equals signs"),
        ("generate", {}, "/format", "what the id is made of"),
        ("generate", {"format": "fixed"}, "/format", "share one id"),
        ("generate", {"format": "{hex:99}-{uuid}"}, "/format", "{hex:99} is not known"),
        ("generate", {"format": "{uuid};"}, "/format", "Between the tokens"),
        ("callback", {"function": "get()"}, "/function", "no code"),
        ("callback", {}, "/function", "Name the global function"),
    ],
)
def test_each_method_is_refused_with_its_reason(method: str, options: Any, pointer: str, reason: str) -> None:
    found = of_options(method, **options)

    assert list(found) == [pointer]
    assert reason in found[pointer]


def test_a_custom_sync_needs_names_categories_and_lives_as_long_as_browsers_let_it():
    sync = {"provider": "1", "id": "", "method": "cookie", "options": {"name": "_fbp"}}

    found = errors(syncs={"custom": [{**sync, "lifetime_days": 500, "timeout_ms": 5, "cookie": "a b"}]})

    assert {pointer.rsplit("/", 1)[1] for pointer in found} == {
        "provider",
        "id",
        "cookie",
        "lifetime_days",
        "timeout_ms",
        "categories",
    }
    assert "nobody's consent would be asked" in found["/syncs/custom/0/categories"]


@pytest.mark.parametrize("name", ["constructor", "toString", "hasOwnProperty"])
def test_a_name_that_every_javascript_object_has_already_is_refused(name):
    custom = errors(syncs={"custom": [{**FETCH, "provider": name}]})
    vendor = errors(offer(vendor=name))
    code = Category(code=name, name="Ours")
    around = replace(AROUND, categories=(ADVERTISING, ANALYTICS, code))
    category = errors(around, consent={"categories": [name]})

    assert "every JavaScript object" in of_options("urlParams", parameters=[name])["/parameters/0"]
    assert "every JavaScript object" in errors(settings={"library_name": name})["/settings/library_name"]
    assert "every JavaScript object" in custom["/syncs/custom/0/provider"]
    assert "every JavaScript object" in vendor["/syncs/vendor"]
    assert "every JavaScript object" in category["/consent/categories/0"]


def test_two_syncs_of_one_name_are_refused_and_two_of_one_value_warned_of():
    other = {**FETCH, "id": "other"}

    assert "another sync uid of acme" in errors(syncs={"custom": [FETCH, FETCH]})["/syncs/custom/1/id"]
    assert "writes acme.uid too" in warnings(syncs={"custom": [FETCH, other]})["/syncs/custom/1"]


# --- Vendors' syncs --------------------------------------------------------------------------------


def offer(**values: Any) -> Surroundings:
    usual = {
        "vendor": "acme",
        "name": "Acme",
        "destinations": ("Acme EU",),
        "categories": ("advertising",),
        "settings": {"region": "eu", "account": "a/1"},
        "syncs": (
            Declared(
                id="uid",
                method="fetch",
                options={
                    "url": "https://{settings.region}.acme.example/{settings.account}/sync",
                    "query": {"account": "{settings.account}", "a": "{anonymous_id}"},
                    "paths": {"uid": "id"},
                },
            ),
        ),
    }
    return Surroundings(
        write_key="wk_1", categories=(ADVERTISING, ANALYTICS), offers=(Offer(**{**usual, **values}),)
    )


def test_a_vendors_options_hold_settings_of_the_destination():
    (sync,) = config(offer()).syncs

    assert sync.options.url == "https://eu.acme.example/a%2F1/sync"
    assert sync.options.query == (("a", "{anonymous_id}"), ("account", "a/1"))
    assert sync.categories == ("advertising",)
    assert sync.lifetime_days == 365


@pytest.mark.parametrize(
    "settings", [{"region": "eu"}, {"region": "eu", "account": "{user_id}"}, {"region": "eu", "account": ""}]
)
def test_a_setting_that_is_empty_secret_or_no_plain_text_reaches_no_file(settings):
    found = errors(offer(settings=settings))

    assert "needs the setting account of Acme EU, which is empty, a secret" in found["/syncs/vendor"]


def test_a_setting_can_not_lead_a_vendors_sync_to_another_host():
    found = errors(offer(settings={"region": "evil.example/", "account": "1"}))
    assert "needs the setting region" in found["/syncs/vendor"]

    (sync,) = config(offer(settings={"region": "eu", "account": "../../x"})).syncs
    assert sync.options.url == "https://eu.acme.example/..%2F..%2Fx/sync"


def test_a_vendors_lifetime_is_no_longer_than_browsers_keep_a_cookie():
    forever = replace(offer().offers[0].syncs[0], lifetime_days=730)

    (sync,) = config(offer(syncs=(forever,))).syncs

    assert sync.lifetime_days == 400


def test_destinations_that_would_give_other_syncs_are_warned_of():
    found = warnings(offer(destinations=("Acme EU", "Acme US"), differing=("Acme US",)))

    assert "the file has those of Acme EU" in found["/syncs/vendor"]


def test_a_vendors_entry_is_checked_like_any_other():
    entry = {"vendor": "acme", "sync": "uid", "lifetime_days": 0, "categories": ["nope"]}

    found = errors(offer(), syncs={"vendor": [entry]})

    assert set(found) == {"/syncs/vendor/0/lifetime_days", "/syncs/vendor/0/categories/0"}


def test_an_entry_with_no_category_at_all_is_refused():
    found = errors(offer(), syncs={"vendor": [{"vendor": "acme", "sync": "uid", "categories": []}]})

    assert "nobody's consent would be asked" in found["/syncs/vendor/0/categories"]


# --- Documents -------------------------------------------------------------------------------------


def test_a_configuration_is_the_same_after_json():
    import json

    syncs = [
        FETCH,
        {**FETCH, "id": "px", "method": "matchPixel", "options": {"url": "https://px.acme.example"}},
        {**FETCH, "id": "click", "method": "urlParams", "options": {"parameters": ["gclid", "b"]}},
        {**FETCH, "id": "ls", "method": "localStorage", "options": {"key": "k", "path": "a.b"}},
        {**FETCH, "id": "ck", "method": "cookie", "options": {"name": "_ga", "skip_parts": 2}},
        {**FETCH, "id": "gen", "method": "generate", "options": {"format": "{hex:16}-{epoch_ms}"}},
        {**FETCH, "id": "cb", "method": "callback", "options": {"function": "acme.getId"}},
    ]
    consent = {"sources": ["custom_cookie", "gpc"], "custom_cookie": {"name": "banner"}}
    made = config(syncs={"custom": syncs}, consent=consent)

    again = from_document(json.loads(json.dumps(to_document(made))))

    assert again == made
    kinds = [type(one.options) for one in again.syncs]
    assert kinds[:3] == [Fetch, MatchPixel, UrlParams]
    assert kinds[5] is Generate
    assert from_document(to_document(config(consent={"enabled": False}))).consent is None
    assert all(type(value) in (str, int, bool, list, dict) for value in to_document(made).values())


# --- The library's name ---------------------------------------------------------------------------


def test_another_kind_brings_its_library_name_along() -> None:
    injector = draft(settings={"kind": "sync_injector"})

    assert injector["settings"]["library_name"] == "syncs"
    assert changed(injector, {"settings": {"kind": "analytics"}})["settings"]["library_name"] == "analytics"


def test_a_library_name_of_ones_own_stays_with_another_kind() -> None:
    own = draft(settings={"library_name": "shop"})

    assert changed(own, {"settings": {"kind": "sync_injector"}})["settings"]["library_name"] == "shop"


def test_a_sync_injector_does_not_take_the_name_of_the_sites_own_sdk() -> None:
    injector = draft(settings={"kind": "sync_injector"})
    found = resolve(changed(injector, {"settings": {"library_name": "analytics"}}), AROUND)

    assert found.config is None
    assert "Choose another name, like syncs." in by_pointer(found.problems)["/settings/library_name"]


def test_a_click_id_that_is_none_is_named() -> None:
    found = errors(settings={"click_ids": ["gclid", "bad id"], "click_id_categories": ["advertising"]})

    assert found == {
        "/settings/click_ids/1": (
            "'bad id' is no query parameter: names have letters, digits and _ . - ~ [ ] only."
        )
    }
