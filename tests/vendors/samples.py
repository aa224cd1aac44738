"""The examples of vendor files, as events and expectations."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.core.event import Event
from integrations.core.normalise import normalise
from integrations.core.vendor import BatchRequest, Element, Mode, Refused, Rejected, Skipped, Vendor
from integrations.services.catalogue import catalogue

NOW = datetime(2024, 1, 15, 10, 31, tzinfo=UTC)
EXAMPLES = [
    pytest.param(file.vendor, example, id=f"{slug}: {example['title']}")
    for slug, file in catalogue().items()
    for example in file.vendor.document["examples"]  # type: ignore[attr-defined]
]


def event_of(raw: dict[str, Any], *, now: datetime = NOW) -> Event:
    """An event as ingest would make it."""
    return normalise({**raw, "messageId": raw.get("messageId", "m-1")}, received_at=now)


def outcome(vendor: Vendor, example: dict[str, Any]) -> Any:
    """What the public API makes of one example, in the example's own words."""
    settings = {**vendor.document.get("example_settings", {}), **example.get("settings", {})}
    now = datetime.fromisoformat(example["now"]) if "now" in example else NOW
    mode = Mode(example.get("mode", "live"))
    elements = vendor.render_all(event_of(example["event"], now=now), settings, now=now, mode=mode)
    for element in elements:
        if isinstance(element, Skipped):
            return {"skipped": str(element.reason)}
        if isinstance(element, Rejected):
            return {"rejected": element.reason}
    made = [element for element in elements if isinstance(element, Element)]
    sent = vendor.requests(made, settings, mode=mode, sandbox_url=example.get("sandbox_url", ""))
    if refused := [item.reason for item in sent if isinstance(item, Refused)]:
        return {"rejected": refused[0]}
    return [_request(item) for item in sent if isinstance(item, BatchRequest)]


def expected(example: dict[str, Any]) -> Any:
    """The example's expectation in the form of `outcome`; a structured body is compared as bytes."""
    for key in ("skipped", "rejected"):
        if key in example:
            return {key: example[key]}
    return [
        {
            **request,
            "body": request["body"] if isinstance(request.get("body", ""), str) else compact(request["body"]),
        }
        if "body" in request
        else {**request, "body": ""}
        for request in example["requests"]
    ]


def compact(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _request(item: BatchRequest) -> dict[str, Any]:
    request = item.request
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.logged_body.decode(),
    }
