"""Assembly: the same bytes for the same configuration, only what is configured, nothing that breaks out."""

from __future__ import annotations

import copy
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from integrations.core.tracking_file.assemble import assemble
from integrations.core.tracking_file.chosen import chosen
from integrations.core.tracking_file.config import (
    Callback,
    Category,
    Consent,
    Cookie,
    Cookies,
    CustomCookie,
    Fetch,
    FileConfig,
    Generate,
    Kind,
    LocalStorage,
    MatchPixel,
    Options,
    Source,
    Sync,
    UrlParams,
)
from integrations.core.tracking_file.literal import literal, members
from integrations.core.tracking_file.modules import Module, ModuleSet, Wrap, shipped_modules
from integrations.core.tracking_file.weight import compress, prices

from .configs import config as any_config

MODULES = shipped_modules()
PLAIN = FileConfig(write_key="wk", ingestion_url="https://events.shop.test")
INJECTOR = replace(PLAIN, kind=Kind.SYNC_INJECTOR)


EVERY_METHOD = (
    Fetch(
        url="https://ids.test",
        http_method="POST",
        credentials=True,
        query=(("e", "{email_sha256}"),),
        body=(("a", "{anonymous_id}"),),
        headers=(("X-Key", "k"),),
        paths=(("id", "user.id"),),
    ),
    MatchPixel(url="https://ids.test/pixel", query=(("a", "{anonymous_id}"),)),
    UrlParams(parameters=("gclid",)),
    LocalStorage(key="item", path="id"),
    Cookie(name="_ga", skip_parts=2),
    Generate(format="{uuid}"),
    Callback(function="adco.id"),
)


def sync(options: Options, **changes: object) -> Sync:
    given = {"provider": "adco", "id": "cid", "options": options, "lifetime_days": 30, "categories": ("ads",)}
    return Sync(**(given | changes))


EVERYTHING = FileConfig(
    write_key="wk",
    ingestion_url="https://events.shop.test",
    cookies=Cookies(domain="shop.test"),
    consent=Consent(
        categories=(
            Category(
                code="ads",
                name="Ads",
                cmp_codes=("C0004",),
                tcf_purposes=(1, 4),
                gpp_fields=("SaleOptOut",),
                is_sale_or_sharing=True,
            ),
        ),
        sources=tuple(Source),
        custom_cookie=CustomCookie(name="consent", path="answers"),
        storage_categories=("ads",),
    ),
    syncs=tuple(sync(options, cookie="_adco", resync=True) for options in EVERY_METHOD),
    batch_wait_ms=100,
    calls_page_on_load=True,
    follows_spa=True,
    click_ids=("gclid",),
    click_id_categories=("ads",),
    cross_domain_url="https://c.test/v1/cross_domain_direct/id",
    cross_domain_categories=("ads",),
)


def with_syncs(*options: object) -> FileConfig:
    return replace(INJECTOR, syncs=tuple(map(sync, options)))


# The same bytes


@settings(deadline=None, max_examples=25)
@given(any_config)
def test_equal_configurations_give_equal_bytes(config):
    first = assemble(config, MODULES)
    second = assemble(copy.deepcopy(config), MODULES)

    assert first == second
    assert compress(first.content) == compress(second.content)


@settings(deadline=None)
@given(any_config)
def test_a_file_is_ascii_and_nothing_in_it_ends_a_script(config):
    content = assemble(config, MODULES).content.decode("ascii")

    written = literal(config, MODULES.names)
    assert written in content
    assert not re.search("[<>\\x00-\\x1f\\x7f]", written)


@settings(deadline=None)
@given(any_config)
def test_a_files_modules_stand_in_the_sets_order_each_after_what_it_requires(config):
    names = assemble(config, MODULES).modules

    assert len(set(names)) == len(names)
    for place, name in enumerate(names):
        assert set(MODULES.modules[name].requires) <= set(names[:place])


def test_a_file_says_of_which_modules_it_is_made_and_nothing_else_of_its_origin():
    banner, _, rest = assemble(PLAIN, MODULES).content.decode().partition("\n")

    assert banner == f"/* {MODULES.version} */"
    assert "/*" not in rest


# Only what is configured


def test_syncs_ask_for_the_modules_of_their_methods():
    config = with_syncs(Fetch(url="https://ids.test"), UrlParams(parameters=("gclid",)))

    assert chosen(config) == {"start", "standalone", "sync_fetch", "sync_url_params"}


