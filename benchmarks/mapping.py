"""`python -m benchmarks.mapping`: an event with 30 fields, mapped by a definition and by hand-written Python.

CPU time on both sides, in turns; both must make the same document. Needs no server and no database.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from integrations.core.event import Event
from integrations.core.vendor import Element, Mode, Vendor, compile_vendor

NOW = datetime(2024, 1, 15, 10, 31, tzinfo=UTC)
ROUNDS, REPEATS = 15, 300
SLOWEST = 3.0  # times the hand-written code
STEEPEST = 1.3  # an event of a large batch against one of a small
SETTINGS: Mapping[str, object] = {"pixel": "1234567890"}

QUESTIONS = ("event_endpoint", "identity_endpoint", "consent_classification", "validation_method")
FIELDS: dict[str, Any] = {
    "event_name": "Purchase",
    "event_time": {"from": "timestamp", "as": "unix_s"},
    "event_id": {"from": "message_id"},
    "action_source": "website",
    "event_source_url": {"from": "page_url", "as": "string"},
    "referrer_url": {"from": "page_referrer", "as": "string"},
    "user_data": {
        "em": {"from": "email", "as": ["email", "sha256"]},
        "fn": {"from": "first_name", "as": ["trim", "lower", "sha256"]},
        "ln": {"from": "last_name", "as": ["trim", "lower", "sha256"]},
        "ct": {"from": "city", "as": ["lower", "no_spaces", "sha256"]},
        "zp": {"from": "postal_code", "as": ["lower", "no_spaces", "sha256"]},
        "external_id": {"from": "user_id", "as": ["string", "sha256"]},
        "client_ip_address": {"from": "ip", "as": "string", "required": True},
        "client_user_agent": {"from": "user_agent", "as": "string"},
        "fbc": {"from": "$context.cookies._fbc", "as": "string"},
        "fbp": {"from": "$context.cookies._fbp", "as": "string"},
    },
    "custom_data": {
        "currency": {"from": "currency", "as": "currency"},
        "value": {"from": "value", "as": "number"},
        "order_id": {"from": "order_id", "as": "string"},
        "coupon": {"from": "coupon", "as": "string"},
        "tax": {"from": "tax", "as": "number"},
        "shipping": {"from": "shipping", "as": "number"},
        "search_string": {"from": "search_query", "as": "string"},
        "content_type": {"constant": "product", "when": {"set": "products"}},
        "content_ids": {"each": "products", "item": {"from": ".product_id", "as": "string"}},
        "contents": {
            "each": "products",
            "item": {
                "id": {"from": ".product_id", "as": "string"},
                "quantity": {"from": ".quantity", "as": "integer", "default": 1},
                "item_price": {"from": ".price", "as": "number"},
            },
        },
        "num_items": {"each": "products", "item": {"from": ".quantity", "default": 1}, "as": "sum"},
    },
}


def vendor() -> Vendor:
    """A vendor with one operation of 30 fields."""
    return compile_vendor(
        {
            "slug": "bench",
            "name": "Bench",
            "about": "A vendor of the benchmark.",
            "docs": [],
            "verified_on": "2026-11-26",
            "consent": {"classification": "advertising"},
            "questionnaire": {**dict.fromkeys(QUESTIONS, "x"), "identifiers": ["e-mail"]},
            "settings": {"pixel": {"type": "string", "label": "Pixel"}},
            "operations": {
                "event": {
                    "method": "POST",
                    "url": "https://api.example.com/{$settings.pixel}/events",
                    "envelope": {"data": "$elements"},
                    "batch": {"max_count": 1_000},
                    "fields": FIELDS,
                }
            },
            "events": [{"rule": "order", "when": {"event": ["Order Completed"]}, "operation": "event"}],
            "fallback": "drop",
            "test_mode": {"supported": False},
            "examples": [],
        }
    )


def order(number: int = 1) -> Event:
    """An order of two products by a visitor with all traits."""
    payload = {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"m-{number}",
        "userId": f"u-{number}",
        "properties": {
            "order_id": f"O-{number}",
            "value": 62.5,
            "tax": 4.5,
            "shipping": 8,
            "currency": "usd",
            "coupon": "SPRING",
            "products": [
                {"product_id": "p-1", "price": 12.5, "quantity": 2},
                {"product_id": "p-2", "price": 25, "quantity": 1},
            ],
        },
        "context": {
            "ip": "203.0.113.7",
            "userAgent": "Mozilla/5.0",
            "cookies": {"_fbc": "fb.1.1554763741205.abc", "_fbp": "fb.1.1558571054389.1098115397"},
            "page": {"url": "https://shop.example/thanks", "referrer": "https://shop.example/"},
            "traits": {
                "email": " Jane@Example.com ",
                "first_name": "Jane",
                "last_name": "Doe",
                "address": {"city": "New York", "postal_code": "10001"},
            },
        },
    }
    at = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    return Event(
        type="track",
        name="Order Completed",
        message_id=f"m-{number}",
        timestamp=at,
        received_at=at,
        payload=payload,
    )


def by_hand(event: Event) -> bytes:
    """What an engineer would write for this vendor alone: the same fields, read from the usual places."""
    payload = event.payload
    properties: Any = payload.get("properties") or {}
    context: Any = payload.get("context") or {}
    traits = context.get("traits") or {}
    address, page, cookies = (
        (context.get("traits") or {}).get("address") or {},
        context.get("page") or {},
        context.get("cookies") or {},
    )
    products = [product for product in properties.get("products") or [] if isinstance(product, dict)]
    if not context.get("ip"):
        raise ValueError("ip is missing")
    user = {
        "em": _hash(_first(properties, traits, "email").strip().lower()),
        "fn": _hash(_first(properties, traits, "first_name", "firstName").strip().lower()),
        "ln": _hash(_first(properties, traits, "last_name", "lastName").strip().lower()),
        "ct": _hash("".join((traits.get("city") or address.get("city") or "").lower().split())),
        "zp": _hash("".join(str(address.get("postal_code") or address.get("zip") or "").lower().split())),
        "external_id": _hash(str(payload.get("userId") or "")),
        "client_ip_address": str(context["ip"]),
        "client_user_agent": context.get("userAgent"),
        "fbc": cookies.get("_fbc"),
        "fbp": cookies.get("_fbp"),
    }
    custom = {
        "currency": str(properties.get("currency") or "").upper(),
        "value": _number(properties.get("value") or properties.get("revenue")),
        "order_id": str(properties.get("order_id") or properties.get("orderId") or ""),
        "coupon": properties.get("coupon"),
        "tax": _number(properties.get("tax")),
        "shipping": _number(properties.get("shipping")),
        "search_string": properties.get("query"),
        "content_type": "product" if products else None,
        "content_ids": [str(product["product_id"]) for product in products if product.get("product_id")],
        "contents": [
            _kept(
                {
                    "id": str(product.get("product_id") or ""),
                    "quantity": int(product.get("quantity") or 1),
                    "item_price": _number(product.get("price")),
                }
            )
            for product in products
        ],
        "num_items": sum(int(product.get("quantity") or 1) for product in products),
    }
    body = {
        "event_name": "Purchase",
        "event_time": int(event.timestamp.timestamp()),
        "event_id": payload.get("messageId"),
        "action_source": "website",
        "event_source_url": page.get("url"),
        "referrer_url": page.get("referrer"),
        "user_data": _kept(user),
        "custom_data": _kept(custom),
    }
    return msgspec.json.encode(_kept(body))


def _first(properties: Any, traits: Any, *names: str) -> str:
    for source in (properties, traits):
        for name in names:
            if source.get(name):
                return str(source[name])
    return ""


def _hash(text: str) -> str | None:
    if not text:
        return None
    if len(text) == 64 and all(character in "0123456789abcdef" for character in text):
        return text
    return hashlib.sha256(text.encode()).hexdigest()


def _number(value: Any) -> Any:
    if value is None or value == "":
        return None
    found = float(value)
    return int(found) if found.is_integer() else found


def _kept(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def micros(work: Callable[[], object], times: int) -> float:
    """CPU microseconds of one run."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6


