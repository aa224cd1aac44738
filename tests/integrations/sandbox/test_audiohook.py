"""Audiohook in the sandbox: one JSON event to a pixel, over HTTPS, with personal data hashed."""

from typing import Any

import pytest

from .client import SandboxClient

URL = "/listen.audiohook.com/123e4567-e89b-12d3-a456-426614174000/pixel.png"

PURCHASE: dict[str, Any] = {
    "event_name": "purchase",
    "timestamp": "2024-01-15T10:30:00.000Z",
    "visitor_id": "123e4567-e89b-12d3-a456-426614174000",
    "session_id": "987fcdeb-51a2-43d1-89ab-123456789012",
    "url": "https://example.com/checkout/success",
    "referrer": "https://example.com/checkout",
    "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
    "ip_address": "203.0.113.195",
    "order_id": "ORDER123",
    "value": 99.99,
    "currency": "USD",
    "items": [{"product_id": "123", "product_name": "Example Product", "price": 29.99, "quantity": 1}],
}
SHORTEST = {"ip_address": "192.168.1.100", "user_agent": "UA", "event_name": "pageview"}
HASHED = PURCHASE | {"email": "a" * 64, "event_payload": {"phone": "b" * 64}}


@pytest.mark.parametrize(
    ("case", "body"),
    [("purchase", PURCHASE), ("shortest", SHORTEST), ("hashed", HASHED)],
    ids=["the purchase of the guide", "the required fields alone", "hashed e-mail and phone"],
)
def test_it_takes(sandbox: SandboxClient, case: str, body: dict[str, Any]) -> None:
    answer = sandbox.post(URL, json=body)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert answer.content[16:24] == b"\0\0\0\1\0\0\0\1"  # 1 by 1
    assert sandbox.last("audiohook")["body"] == body


def test_it_takes_what_came_over_https(sandbox: SandboxClient) -> None:
    assert sandbox.post(URL, json=SHORTEST, headers={"X-Sandbox-Original-Scheme": "https"}).status_code == 200


ISO = "must look like 2024-01-15T10:30:00.000Z"
HASH_IT = "must be hashed with SHA-256 (64 hex digits)"

WRONG_FIELDS: list[tuple[str, dict[str, Any], str, str]] = [
    ("no ip_address", {"ip_address": ...}, "ip_address", "is required"),
    ("a wrong ip_address", {"ip_address": "localhost"}, "ip_address", "must be an IP address"),
    ("no user_agent", {"user_agent": ...}, "user_agent", "is required"),
    ("an empty user_agent", {"user_agent": ""}, "user_agent", "must be a string that is not empty"),
    ("no event_name", {"event_name": ...}, "event_name", "is required"),
    ("a number as event_name", {"event_name": 7}, "event_name", "must be a string that is not empty"),
    ("a timestamp without milliseconds", {"timestamp": "2024-01-15T10:30:00Z"}, "timestamp", ISO),
    ("a timestamp with an offset", {"timestamp": "2024-01-15T10:30:00.000+00:00"}, "timestamp", ISO),
    ("a timestamp as a number", {"timestamp": 1705314600000}, "timestamp", ISO),
    ("a value as text", {"value": "99.99"}, "value", "must be a number"),
    ("items as an object", {"items": {}}, "items", "must be a list"),
    ("items of text", {"items": ["123"]}, "items", "item 0 must be an object"),
    (
        "a lower-case currency",
        {"currency": "usd"},
        "currency",
        "must be an ISO 4217 code of three upper-case letters",
    ),
    ("a clear e-mail", {"email": "ada@example.com"}, "email", HASH_IT),
    (
        "a clear phone deep inside",
        {"event_payload": {"user": [{"phone": "+15550100"}]}},
        "event_payload.user[0].phone",
        HASH_IT,
    ),
    ("an e-mail hashed with md5", {"customer_email": "d" * 32}, "customer_email", HASH_IT),
]


@pytest.mark.parametrize(
    ("case", "changes", "field", "message"), WRONG_FIELDS, ids=[case for case, *_ in WRONG_FIELDS]
)
def test_it_refuses_the_field(
    sandbox: SandboxClient, case: str, changes: dict[str, Any], field: str, message: str
) -> None:
    body = {name: value for name, value in (PURCHASE | changes).items() if value is not ...}

    answer = sandbox.post(URL, json=body)

    assert (answer.status_code, answer.json()) == (400, {"errors": [{"field": field, "message": message}]})
    assert [received["accepted"] for received in sandbox.received("audiohook")] == [False]


JSON_TYPE = "Send Content-Type: application/json"

WRONG_REQUESTS: list[tuple[str, dict[str, Any], str]] = [
    ("a form", {"data": {"event_name": "purchase"}}, JSON_TYPE),
    ("text/plain", {"data": "{}", "headers": {"Content-Type": "text/plain"}}, JSON_TYPE),
    ("an array", {"json": [SHORTEST]}, "Send one JSON object"),
    ("broken JSON", {"data": "{", "headers": {"Content-Type": "application/json"}}, "The body is not JSON"),
    ("plain http", {"json": SHORTEST, "headers": {"X-Sandbox-Original-Scheme": "http"}}, "HTTPS only"),
]


@pytest.mark.parametrize(
    ("case", "request_parts", "message"), WRONG_REQUESTS, ids=[case for case, *_ in WRONG_REQUESTS]
)
def test_it_refuses_the_request(
    sandbox: SandboxClient, case: str, request_parts: dict[str, Any], message: str
) -> None:
    answer = sandbox.post(URL, **request_parts)

    assert (answer.status_code, answer.json()) == (400, {"errors": [{"message": message}]})


@pytest.mark.parametrize(
    "path", ["my-id/pixel.png", "123e4567-e89b-12d3-a456-426614174000/pixel.gif", "pixel.png"]
)
def test_a_wrong_address_is_not_found(sandbox: SandboxClient, path: str) -> None:
    assert sandbox.post(f"/listen.audiohook.com/{path}", json=SHORTEST).status_code == 404
    assert sandbox.last("audiohook")["status"] == 404
