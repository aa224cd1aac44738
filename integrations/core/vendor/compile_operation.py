"""Compiles one operation of a vendor document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.core.mapping import Context, DefinitionError, compile_expression, compile_object
from integrations.core.mapping.errors import Path
from integrations.core.vendor.auth import compile_auth
from integrations.core.vendor.bodies import Envelope, compile_envelope
from integrations.core.vendor.definition import (
    Batch,
    BodyKind,
    Deduplication,
    RateLimit,
    Setting,
    TimeRules,
    UnknownOutcome,
)
from integrations.core.vendor.operation import Operation
from integrations.core.vendor.parameters import compile_limits
from integrations.core.vendor.responses import compile_rules
from integrations.core.vendor.urls import compile_url


def compile_operation(
    name: str,
    document: Mapping[str, Any],
    settings: dict[str, Setting],
    context: Context,
    path: Path,
    vendor: str,
) -> Operation:
    """The operation with everything but its fields, which belong to the rules that use it."""
    for key in ("method", "url"):
        if key not in document:
            raise DefinitionError(path, f"`{key}` is missing")
    request = replace(context, batch=True)
    body = _body_kind(document, path)
    envelope = compile_envelope(document.get("envelope", "object"), request, (*path, "envelope"))
    headers = document.get("headers", {})
    return Operation(
        name=name,
        vendor=vendor,
        about=document.get("about", ""),
        method=document["method"],
        url=compile_url(document["url"], settings, context, (*path, "url")),
        query=compile_object(document.get("query", {}), context, (*path, "query")),
        headers=tuple(
            (header, compile_expression(value, context, (*path, "headers", header)))
            for header, value in headers.items()
        ),
        extra_headers=_optional(document, "extra_headers", request, path),
        auth=compile_auth(document.get("auth"), settings, request, (*path, "auth")),
        body=body,
        in_path=_in_path(document, body, path),
        envelope=envelope,
        batch=_batch(document, envelope, path),
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
        responses=compile_rules(document.get("responses", ()), (*path, "responses")),
        needs=tuple(
            setting.name for setting in settings.values() if setting.required or name in setting.required_for
        ),
    )


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


def _batch(document: Mapping[str, Any], envelope: Envelope, path: Path) -> Batch:
    batch = Batch(**document.get("batch", {"max_count": 1}))
    kind = document.get("body", "json")
    if batch.max_count > 1 and (not envelope.holds_many or kind != "json" or document["method"] == "GET"):
        advice = "needs a JSON body and an envelope that holds many: array, or an object with $elements"
        raise DefinitionError((*path, "batch"), f"a batch of more than one event {advice}")
    return batch


def _gzip(declared: Any) -> int | None:
    if isinstance(declared, Mapping):
        return int(declared["over_bytes"])
    return 0 if declared else None
