"""The catalogue for readers: one Markdown page a vendor and a table of all, made of the vendor files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from integrations.core.mapping.left_out import spelled_condition
from integrations.core.vendor import Setting, Vendor
from integrations.services.vendor_facts import (
    authentication,
    batching,
    consent_class,
    counterpart,
    event_condition,
    sending,
    time_limits,
    verdict_condition,
)

INDEX = "README.md"
MADE = "<!-- Made by `manage.py vendor_docs` of the vendor files. Do not edit. -->"
LISTS = (
    ("prerequisites", "Before you begin"),
    ("known_limits", "Known limits"),
    ("decisions", "Decisions"),
    ("unverified", "Not verified"),
    ("client_side_functions_lost", "What the vendor's tag does and server-to-server can't"),
)
QUESTIONS = {
    "identifiers": "Identifiers",
    "event_endpoint": "Event ingestion endpoint",
    "identity_endpoint": "Identity endpoint",
    "consent_classification": "Consent and privacy classification",
    "validation_method": "Validation method",
}


def pages(vendors: Iterable[Vendor]) -> dict[str, str]:
    """Every page's text by its file name."""
    known = sorted(vendors, key=lambda vendor: vendor.name.lower())
    return {INDEX: index_page(known), **{f"{vendor.slug}.md": vendor_page(vendor) for vendor in known}}


def index_page(vendors: Sequence[Vendor]) -> str:
    head = (
        "vendor",
        "sends",
        "signs in by",
        "events in a request",
        "repeats told by",
        "test mode",
        "consent",
    )
    rows = [_index_row(vendor) for vendor in vendors]
    intro = f"{len(vendors)} vendors, each one file in `integrations/catalogue/`."
    return _document(["# Vendors", MADE, intro, *_table(head, rows)])


def vendor_page(vendor: Vendor) -> str:
    document: Mapping[str, Any] = vendor.document
    docs = ", ".join(f"[{link.title}]({link.url})" for link in vendor.docs)
    parts = [f"# {vendor.name}", MADE, vendor.about]
    parts.append(f"Slug `{vendor.slug}`, facts checked on {vendor.verified_on}. {docs}")
    consent = f"Consent: {consent_class(vendor)}. {vendor.consent.about}".strip()
    parts.append(consent)
    if capabilities := document.get("capabilities"):
        parts += ["It can: " + "; ".join(capabilities) + "."]
    for key, title in LISTS[:1]:
        parts += _listed(title, document.get(key, ()))
    parts += _settings(vendor)
    parts += _events(vendor)
    parts += _requests(vendor)
    parts += _identity(vendor)
    parts += _questionnaire(document.get("questionnaire", {}))
    for key, title in LISTS[1:]:
        parts += _listed(title, document.get(key, ()))
    parts += _examples(document.get("examples", ()))
    return _document(parts)


def _index_row(vendor: Vendor) -> tuple[str, ...]:
    operations = vendor.operations.values()
    documents = _operation_documents(vendor)
    return (
        f"[{vendor.name}]({vendor.slug}.md)",
        _distinct(f"{operation.method} {operation.body}" for operation in operations),
        _distinct(authentication(one) for one in documents),
        _distinct(batching(operation) for operation in operations),
        _distinct(f"`{one.deduplication.key}`" if one.deduplication else "" for one in operations)
        or "nothing",
        "yes" if vendor.test_mode.supported else "no",
        consent_class(vendor),
    )


def _settings(vendor: Vendor) -> Iterator[str]:
    rows = [
        (
            f"{setting.label} `{setting.name}`",
            setting.type + (", secret" if setting.secret else ""),
            _needed(setting),
            _choices(setting) + setting.help,
        )
        for setting in vendor.settings.values()
    ]
    if rows:
        yield "## Settings"
        yield from _table(("setting", "type", "needed", "help"), rows)


def _events(vendor: Vendor) -> Iterator[str]:
    yield "## Events"
    rows = [
        (rule["rule"], event_condition(rule.get("when")), counterpart(rule), rule.get("about", ""))
        for rule in _documents(vendor, "events")
    ]
    yield from _table(("rule", "when", "goes out as", "note"), rows)
    fallback = vendor.document.get("fallback", "drop")
    if isinstance(fallback, Mapping):
        yield f"Every other event: {counterpart(fallback)}."
    else:
        yield "Every other event is skipped as unmapped."


