"""Which modules a configuration needs. What they require in turn is the module set's to know."""

from __future__ import annotations

import re

from integrations.core.tracking_file.config import Fetch, FileConfig, Kind, MatchPixel, Method, Options
from integrations.core.tracking_file.cross_domain import syncs_of

HASHES = ("{email_sha256}", "{phone_sha256}")


def chosen(config: FileConfig) -> frozenset[str]:
    """The names of the modules that this configuration asks for."""
    names = {"start"} | _of_syncs(config) | _of_consent(config)
    if config.kind is Kind.SYNC_INJECTOR:
        return frozenset(names | {"standalone"})
    return frozenset(names | {"events"} | _of_events(config))


def _of_events(config: FileConfig) -> set[str]:
    switches = {
        "queue": config.keeps_queue,
        "session": config.session_minutes,
        "campaign": config.keeps_campaign_days,
        "click_ids": config.click_ids and config.keeps_click_ids_days,
        "timezone": config.sends_timezone,
        "links": config.has_link_helpers,
        "spa": config.follows_spa,
        "page_on_load": config.calls_page_on_load,
    }
    return {name for name, is_on in switches.items() if is_on}


def _of_consent(config: FileConfig) -> set[str]:
    consent = config.consent
    if consent is None:
        return set()
    sources = {f"consent_{source.value}" for source in consent.sources}
    if consent.custom_cookie is None:
        sources.discard("consent_custom_cookie")  # there is nothing that it could read
    return {"consent"} | sources


def _of_syncs(config: FileConfig) -> set[str]:
    syncs = syncs_of(config)
    names = {module_of(sync.method) for sync in syncs}
    return names | {"sync_hashes"} if any(_needs_hashes(sync.options) for sync in syncs) else names


def module_of(method: Method) -> str:
    """The module of a sync method, such as sync_match_pixel of matchPixel."""
    return "sync_" + re.sub("[A-Z]", lambda capital: "_" + capital.group().lower(), method.value)


def _needs_hashes(options: Options) -> bool:
    match options:
        case Fetch(url=url, query=query, body=body, headers=headers):
            pairs = (*query, *body, *headers)
        case MatchPixel(url=url, query=query):
            pairs = query
        case _:
            return False
    texts = (url, *(value for _, value in pairs))
    return any(token in text for text in texts for token in HASHES)
