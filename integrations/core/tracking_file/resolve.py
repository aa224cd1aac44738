"""A draft in its surroundings becomes the configuration of a file, or a list of what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.core.tracking_file.config import (
    BeforeConsent,
    Category,
    Consent,
    Cookies,
    CustomCookie,
    FileConfig,
    Kind,
    SameSite,
    Source,
    Sync,
)
from integrations.core.tracking_file.consent_rules import code_faults, consent_problems, no_category
from integrations.core.tracking_file.problem import Problem, errors_of, warning
from integrations.core.tracking_file.setting_rules import setting_problems
from integrations.core.tracking_file.surroundings import Surroundings
from integrations.core.tracking_file.syncs import read_syncs

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What a draft comes to. `config` is None when there are errors; warnings stand among the problems."""

    config: FileConfig | None
    problems: tuple[Problem, ...]


def resolve(draft: Document, around: Surroundings) -> Resolved:
    """A complete draft of the right shape, with everything that it refers to looked up."""
    settings, consent = draft["settings"], draft["consent"]
    syncs, sync_problems = read_syncs(draft, around)
    problems = (
        *setting_problems(settings, around),
        *_kept_ids(settings, consent, around),
        *consent_problems(consent, around),
        *sync_problems,
    )
    if consent["enabled"] and around.categories and not _categories(draft, around, syncs):
        problems = (*problems, no_category())
    if settings["kind"] == Kind.SYNC_INJECTOR and not syncs and not errors_of(problems):
        sentence = "A Sync Injector without a sync does nothing: switch one on, or choose analytics."
        problems = (*problems, warning(("settings", "kind"), sentence))
    config = None if errors_of(problems) else _config(draft, around, syncs)
    return Resolved(config=config, problems=problems)


def _kept_ids(settings: Document, consent: Document, around: Surroundings) -> Iterable[Problem]:
    """The categories of click ids and of the cross-domain id."""
    if not consent["enabled"]:
        return
    for name, is_used in (
        ("click_id_categories", settings["click_ids"]),
        ("cross_domain_categories", settings["cross_domain_url"]),
    ):
        yield from code_faults(settings[name], ("settings", name), around)
        if is_used and not settings[name]:
            sentence = "Without a category they are kept for every visitor: choose one unless that is meant."
            yield warning(("settings", name), sentence)


def _config(draft: Document, around: Surroundings, syncs: tuple[Sync, ...]) -> FileConfig:
    settings = draft["settings"]
    consents = bool(draft["consent"]["enabled"])
    return FileConfig(
        kind=Kind(settings["kind"]),
        write_key=around.write_key,
        ingestion_url=settings["ingestion_url"].rstrip("/"),
        library_name=settings["library_name"],
        storage_prefix=settings["storage_prefix"],
        cookies=Cookies(
            domain=settings["cookie_domain"].lower(),
            lifetime_days=settings["cookie_lifetime_days"],
            same_site=SameSite(settings["cookie_same_site"]),
            secure=settings["cookie_secure"],
        ),
        consent=_consent(draft, around, syncs) if consents else None,
        syncs=syncs,
        batch_size=settings["batch_size"],
        batch_wait_ms=settings["batch_wait_ms"],
        keeps_queue=settings["keeps_queue"],
        session_minutes=settings["session_minutes"],
        calls_page_on_load=settings["calls_page_on_load"],
        follows_spa=settings["follows_spa"],
        has_link_helpers=settings["has_link_helpers"],
        sends_timezone=settings["sends_timezone"],
        keeps_campaign_days=settings["keeps_campaign_days"],
        click_ids=tuple(settings["click_ids"]),
        keeps_click_ids_days=settings["keeps_click_ids_days"],
        click_id_categories=tuple(settings["click_id_categories"]) if consents else (),
        cross_domain_url=settings["cross_domain_url"],
        cross_domain_categories=tuple(settings["cross_domain_categories"]) if consents else (),
    )


def _consent(draft: Document, around: Surroundings, syncs: tuple[Sync, ...]) -> Consent:
    consent = draft["consent"]
    cookie = consent["custom_cookie"]
    sources = tuple(sorted(Source(one) for one in consent["sources"]))
    return Consent(
        explicit=consent["policy"] == "explicit",
        categories=_categories(draft, around, syncs),
        sources=sources,
        custom_cookie=CustomCookie(
            name=cookie["name"], format=cookie.get("format", "json"), path=cookie.get("path", "")
        )
        if Source.CUSTOM_COOKIE in sources
        else None,
        before=BeforeConsent(consent["before"]),
        storage_categories=tuple(consent["storage_categories"]),
    )


def _categories(draft: Document, around: Surroundings, syncs: tuple[Sync, ...]) -> tuple[Category, ...]:
    """Those that are chosen, and those that anything in the file asks for: it must know them."""
    settings, consent = draft["settings"], draft["consent"]
    codes = {
        *consent["categories"],
        *consent["storage_categories"],
        *settings["click_id_categories"],
        *settings["cross_domain_categories"],
        *(code for sync in syncs for code in sync.categories),
    }
    return tuple(one for one in around.categories if one.code in codes)
