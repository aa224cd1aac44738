"""Our files: those that the budgets are about, with the addresses of this run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from benchmarks.browser.library import Library
from benchmarks.browser.server import Addresses
from integrations.core.tracking_file.assemble import assemble
from integrations.core.tracking_file.config import Cookies, Fetch, FileConfig, Kind, MatchPixel
from integrations.core.tracking_file.modules import shipped_modules
from integrations.core.tracking_file.snippet import snippet
from tests.browser.test_sizes import EVERYTHING, PLAIN, STANDALONE, TYPICAL

BUDGETS = {
    "standalone": (STANDALONE, 2560),
    "plain": (PLAIN, 4096),
    "typical": (TYPICAL, 6144),
    "everything": (EVERYTHING, 8192),
}
TRACK = 'analytics.track("Product Viewed", {sku: "A-1", price: 19.9});'
# Somebody whose banner answers while the page loads. Without an answer events would be held, as they must.
GRANT = "analytics.consent({analytics: true, ads: true});"


def our_libraries(addresses: Addresses) -> Iterator[Library]:
    modules = shipped_modules()
    for name, (config, budget) in BUDGETS.items():
        local = _local(config, addresses)
        sends = config.kind is Kind.ANALYTICS
        calls = (GRANT if config.consent else "") + TRACK if sends else ""
        loading = snippet(local, addresses.file(f"ours-{name}")).plain
        yield Library(
            name=f"ours-{name}",
            # Calls stand before the async tag, as the snippet's own page call does.
            head=loading.replace("</script>", f";{calls}</script>", 1),
            script=assemble(local, modules).content,
            shipped=assemble(config, modules).content,
            sends=sends,
            budget=budget,
        )


def _local(config: FileConfig, addresses: Addresses) -> FileConfig:
    def options(given: Any) -> Any:
        is_asked = isinstance(given, Fetch | MatchPixel)
        return replace(given, url=f"{addresses.origin}/id") if is_asked else given

    return replace(
        config,
        ingestion_url=addresses.origin,
        cookies=Cookies(domain="shop.test"),
        syncs=tuple(replace(one, options=options(one.options)) for one in config.syncs),
        cross_domain_url=config.cross_domain_url and f"{addresses.origin}/v1/cross_domain_direct/id",
    )