@pytest.mark.parametrize(
    "options",
    [
        Fetch(url="https://ids.test", body=(("e", "{email_sha256}"),)),
        Fetch(url="https://ids.test/{phone_sha256}"),
        MatchPixel(url="https://ids.test", query=(("e", "x{email_sha256}"),)),
    ],
)
def test_tokens_of_hashes_ask_for_hashing(options):
    assert "sync_hashes" in chosen(with_syncs(options))


def test_other_tokens_do_not_ask_for_hashing():
    assert "sync_hashes" not in chosen(with_syncs(Fetch(url="https://ids.test/{anonymous_id}")))


def test_consent_asks_for_its_sources():
    consent = Consent(categories=(Category(code="ads", name="Ads"),), sources=(Source.TCF, Source.GPC))

    assert chosen(replace(INJECTOR, consent=consent)) == {
        "start",
        "standalone",
        "consent",
        "consent_tcf",
        "consent_gpc",
    }


def test_a_standalone_file_has_nothing_of_events():
    everything = replace(INJECTOR, follows_spa=True, calls_page_on_load=True, click_ids=("gclid",))

    assert chosen(everything) == {"start", "standalone"}
    assert members(everything) == members(INJECTOR)


@pytest.mark.parametrize(
    ("change", "module"),
    [
        ({"keeps_queue": False}, "queue"),
        ({"session_minutes": 0}, "session"),
        ({"keeps_campaign_days": 0}, "campaign"),
        ({"sends_timezone": False}, "timezone"),
        ({"has_link_helpers": False}, "links"),
    ],
)
def test_what_is_switched_off_is_not_in_the_file(change, module):
    assert module in assemble(PLAIN, MODULES).modules
    assert module not in assemble(replace(PLAIN, **change), MODULES).modules


def test_every_module_is_in_some_file():
    used = {name for kind in Kind for name in assemble(replace(EVERYTHING, kind=kind), MODULES).modules}

    assert used == set(MODULES.modules)


def test_every_member_of_the_literal_is_known_to_the_modules():
    """What `names` lacks is left out, so a misspelt member would vanish silently."""

    def walk(value):
        if isinstance(value, dict):
            for name, one in value.items():
                yield name
                yield from walk(one)
        elif isinstance(value, (list, tuple)):
            for one in value:
                yield from walk(one)

    assert set(walk(members(EVERYTHING))) <= set(MODULES.names)


def test_a_cross_domain_id_is_one_more_sync():
    config = replace(PLAIN, cross_domain_url="https://c.test/v1/cross_domain_direct/id")

    assert "sync_fetch" in assemble(config, MODULES).modules
    assert members(config)["syncs"] == [
        {
            "provider": "crossDomainDirect",
            "ids": ("id",),
            "method": "fetch",
            "options": {
                "url": "https://c.test/v1/cross_domain_direct/id",
                "credentials": True,
                "query": (("writeKey", "wk"),),
                "paths": (("id", "id"),),
            },
            "lifetimeDays": 395,
            "timeoutMs": 3000,
        }
    ]


def test_the_literal_as_it_stands():
    names = {"writeKey": "a", "libraryName": "b", "cookies": "c", "lifetimeDays": "d", "batchSize": "e-f"}

    assert literal(PLAIN, names) == '{"e-f":20,a:"wk",b:"analytics",c:{d:395}}'


# Weight


def test_each_module_has_a_price_and_a_sentence():
    found = prices(PLAIN, MODULES)

    assert [price.module for price in found] == list(assemble(PLAIN, MODULES).modules)
    for price in found:
        assert price.gzip > 0
        assert price.about.endswith(".")


def test_compressed_bytes_hold_no_moment():
    compressed = compress(b"x" * 1000)

    assert compressed.gzip[4:8] == b"\0\0\0\0"
    assert len(compressed.brotli) < len(compressed.gzip) < 100


# The set


def test_required_modules_come_along_in_order():
    def module(name: str, order: int, *requires: str) -> Module:
        return Module(name=name, code=name, requires=requires, order=order, gzip=1, about="One.")

    modules = {
        one.name: one
        for one in (module("c", 3, "b"), module("b", 2, "a"), module("a", 1), module("other", 0))
    }
    tiny = ModuleSet(version="1", modules=modules, names={}, wrap=Wrap(before="", between="", after=""))

    assert [one.name for one in tiny.closed({"c"})] == ["a", "b", "c"]
