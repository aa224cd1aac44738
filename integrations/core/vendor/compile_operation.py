"""Compiles one operation of a vendor document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.core.mapping import (
    Context,
    DefinitionError,
    Expression,
    compile_expression,
    compile_object,
)
from integrations.core.mapping.errors import Path
from integrations.core.vendor.auth import compile_auth
from integrations.core.vendor.definition import (
    Batch,
    BodyKind,
    Deduplication,
    RateLimit,
    Setting,
    TimeRules,
    UnknownOutcome,
)
from integrations.core.vendor.envelopes import Envelope, compile_envelopes
from integrations.core.vendor.operation import READS_BACK, Operation, ReadBack
from integrations.core.vendor.parameters import compile_limits
from integrations.core.vendor.responses import compile_rules
from integrations.core.vendor.urls import compile_url

SHAPING = ("url", "query", "headers", "extra_headers", "auth", "envelope")  # what `batched` may decide


def compile_operation(
    name: str,
    document: Mapping[str, Any],
    settings: dict[str, Setting],
    context: Context,
    path: Path,
    vendor: str,
    *,
    reads_back: bool = False,
) -> Operation:
    """The operation with everything but its fields, which belong to the rules that use it."""
    for key in ("method", "url"):
        if key not in document:
            raise DefinitionError(path, f"`{key}` is missing")
    request = replace(context, batch=True, of_request=True)
    addressing = replace(context, of_request=True)
    body = _body_kind(document, path)
    envelopes = _envelopes(document, request, path, is_lines=body is BodyKind.LINES)
    headers = document.get("headers", {})
    operation = Operation(
        name=name,
        vendor=vendor,
        about=document.get("about", ""),
        method=document["method"],
        url=compile_url(document["url"], settings, addressing, (*path, "url")),
        query=compile_object(document.get("query", {}), addressing, (*path, "query")),
        headers=tuple(
            (header, compile_expression(value, addressing, (*path, "headers", header)))
            for header, value in headers.items()
        ),
        extra_headers=_optional(document, "extra_headers", request, path),
        auth=compile_auth(document.get("auth"), settings, request, (*path, "auth")),
        body=body,
        in_path=_in_path(document, body, path),
        envelopes=tuple(envelopes),
        group=_group(document, envelopes, context, path),
        tells_batches=_mentions_batched({key: document.get(key) for key in SHAPING}),
        batch=_batch(document, envelopes, path),
        gzip_over_bytes=_gzip(document.get("gzip", False)),
        timeout_ms=document.get("timeout_ms", 10_000),
        redirect_hosts=tuple(document["redirects"]["hosts"]) if "redirects" in document else None,
        rate_limit=RateLimit(**document["rate_limit"]) if "rate_limit" in document else None,
        on_unknown_outcome=UnknownOutcome(document.get("on_unknown_outcome", "retry")),
        limits=compile_limits(
            document.get("limits", {}), context, (*path, "limits"), is_get=document["method"] == "GET"
        ),
        time=TimeRules(**document.get("time", {})),
        deduplication=Deduplication(**document["deduplication"]) if "deduplication" in document else None,
        read_back=_read_back(name, document, settings, context, path, vendor),
        responses=compile_rules(document.get("responses", ()), (*path, "responses"), reads_back=reads_back),
        needs=tuple(
            setting.name for setting in settings.values() if setting.required or name in setting.required_for
        ),
    )
    _check_told_apart(operation, document, path)
    return operation


def _read_back(
    name: str,
    document: Mapping[str, Any],
    settings: dict[str, Setting],
    context: Context,
    path: Path,
    vendor: str,
) -> ReadBack | None:
    """What `on_unknown_outcome: verify` sends."""
    declared = document.get("read_back")
    verifies = document.get("on_unknown_outcome") == UnknownOutcome.VERIFY
    if verifies != (declared is not None):
        raise DefinitionError(
            path, "`on_unknown_outcome: verify` and `read_back`, which says how, need each other"
        )
    if declared is None:
        return None
    request = {"method": "GET", "body": "none", **declared}
    place = (*path, "read_back")
    operation = compile_operation(
        f"{name}{READS_BACK}", request, settings, context, place, vendor, reads_back=True
    )
    return ReadBack(operation=operation, after_s=request["after_s"])


def _envelopes(
    document: Mapping[str, Any], request: Context, path: Path, *, is_lines: bool
) -> list[Envelope]:
    group = frozenset(str(name) for name in document.get("group", {}))
    inside = replace(request, group=group)
    return compile_envelopes(document.get("envelope"), inside, (*path, "envelope"), is_lines=is_lines)


def _group(
    document: Mapping[str, Any], envelopes: list[Envelope], context: Context, path: Path
) -> Expression | None:
    """The fields that stand once for all events of a request."""
    if "group" not in document:
        return None
    if not any(envelope.kind == "around" for envelope in envelopes):
        raise DefinitionError((*path, "group"), "`group` needs an envelope that says where its fields stand")
    return compile_object(document["group"], context, (*path, "group"))


def _check_told_apart(operation: Operation, document: Mapping[str, Any], path: Path) -> None:
    """An address that is made with the event can't wait for the number of its companions."""
    parts = {"url": operation.url_per_event, "query": operation.url_per_event}
    for key in ("url", "query", "headers"):
        per_event = parts.get(key, operation.headers_per_event)
        if per_event and _mentions_batched(document.get(key)):
            raise DefinitionError((*path, key), "`batched` and fields of the event can't decide it together")


def _mentions_batched(document: Any) -> bool:
    if isinstance(document, Mapping):
        return "batched" in document or any(_mentions_batched(value) for value in document.values())
    return isinstance(document, list) and any(_mentions_batched(value) for value in document)


def _optional(document: Mapping[str, Any], key: str, context: Context, path: Path) -> Any:
    return compile_expression(document[key], context, (*path, key)) if key in document else None


def _body_kind(document: Mapping[str, Any], path: Path) -> BodyKind:
    is_get = document["method"] == "GET"
    kind = BodyKind(document.get("body", "none" if is_get else "json"))
    if is_get and kind is not BodyKind.NONE:
        raise DefinitionError(
            (*path, "body"), "a GET has no body; write `body: none`, its fields become parameters"
        )
    return kind


def _in_path(document: Mapping[str, Any], body: BodyKind, path: Path) -> bool:
    if "parameters" in document and body is not BodyKind.NONE:
        raise DefinitionError((*path, "parameters"), "`parameters` belongs to `body: none`", key=True)
    return document.get("parameters") == "path"


def _batch(document: Mapping[str, Any], envelopes: list[Envelope], path: Path) -> Batch:
    batch = Batch(**document.get("batch", {"max_count": 1}))
    if batch.max_count == 1:
        return batch
    kind = document.get("body", "json")
    if kind not in ("json", "ndjson") or document["method"] == "GET" or not envelopes[-1].holds_many:
        advice = "needs a JSON body and an envelope that holds many: array, or an object with $elements"
        raise DefinitionError((*path, "batch"), f"a batch of more than one event {advice}")
    for index, envelope in enumerate(envelopes):
        if not envelope.holds_many and document["envelope"][index].get("when") != {"batched": False}:
            place = (*path, "envelope", index)
            raise DefinitionError(place, "an event without envelope needs `when: {batched: false}`")
    return batch


def _gzip(declared: Any) -> int | None:
    if isinstance(declared, Mapping):
        return int(declared["over_bytes"])
    return 0 if declared else None
