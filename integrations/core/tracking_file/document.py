"""A resolved configuration as JSON and back, as each build keeps it."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from integrations.core.tracking_file.config import (
    METHODS,
    BeforeConsent,
    Category,
    Consent,
    Cookies,
    CustomCookie,
    FileConfig,
    Kind,
    Options,
    SameSite,
    Source,
    Sync,
)

Document = dict[str, Any]
OPTIONS = {method.value: kind for kind, method in METHODS.items()}


def to_document(config: FileConfig) -> Document:
    """Only what JSON has: texts, numbers, lists and objects. Pairs are lists, as their order counts."""
    document: Document = _plain(asdict(config))
    for written, sync in zip(document["syncs"], config.syncs, strict=True):
        written["method"] = sync.method.value
    return document


def from_document(document: Document) -> FileConfig:
    """The same configuration again. What the document does not name has the default of today."""
    values = {**document, "kind": Kind(document["kind"])}
    cookies: Document = document["cookies"]
    values["cookies"] = Cookies(**(cookies | {"same_site": SameSite(cookies["same_site"])}))
    values["consent"] = _consent(document["consent"]) if document["consent"] else None
    values["syncs"] = tuple(_sync(one) for one in document["syncs"])
    return FileConfig(**_tuples(values))


def _consent(document: Document) -> Consent:
    values = {
        **document,
        "categories": tuple(Category(**_tuples(one)) for one in document["categories"]),
        "sources": tuple(Source(one) for one in document["sources"]),
        "custom_cookie": CustomCookie(**document["custom_cookie"]) if document["custom_cookie"] else None,
        "before": BeforeConsent(document["before"]),
    }
    return Consent(**_tuples(values))


def _sync(document: Document) -> Sync:
    values = {name: value for name, value in document.items() if name != "method"}
    values["options"] = _options(document["method"], document["options"])
    return Sync(**_tuples(values))


def _options(method: str, document: Document) -> Options:
    kind = OPTIONS[method]
    pairs: Document = {
        name: _pairs(document[name]) for name in ("query", "body", "headers", "paths") if name in document
    }
    known = {one.name for one in fields(kind)}
    values = {name: value for name, value in {**document, **pairs}.items() if name in known}
    options: Options = kind(**_tuples(values))
    return options


def _pairs(document: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in document)


def _tuples(values: Document) -> Document:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, str) else value
