"""What a definition would send for a pasted event, before any destination has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from integrations.core.normalise import BadEvent
from integrations.core.vendor import Mode, Vendor
from integrations.core.vendor.definition import Setting
from integrations.services.field_sources import Sources, sources
from integrations.services.preparing import Prepared, rendered
from integrations.services.previews import ShownRequest, given_event, shown_requests

NO_JSON = 'This is no JSON object. Paste one event, such as {"type": "track", "event": "Order Completed"}.'
STAND_INS: Mapping[str, object] = {
    "url": "https://events.example.com",
    "number": 1,
    "integer": 1,
    "boolean": True,
    "list": ["example"],
    "object": {"example": "example"},
    "map": {},
}
EXAMPLES_ARE_OF = "2024-01-15T10:31:00Z"  # where they don't say `now`
SAMPLE: Mapping[str, object] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "order-1001",
    "userId": "u-1",
    "anonymousId": "a-1",
    "properties": {
        "order_id": "1001",
        "revenue": 59.8,
        "currency": "EUR",
        "products": [
            {"product_id": "sku-1", "name": "Cup", "price": 19.9, "quantity": 2},
            {"product_id": "sku-2", "name": "Pot", "price": 20, "quantity": 1},
        ],
    },
    "context": {
        "ip": "203.0.113.7",
        "userAgent": "Mozilla/5.0",
        "page": {"url": "https://shop.example.com/thanks"},
        "traits": {"email": "ann@example.com", "phone": "+4930123456"},
    },
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What would be sent, whole and field by field. `settings` are those that it was tried with."""

    prepared: Prepared
    requests: tuple[ShownRequest, ...]
    sources: Sources
    settings: Mapping[str, object]


def try_definition(
    vendor: Vendor, event: Mapping[str, object], settings: Mapping[str, object], *, now: datetime
) -> Trial:
    """The vendor's live requests for an event as a back end would send it; nothing leaves.

    Settings that are not given have stand-ins. ValidationError says what is wrong with the event.
    """
    try:
        given = given_event(event, now=now)
    except BadEvent as bad:
        raise ValidationError(bad.message) from None
    values = {**stand_ins(vendor), **settings}
    prepared = rendered(vendor, given, values, now=now, mode=Mode.LIVE)
    return Trial(
        prepared=prepared,
        requests=tuple(shown_requests(prepared, shows_personal_data=True)),
        sources=sources(prepared, given, values, now=now, mode=Mode.LIVE, shows_personal_data=True),
        settings=values,
    )


def read_event(text: str) -> Mapping[str, object]:
    """The object that somebody pasted. ValidationError for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValidationError(NO_JSON) from None
    if not isinstance(found, dict):
        raise ValidationError(NO_JSON)
    return found


def first_event(vendor: Vendor | None) -> Mapping[str, object]:
    """What a trial begins with: the vendor's first example, else an order."""
    examples = vendor.document.get("examples", ()) if vendor else ()
    found = next((one for one in examples if "event" in one), None)  # type: ignore[attr-defined]
    return example_of_now(found, now=timezone.now()) if found else SAMPLE


def example_of_now(example: Mapping[str, Any], *, now: datetime) -> Mapping[str, Any]:
    """An example's event, as old now as it is in the file: else it would be refused for its age."""
    event: Mapping[str, Any] = example["event"]
    try:
        then = datetime.fromisoformat(example.get("now", EXAMPLES_ARE_OF))
        moved = now - (then - datetime.fromisoformat(event["timestamp"]))
    except (KeyError, OverflowError, TypeError, ValueError):
        return event
    return {**event, "timestamp": moved.strftime("%Y-%m-%dT%H:%M:%SZ")}


def stand_ins(vendor: Vendor) -> dict[str, object]:
    """A value for each setting: the file's own example, else one that shows what it is."""
    examples = vendor.document.get("example_settings", {})
    known = examples if isinstance(examples, Mapping) else {}
    made = {name: _stand_in(setting) for name, setting in vendor.settings.items() if setting.default is None}
    return {**made, **known}


def _stand_in(setting: Setting) -> object:
    if setting.choices:
        return setting.choices[0].value
    return STAND_INS.get(setting.type, f"example-{setting.name}")
