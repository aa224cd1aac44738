"""A draft's identity syncs, checked and read: those of vendors first, then custom ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.core.tracking_file import addresses
from integrations.core.tracking_file.config import Sync
from integrations.core.tracking_file.consent_rules import code_faults
from integrations.core.tracking_file.options import ids_of, option_faults, read_options
from integrations.core.tracking_file.problem import Path, Problem, at, errors_of, warning
from integrations.core.tracking_file.setting_rules import BROWSERS_FORGET, MOST_DAYS
from integrations.core.tracking_file.shape import option_problems
from integrations.core.tracking_file.surroundings import Surroundings
from integrations.core.tracking_file.vendor_syncs import (
    TIMEOUT_MS,
    VendorSync,
    entry_problems,
    offer_problems,
    settled,
    vendor_syncs,
)

LIFETIME_DAYS = 365
TIMEOUTS = (100, 30_000)
CHOOSE_ONE = "Choose at least one category: without it nobody's consent would be asked."

Document = Mapping[str, Any]


def read_syncs(draft: Document, around: Surroundings) -> tuple[tuple[Sync, ...], tuple[Problem, ...]]:
    """The syncs that are right, and everything that is wrong with the others."""
    found: list[tuple[Path, Sync]] = []
    problems = [*entry_problems(draft, around), *offer_problems(draft, around)]
    for one in vendor_syncs(draft, around):
        if one.enabled:
            problems += _add(found, one.path, _of_vendor(one, draft, around))
    for index, entry in enumerate(draft["syncs"]["custom"]):
        path = ("syncs", "custom", index)
        problems += _add(found, path, _custom(entry, path, draft, around))
    problems += _clashes(found)
    return tuple(sync for _, sync in found), tuple(problems)


def _add(
    found: list[tuple[Path, Sync]], path: Path, read: tuple[Sync | None, tuple[Problem, ...]]
) -> tuple[Problem, ...]:
    sync, problems = read
    if sync is not None:
        found.append((path, sync))
    return problems


def _of_vendor(
    one: VendorSync, draft: Document, around: Surroundings
) -> tuple[Sync | None, tuple[Problem, ...]]:
    """A fault of the vendor's own options stands at its entry, in words: the draft has no place for it."""
    options, missing = settled(one.declared, one.offer.settings)
    name, has_consent = f"{one.offer.name}'s sync {one.declared.id}", draft["consent"]["enabled"]
    if missing:
        needed = ", ".join(missing)
        sentence = (
            f"{name} needs the setting {needed} of {one.offer.destinations[0]}, which is empty, a secret, or "
            "has characters that can't stand there: correct it, or switch the sync off. A secret never "
            "stands in a file, which every visitor can read."
        )
        return None, (at(one.path, sentence),)
    faults = option_problems(one.declared.method, options, ()) or tuple(
        option_faults(one.declared.method, options, (), may_loop_back=around.is_development)
    )
    told = [at(one.path, f"{name} can't run ({fault.pointer}): {fault.sentence}") for fault in faults]
    problems = (
        *told,
        *_provider_faults(one.offer.vendor, one.path),
        *_common_faults(one.lifetime_days, one.timeout_ms, one.path),
        *(_vendor_category_faults(one, around) if has_consent else ()),
    )
    if errors_of(problems):
        return None, problems
    sync = Sync(
        provider=one.offer.vendor,
        id=one.declared.id,
        options=read_options(one.declared.method, options),
        lifetime_days=one.lifetime_days,
        categories=one.categories if has_consent else (),
        cookie=one.declared.cookie,
        resync=one.resync,
        timeout_ms=one.timeout_ms,
    )
    return sync, problems


def _custom(
    entry: Document, path: Path, draft: Document, around: Surroundings
) -> tuple[Sync | None, tuple[Problem, ...]]:
    lifetime_days = entry.get("lifetime_days", LIFETIME_DAYS)
    timeout_ms = entry.get("timeout_ms", TIMEOUT_MS)
    has_consent = draft["consent"]["enabled"]
    options = entry.get("options", {})
    problems = (
        *_name_faults(entry, path),
        *option_faults(entry["method"], options, (*path, "options"), may_loop_back=around.is_development),
        *_common_faults(lifetime_days, timeout_ms, path),
        *(_category_faults(entry, path, around) if has_consent else ()),
    )
    if errors_of(problems):
        return None, problems
    sync = Sync(
        provider=entry["provider"],
        id=entry["id"],
        options=read_options(entry["method"], options),
        lifetime_days=lifetime_days,
        categories=tuple(entry["categories"]) if has_consent else (),
        cookie=entry.get("cookie", ""),
        resync=entry.get("resync", False),
        timeout_ms=timeout_ms,
    )
    return sync, problems


def _name_faults(entry: Document, path: Path) -> Iterator[Problem]:
    if not addresses.PROVIDER.fullmatch(entry.get("provider", "")):
        sentence = "Name the provider with letters, digits, _ and -, a letter first: it stands in events."
        yield at((*path, "provider"), sentence)
    yield from _provider_faults(entry.get("provider", ""), (*path, "provider"))
    if not addresses.PROVIDER.fullmatch(entry.get("id", "")):
        sentence = "Name the id with letters, digits, _ and -, a letter first: it stands in events."
        yield at((*path, "id"), sentence)
    if entry.get("cookie") and not addresses.COOKIE_NAME.fullmatch(entry["cookie"]):
        sentence = "A cookie's name has no blanks, commas, semicolons or equals signs."
        yield at((*path, "cookie"), sentence)


def _provider_faults(provider: str, path: Path) -> Iterator[Problem]:
    if fault := addresses.inherited_problem(provider):
        yield at(path, fault)


def _category_faults(entry: Document, path: Path, around: Surroundings) -> Iterator[Problem]:
    if not entry.get("categories"):
        yield at((*path, "categories"), CHOOSE_ONE)
    yield from code_faults(entry.get("categories", ()), (*path, "categories"), around)


def _vendor_category_faults(one: VendorSync, around: Surroundings) -> Iterator[Problem]:
    """Where the destination has none, that is told once for the vendor."""
    if not one.categories and one.offer.categories:
        yield at((*one.path, "categories"), CHOOSE_ONE)
    yield from code_faults(one.categories, (*one.path, "categories"), around)


def _common_faults(lifetime_days: int, timeout_ms: int, path: Path) -> Iterator[Problem]:
    if not 1 <= lifetime_days <= MOST_DAYS:
        yield at((*path, "lifetime_days"), BROWSERS_FORGET)
    least, most = TIMEOUTS
    if not least <= timeout_ms <= most:
        yield at((*path, "timeout_ms"), f"Give {least} to {most} ms: nobody stays on a page for longer.")


def _clashes(found: list[tuple[Path, Sync]]) -> Iterator[Problem]:
    """Two syncs of one name can't be told apart; two that write one value overwrite each other."""
    names: set[tuple[str, str]] = set()
    values: set[tuple[str, str]] = set()
    for path, sync in found:
        if (sync.provider, sync.id) in names:
            sentence = f"There is another sync {sync.id} of {sync.provider}: give it another id."
            yield at((*path, "id") if path[1] == "custom" else path, sentence)
        names.add((sync.provider, sync.id))
        own = {(sync.provider, name) for name in ids_of(sync.id, sync.options)}
        for provider, name in sorted(own & values):
            sentence = f"Another sync writes {provider}.{name} too: the one that ends later wins."
            yield warning(path, sentence)
        values |= own