def _requests(vendor: Vendor) -> Iterator[str]:
    yield "## Requests"
    for operation, document in zip(vendor.operations.values(), _operation_documents(vendor), strict=True):
        yield f"### {operation.name}"
        if operation.about:
            yield operation.about
        facts = [
            ("request", f"{operation.method} {_code(document.get('url'))}"),
            ("body", str(operation.body)),
            ("signs in by", authentication(document)),
            ("events in a request", batching(operation)),
            ("time", time_limits(operation)),
            ("when no answer came", str(operation.on_unknown_outcome)),
        ]
        if operation.deduplication:
            known = operation.deduplication
            window = f", window {known.window}" if known.window else ""
            facts.append(("repeats told by", f"`{known.key}`{window}. {known.about}".strip()))
        yield from _table(("fact", ""), facts)
        rules = [(verdict_condition(one), str(one["verdict"])) for one in document.get("responses", ())]
        if rules:
            yield from _table(("answer", "means"), rules)
    if facts := sending(vendor.sending):
        yield "### Sending"
        yield from _table(("fact", ""), facts)
        yield vendor.sending.about
    if vendor.test_mode.about:
        yield f"Test mode: {vendor.test_mode.about}"


def _identity(vendor: Vendor) -> Iterator[str]:
    sync: Any = vendor.document.get("sync")
    if not (vendor.click_ids or vendor.identity_syncs or sync):
        return
    yield "## Identity"
    if sync:
        need = "A sync in the browser is needed" if sync["needed"] else "No sync in the browser is needed"
        yield f"{need}: {sync['why']}"
    if vendor.click_ids:
        rows = [
            (
                f"`{one.parameter}`",
                f"`{one.cookie}`" if one.cookie else "",
                f"{one.lifetime_days} days",
                one.about,
            )
            for one in vendor.click_ids
        ]
        yield from _table(("click id", "cookie", "kept for", "note"), rows)
    if vendor.identity_syncs:
        rows = [
            (f"`{one.id}`", one.method, f"{one.lifetime_days} days" if one.lifetime_days else "", one.about)
            for one in vendor.identity_syncs
        ]
        yield from _table(("identity sync", "method", "kept for", "note"), rows)


def _questionnaire(answers: Mapping[str, Any]) -> Iterator[str]:
    if not answers:
        return
    yield "## What the vendor was asked"
    rows = [(QUESTIONS.get(key, key.replace("_", " ")), _answer(answer)) for key, answer in answers.items()]
    yield from _table(("question", "answer"), rows)


def _examples(examples: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each in full: they are what the tests compare byte for byte."""
    if not examples:
        return
    yield "## Examples"
    for example in examples:
        kind = next((one for one in ("requests", "skipped", "rejected") if one in example), "requests")
        shown = {"requests": "Sent", "skipped": "Skipped", "rejected": "Refused"}[kind]
        yield f"<details><summary>{_escaped(example['title'])} ({shown.lower()})</summary>"
        yield f"Source: {_escaped(example['source'])}"
        yield _json(
            {key: example[key] for key in ("settings", "mode", "now", "event", "events") if key in example}
        )
        yield f"{shown}:"
        yield _json(example.get(kind))
        yield "</details>"


def _documents(vendor: Vendor, key: str) -> list[Any]:
    found: Any = vendor.document.get(key, [])
    return list(found)


def _operation_documents(vendor: Vendor) -> list[Mapping[str, Any]]:
    """What each operation declares, with what it takes from the one that it extends."""
    declared: Any = vendor.document["operations"]
    found: dict[str, Mapping[str, Any]] = {}
    for name, document in declared.items():
        found[name] = {**found.get(document.get("extends"), {}), **document}
    return [found[name] for name in vendor.operations]


def _needed(setting: Setting) -> str:
    if setting.required:
        return "yes"
    if setting.required_when is not None:
        return f"when {spelled_condition(setting.required_when).replace('$settings.', '')}"
    return f"for {', '.join(setting.required_for)}" if setting.required_for else "no"


def _choices(setting: Any) -> str:
    names = ", ".join(f"`{choice.value}`" for choice in setting.choices)
    return f"One of {names}. " if names else ""


def _answer(answer: Any) -> str:
    if isinstance(answer, list):
        return "; ".join(map(str, answer))
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"## {title}"
        yield "\n".join(f"- {line}" for line in lines)


def _distinct(values: Iterable[str]) -> str:
    return " / ".join(dict.fromkeys(value for value in values if value))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    lines = [_row(head), _row(["---"] * len(head)), *(_row([_cell(cell) for cell in row]) for row in rows)]
    yield "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(value: Any) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


def _json(value: Any) -> str:
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _document(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
