"""What files may weigh at most, gzip -9: a module that grows past a budget fails here."""

from __future__ import annotations

import pytest

from integrations.core.tracking_file.assemble import assemble
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
from integrations.core.tracking_file.weight import compress

from .modules import MODULES

URL = "https://sync.vendor.example/id"
COOKIES = Cookies(domain="shop.example")
GIVEN = {
    "write_key": "wk_0123456789abcdef",
    "ingestion_url": "https://collect.shop.example",
    "cookies": COOKIES,
}
CONSENT = Consent(
    categories=(
        Category(code="analytics", name="Analytics", cmp_codes=("C0002",)),
        Category(code="ads", name="Advertising", cmp_codes=("C0004",), is_sale_or_sharing=True),
    ),
    sources=(Source.ONETRUST,),
    storage_categories=("analytics",),
)


def sync(provider: str, id: str, options: Options, *categories: str) -> Sync:
    return Sync(provider=provider, id=id, options=options, lifetime_days=180, categories=categories)


def three(*categories: str) -> tuple[Sync, ...]:
    fetched = Fetch(url=URL, credentials=True, query=(("a", "{anonymous_id}"),), paths=(("uid", "data.uid"),))
    return (
        sync("vendor", "uid", fetched, *categories),
        sync("meta", "fbp", Cookie(name="_fbp"), *categories),
        sync("adroll", "adct", UrlParams(parameters=("adct",)), *categories),
    )


STANDALONE = FileConfig(**GIVEN, kind=Kind.SYNC_INJECTOR, library_name="syncs", syncs=three())
PLAIN = FileConfig(
    **GIVEN,
    keeps_queue=False,
    session_minutes=0,
    keeps_campaign_days=0,
    has_link_helpers=False,
    sends_timezone=False,
)
TYPICAL = FileConfig(**GIVEN, consent=CONSENT, syncs=three("ads"))
EVERYTHING = FileConfig(
    **GIVEN,
    consent=Consent(
        categories=CONSENT.categories,
        sources=tuple(Source),
        custom_cookie=CustomCookie(name="banner"),
        storage_categories=("analytics",),
    ),
    syncs=(
        *three("ads"),
        sync("pixel", "marker", MatchPixel(url=URL, query=(("e", "{email_sha256}"),)), "ads"),
        sync("local", "item", LocalStorage(key="item", path="id"), "ads"),
        sync("adroll", "fpc", Generate(format="{hex:16}-{epoch_ms}"), "ads"),
        sync("function", "id", Callback(function="vendor.id"), "ads"),
    ),
    calls_page_on_load=True,
    follows_spa=True,
    click_ids=("gclid", "fbclid"),
    click_id_categories=("ads",),
    cross_domain_url="https://cluster.example/v1/cross_domain_direct/id",
    cross_domain_categories=("ads",),
)


@pytest.mark.parametrize(
    ("config", "budget"),
    [(STANDALONE, 2560), (PLAIN, 4096), (TYPICAL, 6144), (EVERYTHING, 8192)],
    ids=["standalone", "plain", "typical", "everything"],
)
def test_a_file_keeps_its_budget(config: FileConfig, budget: int) -> None:
    assert len(compress(assemble(config, MODULES).content).gzip) <= budget


def test_everything_is_everything() -> None:
    modules = set(assemble(EVERYTHING, MODULES).modules) | set(assemble(STANDALONE, MODULES).modules)

    assert modules == set(MODULES.modules)
