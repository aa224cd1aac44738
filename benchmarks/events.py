"""The event that every candidate gets, about 0.9 KB as JSON, under as many message ids as are needed."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

SENT_AT = "2026-01-15T10:30:00.000Z"
_numbers = count()


def event(number: int = 0) -> dict[str, Any]:
    """An order, as a shop's server reports it."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"bench-{number:012d}",
        "userId": "customer-4711",
        "anonymousId": "5f0c9d3e-93b1-4c6f-9a52-0f4d1c1f9a11",
        "timestamp": SENT_AT,
        "properties": {
            "order_id": "order-2026-000815",
            "revenue": 129.9,
            "currency": "EUR",
            "coupon": "WINTER",
            "products": [
                {"product_id": "sku-1", "name": "Kettle", "price": 49.95, "quantity": 2, "brand": "Acme"},
                {"product_id": "sku-2", "name": "Teapot", "price": 30.0, "quantity": 1, "brand": "Acme"},
            ],
        },
        "context": {
            "ip": "203.0.113.7",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0",
            "consent": {"categoryPreferences": {"advertising": True}},
            "locale": "en-GB",
            "page": {"url": "https://shop.example/thanks", "referrer": "https://shop.example/cart"},
            "traits": {"email": "jo@example.com", "phone": "+4915112345678"},
        },
    }


def singles(number: int) -> list[bytes]:
    """So many events, each the body of one request."""
    return [as_body(event(next(_numbers))) for _ in range(number)]


def batches(number: int, *, size: int = 100) -> list[bytes]:
    """So many requests, each with `size` events."""
    return [as_body({"batch": [event(next(_numbers)) for _ in range(size)]}) for _ in range(number)]


def as_body(value: Any) -> bytes:
    """As senders write it."""
    return json.dumps(value, separators=(",", ":")).encode()