def against_hand_written(bench: Vendor) -> tuple[float, float, float]:
    """Ours, theirs and the ratio: medians over rounds in turns."""
    event = order()
    made = bench.render(event, SETTINGS, now=NOW, mode=Mode.LIVE)
    assert isinstance(made, Element) and msgspec.json.decode(made.body) == msgspec.json.decode(by_hand(event))
    pairs = [
        (
            micros(lambda: bench.render(event, SETTINGS, now=NOW, mode=Mode.LIVE), REPEATS),
            micros(lambda: by_hand(event), REPEATS),
        )
        for _ in range(ROUNDS)
    ]
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    return (
        statistics.median(ours for ours, _ in pairs),
        statistics.median(theirs for _, theirs in pairs),
        ratio,
    )


def growth(bench: Vendor) -> tuple[float, float, float]:
    """CPU microseconds of an event in a batch of 100 and of 1,000, mapped and packed, and their ratio."""
    small, large = _batch(bench, 100), _batch(bench, 1_000)
    pairs = [(micros(small, 10) / 100, micros(large, 1) / 1_000) for _ in range(7)]
    ratio = statistics.median(many / few for few, many in pairs)
    return statistics.median(few for few, _ in pairs), statistics.median(many for _, many in pairs), ratio


def _batch(bench: Vendor, count: int) -> Callable[[], object]:
    events = [order(number) for number in range(count)]

    def work() -> object:
        made = [bench.render(event, SETTINGS, now=NOW, mode=Mode.LIVE) for event in events]
        elements = [element for element in made if isinstance(element, Element)]
        requests = bench.requests(elements, SETTINGS, mode=Mode.LIVE)
        assert len(elements) == count and len(requests) == 1
        return requests

    return work


def main() -> None:
    """Prints both ratios with their targets."""
    bench = vendor()
    ours, theirs, ratio = against_hand_written(bench)
    print(f"one event, 30 fields: {ours:.0f} us, by hand {theirs:.0f} us: {ratio:.2f} times", end="")
    print(f" (target <= {SLOWEST:g}: {'reached' if ratio <= SLOWEST else 'NOT REACHED'})")
    few, many, steep = growth(bench)
    print(f"an event in a batch of 100: {few:.0f} us, of 1,000: {many:.0f} us: {steep:.2f} times", end="")
    print(f" (target <= {STEEPEST:g}: {'reached' if steep <= STEEPEST else 'NOT REACHED'})")


if __name__ == "__main__":
    main()
