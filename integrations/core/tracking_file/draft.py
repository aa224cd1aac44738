"""The draft document: its defaults, what a change makes of it, and the names of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.core.tracking_file.config import FileConfig, Kind
from integrations.core.tracking_file.surroundings import Surroundings

Document = dict[str, Any]

_OF_CONFIG = FileConfig(write_key="", ingestion_url="")
# The global of each kind. An injector stands beside a library that is called analytics nearly always.
LIBRARY_NAMES = {Kind.ANALYTICS: _OF_CONFIG.library_name, Kind.SYNC_INJECTOR: "syncs"}


def default_draft(around: Surroundings, *, cluster_url: str) -> Document:
    """A draft that works at once, for testing: the file comes from the Cluster File Endpoint itself."""
    endpoint = next(iter(around.endpoint_urls), "")
    return completed(
        {
            "settings": {
                "hosting": "cluster" if around.may_auto_deploy else "manual",
                "file_hosting_url": endpoint if around.may_auto_deploy else "",
                "ingestion_url": cluster_url.rstrip("/"),
            },
            "consent": {
                "policy": "explicit" if around.is_explicit else "implied",
                "categories": [one.code for one in around.categories],
            },
        }
    )


def completed(draft: Mapping[str, Any]) -> Document:
    """The draft with a value for every member that it leaves out."""
    empty = {"settings": _SETTINGS, "consent": _CONSENT, "syncs": {"vendor": [], "custom": []}}
    return {name: {**members, **draft.get(name, {})} for name, members in empty.items()}


def changed(draft: Mapping[str, Any], change: Mapping[str, Any]) -> Document:
    """The draft with what is given; what is not named stays.

    Another kind brings its library name along where the name was the one of the kind before.
    """
    names = dict.fromkeys((*draft, *change))
    after = {name: {**draft.get(name, {}), **change.get(name, {})} for name in names}
    usual = LIBRARY_NAMES.get(draft.get("settings", {}).get("kind"))
    settings = after.get("settings", {})
    if settings.get("library_name") == usual and settings.get("kind") in LIBRARY_NAMES:
        settings["library_name"] = LIBRARY_NAMES[settings["kind"]]
    return after


def flat(draft: Mapping[str, Any]) -> dict[str, Any]:
    """`{"settings.kind": ...}`: member by member, to compare before with after."""
    return {f"{name}.{member}": value for name, members in draft.items() for member, value in members.items()}


_SETTINGS: Mapping[str, Any] = {
    "kind": _OF_CONFIG.kind.value,
    "hosting": "cluster",
    "file_hosting_url": "",
    "ingestion_url": "",
    "library_name": _OF_CONFIG.library_name,
    "storage_prefix": _OF_CONFIG.storage_prefix,
    "cookie_domain": _OF_CONFIG.cookies.domain,
    "cookie_lifetime_days": _OF_CONFIG.cookies.lifetime_days,
    "cookie_same_site": _OF_CONFIG.cookies.same_site.value,
    "cookie_secure": _OF_CONFIG.cookies.secure,
    "batch_size": _OF_CONFIG.batch_size,
    "batch_wait_ms": _OF_CONFIG.batch_wait_ms,
    "keeps_queue": _OF_CONFIG.keeps_queue,
    "session_minutes": _OF_CONFIG.session_minutes,
    "calls_page_on_load": _OF_CONFIG.calls_page_on_load,
    "follows_spa": _OF_CONFIG.follows_spa,
    "has_link_helpers": _OF_CONFIG.has_link_helpers,
    "sends_timezone": _OF_CONFIG.sends_timezone,
    "keeps_campaign_days": _OF_CONFIG.keeps_campaign_days,
    "click_ids": [],
    "keeps_click_ids_days": _OF_CONFIG.keeps_click_ids_days,
    "click_id_categories": [],
    "cross_domain_url": "",
    "cross_domain_categories": [],
}
_CONSENT: Mapping[str, Any] = {
    "enabled": True,
    "policy": "explicit",
    "before": "hold",
    "categories": [],
    "sources": [],
    "custom_cookie": {},
    "storage_categories": [],
}
