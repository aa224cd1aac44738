"""What differs between two configurations, each place in names and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
Flat = dict[tuple[str, ...], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One value that differs. `place` is in words, `path` in names; None stands for absent."""

    path: str
    place: str
    before: str | None
    after: str | None


WORDS: Mapping[str, str] = {
    "kind": "Kind of file",
    "write_key": "Write key",
    "ingestion_url": "Ingestion URL",
    "library_name": "Library name",
    "storage_prefix": "Storage prefix",
    "cookies.domain": "Cookie domain",
    "cookies.lifetime_days": "Cookie lifetime (days)",
    "cookies.same_site": "Cookie SameSite",
    "cookies.secure": "Cookies only over https",
    "consent": "Consent",
    "consent.explicit": "Silence means no",
    "consent.sources": "Sources of consent",
    "consent.custom_cookie": "Consent cookie",
    "consent.custom_cookie.name": "Name of the consent cookie",
    "consent.custom_cookie.format": "Format of the consent cookie",
    "consent.custom_cookie.path": "Path in the consent cookie",
    "consent.before": "Before the visitor answers, events",
    "consent.storage_categories": "Categories for stored ids",
    "batch_size": "Events in one request",
    "batch_wait_ms": "Waiting for a batch (ms)",
    "keeps_queue": "Unsent events survive a reload",
    "session_minutes": "Session ends after (minutes)",
    "calls_page_on_load": "Page call on load",
    "follows_spa": "Page call on navigation in the page",
    "has_link_helpers": "trackLink and trackForm",
    "sends_timezone": "Time zone is sent",
    "keeps_campaign_days": "Campaign is kept (days)",
    "click_ids": "Click ids",
    "keeps_click_ids_days": "Click ids are kept (days)",
    "click_id_categories": "Categories of click ids",
    "cross_domain_url": "Cross-domain id",
    "cross_domain_categories": "Categories of the cross-domain id",
}
OF_SYNCS: Mapping[str, str] = {
    "method": "method",
    "lifetime_days": "lifetime (days)",
    "categories": "categories",
    "cookie": "cookie",
    "resync": "fires on re-sync",
    "timeout_ms": "timeout (ms)",
    "url": "URL",
    "http_method": "HTTP method",
    "credentials": "sends the vendor's cookies",
    "query": "query",
    "body": "body",
    "headers": "header",
    "paths": "path in the answer",
    "parameters": "query parameters",
    "key": "item",
    "path": "path",
    "name": "cookie that is read",
    "skip_parts": "leading parts left out",
    "format": "format",
    "function": "function",
}
OF_CATEGORIES: Mapping[str, str] = {
    "name": "name",
    "cmp_codes": "codes of consent platforms",
    "tcf_purposes": "TCF purposes",
    "gpp_fields": "GPP fields",
    "is_sale_or_sharing": "sale or sharing",
}
UNITS = {("syncs",): 3, ("consent", "categories"): 3}  # steps of a part that comes and goes as one


def changes(before: Document | None, after: Document) -> tuple[Change, ...]:
    """In the order of the later configuration, what is gone at the end. Nothing before: all is new."""
    old, new = _flat(before or {}), _flat(after)
    paths = dict.fromkeys((*new, *old))
    found: dict[tuple[str, ...], Change] = {}
    for path in paths:
        if old.get(path) == new.get(path):
            continue
        unit = _unit(path)
        if unit and before is not None and (not _has(old, unit) or not _has(new, unit)):
            found.setdefault(unit, _change(unit, _summary(old, unit), _summary(new, unit)))
        elif unit and before is None:
            found.setdefault(unit, _change(unit, None, _summary(new, unit)))
        else:
            found[path] = _change(path, old.get(path), new.get(path))
    return tuple(found.values())


def _change(path: tuple[str, ...], before: str | None, after: str | None) -> Change:
    return Change(path=".".join(path), place=_place(path), before=before, after=after)


def _place(path: tuple[str, ...]) -> str:
    """`Sync adct of adroll: lifetime (days)`."""
    if path[0] == "syncs":
        rest = " ".join(OF_SYNCS.get(step, step) for step in path[3:] if step != "options")
        return f"Sync {path[2]} of {path[1]}" + (f": {rest}" if rest else "")
    if path[:2] == ("consent", "categories"):
        rest = " ".join(OF_CATEGORIES.get(step, step) for step in path[3:])
        return f"Category {path[2]}" + (f": {rest}" if rest else "")
    name = ".".join(path)
    return WORDS.get(name, name.replace("_", " ").replace(".", ", "))


def _unit(path: tuple[str, ...]) -> tuple[str, ...]:
    """The part that this path is in, when such parts come and go as one."""
    for head, length in UNITS.items():
        if path[: len(head)] == head and len(path) >= length:
            return path[:length]
    return ()


def _has(flat: Flat, unit: tuple[str, ...]) -> bool:
    return any(path[: len(unit)] == unit for path in flat)


def _summary(flat: Flat, unit: tuple[str, ...]) -> str | None:
    """All that stands in a part, in one line; None when it is not there."""
    own = {path[len(unit) :]: value for path, value in flat.items() if path[: len(unit)] == unit}
    if not own:
        return None
    told = (
        f"{'.'.join(step for step in path if step != 'options')} {value}"
        for path, value in own.items()
        if value
    )
    return "; ".join(told)


def _flat(document: Document) -> Flat:
    return dict(_leaves(document, ()))


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(part, (*path, name))
    elif path == ("syncs",):
        for sync in value:
            rest = {name: part for name, part in sync.items() if name not in ("provider", "id", "method")}
            yield from _leaves({"method": sync["method"], **rest}, (*path, sync["provider"], sync["id"]))
    elif path == ("consent", "categories"):
        for category in value:
            rest = {name: part for name, part in category.items() if name != "code"}
            yield from _leaves(rest, (*path, category["code"]))
    elif isinstance(value, list) and value and isinstance(value[0], list):
        for name, part in value:
            yield (*path, name), str(part)
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(str(one) for one in value)
    return str(value)
