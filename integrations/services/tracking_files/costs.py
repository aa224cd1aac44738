"""What each choice of the File Builder costs or would cost, whether it is made or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from integrations.core.tracking_file.chosen import chosen, module_of
from integrations.core.tracking_file.config import Consent, FileConfig, Kind, Method, Source
from integrations.core.tracking_file.modules import ModuleSet, shipped_modules

# Settings that put a module into the file: with which value they do, and with which they don't.
SETTINGS: Mapping[str, tuple[object, object]] = {
    "calls_page_on_load": (True, False),
    "follows_spa": (True, False),
    "has_link_helpers": (True, False),
    "keeps_queue": (True, False),
    "sends_timezone": (True, False),
    "session_minutes": (30, 0),
    "keeps_campaign_days": (30, 0),
    "click_ids": (("gclid",), ()),
    "cross_domain_url": ("https://events.example.com/v1/cross_domain_direct/id", ""),
}


def costs(config: FileConfig) -> Mapping[str, int]:
    """By the place in the draft (`settings.follows_spa`, `consent.enabled`, `consent.sources.tcf`) or the
    method (`syncs.fetch`): bytes, gzipped, of the modules that come with the choice beside the others."""
    modules = shipped_modules()
    found = {f"settings.{name}": _setting(config, name, modules) for name in SETTINGS}
    consent = config.consent or Consent()
    found["consent.enabled"] = _between(config, consent, None, modules)
    for source in Source:
        others = tuple(one for one in consent.sources if one is not source)
        with_it = replace(consent, sources=(*others, source))
        found[f"consent.sources.{source}"] = _between(
            config, with_it, replace(consent, sources=others), modules
        )
    for method in Method:
        found[f"syncs.{method}"] = _method(config, method, modules)
    return found


def _setting(config: FileConfig, name: str, modules: ModuleSet) -> int:
    config = replace(config, kind=Kind.ANALYTICS)
    on, off = SETTINGS[name]
    return _bytes(chosen(replace(config, **{name: on})), chosen(replace(config, **{name: off})), modules)  # type: ignore[arg-type]


def _between(config: FileConfig, on: Consent, off: Consent | None, modules: ModuleSet) -> int:
    return _bytes(chosen(replace(config, consent=on)), chosen(replace(config, consent=off)), modules)


def _method(config: FileConfig, method: Method, modules: ModuleSet) -> int:
    """What the first sync of the method brings beside the syncs of other methods."""
    others = chosen(replace(config, syncs=tuple(one for one in config.syncs if one.method is not method)))
    return _bytes(others | {module_of(method)}, others, modules)


def _bytes(on: Iterable[str], off: Iterable[str], modules: ModuleSet) -> int:
    without = {one.name for one in modules.closed(off)}
    return sum(one.gzip for one in modules.closed(on) if one.name not in without)
