"""The syncs that the vendors of a pipeline bring, with what the draft says of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from integrations.core.tracking_file.problem import Path, Problem, at, warning
from integrations.core.tracking_file.setting_rules import MOST_DAYS
from integrations.core.tracking_file.surroundings import Declared, Offer, Surroundings

SETTING = re.compile(r"\{settings\.([a-z][a-z0-9_]*)\}")
HOST = re.compile(r"[A-Za-z0-9.-]*")
TIMEOUT_MS = 3_000

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class VendorSync:
    """One declared sync as it would run, and where the draft speaks of it."""

    offer: Offer
    declared: Declared
    path: Path
    enabled: bool
    lifetime_days: int
    resync: bool
    timeout_ms: int
    categories: tuple[str, ...]


def vendor_syncs(draft: Document, around: Surroundings) -> tuple[VendorSync, ...]:
    """All of them, vendor by vendor. What the draft does not name is on, as declared and browsers allow."""
    entries = {
        (entry["vendor"], entry["sync"]): (index, entry)
        for index, entry in enumerate(draft["syncs"]["vendor"])
    }
    nothing: tuple[None, Document] = (None, {})
    return tuple(
        _vendor_sync(offer, declared, *entries.get((offer.vendor, declared.id), nothing))
        for offer in around.offers
        for declared in offer.syncs
    )


def entry_problems(draft: Document, around: Surroundings) -> Iterator[Problem]:
    """Entries of the draft that no vendor of the pipeline answers to, and vendors that can't be asked."""
    known = {(offer.vendor, declared.id) for offer in around.offers for declared in offer.syncs}
    seen: set[tuple[str, str]] = set()
    for index, entry in enumerate(draft["syncs"]["vendor"]):
        path, key = ("syncs", "vendor", index), (entry["vendor"], entry["sync"])
        if key not in known:
            sentence = (
                f"No enabled destination of the pipeline brings the sync {key[1]} of {key[0]}: it is left "
                "out. Remove the entry, or connect the vendor."
            )
            yield warning(path, sentence)
        elif key in seen:
            yield at(path, f"The sync {key[1]} of {key[0]} is named twice: remove one of them.")
        seen.add(key)


def offer_problems(draft: Document, around: Surroundings) -> Iterator[Problem]:
    """Vendors whose destinations leave something open."""
    running = {one.offer.vendor for one in vendor_syncs(draft, around) if one.enabled}
    for offer in around.offers:
        if offer.vendor not in running:
            continue
        if draft["consent"]["enabled"]:
            for destination in offer.uncategorised:
                sentence = (
                    f"{destination} belongs to no consent category, so nobody can have consented to the "
                    f"syncs of {offer.name}: choose its categories at the destination, or switch its "
                    "syncs off."
                )
                yield at(("syncs", "vendor"), sentence)
        for destination in offer.differing:
            sentence = (
                f"{destination} and {offer.destinations[0]} have other settings for the same syncs of "
                f"{offer.name}: the file has those of {offer.destinations[0]}."
            )
            yield warning(("syncs", "vendor"), sentence)


def settled(declared: Declared, settings: Mapping[str, object]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The options with each {settings.x} replaced, and the names of those that have no usable value."""
    missing: dict[str, None] = {}

    def text(value: str, *, is_url: bool) -> str:
        def one(match: re.Match[str]) -> str:
            inserted = _inserted(settings.get(match[1]), value[: match.start()], is_url=is_url)
            if not inserted:
                missing[match[1]] = None
            return inserted

        return SETTING.sub(one, value)

    def part(value: Any, name: str) -> Any:
        if isinstance(value, str):
            return text(value, is_url=name == "url")
        if isinstance(value, Mapping):
            return {key: part(item, "") for key, item in value.items()}
        return [part(item, "") for item in value] if isinstance(value, list | tuple) else value

    return {name: part(value, name) for name, value in declared.options.items()}, tuple(missing)


def _inserted(value: object, before: str, *, is_url: bool) -> str:
    """A setting's value as it stands in an option's text; empty when it can't.

    In a URL it is percent-encoded, so that it can't lead elsewhere: in the host only what a host's label has,
    at the very beginning a whole address.
    """
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if "{" in text or "}" in text:
        return ""  # it would read as a token
    if not is_url or not before:
        return text
    if before.count("/") < 3:
        return text if HOST.fullmatch(text) else ""
    return quote(text, safe="")


def _vendor_sync(offer: Offer, declared: Declared, index: int | None, entry: Document) -> VendorSync:
    return VendorSync(
        offer=offer,
        declared=declared,
        path=("syncs", "vendor") if index is None else ("syncs", "vendor", index),
        enabled=entry.get("enabled", True),
        lifetime_days=entry.get("lifetime_days", min(declared.lifetime_days, MOST_DAYS)),
        resync=entry.get("resync", False),
        timeout_ms=entry.get("timeout_ms", TIMEOUT_MS),
        categories=tuple(entry.get("categories", offer.categories)),
    )
