"""PartnerStack in the sandbox: conversions with a token, and sales with a key pair."""

from typing import Any

import pytest

from .client import SandboxClient

CONVERSION_URL = "/partnerlinks.io/conversion/xid"
SALE_URL = "/api.partnerstack.com/api/v2/transactions"
TOKEN = {"Authorization": "Bearer demo-tracking-token"}
KEYS = ("demo-public-key", "demo-secret-key")
CONVERSION = {"xid": "x1", "customer_key": "c1"}
SALE = {"customer_external_key": "c1", "amount": 4800, "currency": "USD"}
SEND_TOKEN = "Send the header Authorization: Bearer <tracking token>, with a token that is not revoked"
SEND_KEYS = "Send Basic authentication with the public key and the secret key"

FULL_CONVERSION = CONVERSION | {
    "email": "ada@example.com",
    "name": "Ada",
    "provider_key": "cus_9",
    "origin": "acme.com",
    "ip_address": "203.0.113.7",
    "user_agent": "Mozilla/5.0",
    "external_type": "web",
    "sub_ids": ["newsletter"],
    "meta": {"plan": "gold"},
    "not_documented": 1,
}


@pytest.mark.parametrize(
    "body", [CONVERSION, FULL_CONVERSION], ids=["the required fields alone", "every field"]
)
def test_a_conversion_is_taken_with_an_empty_answer(sandbox: SandboxClient, body: dict[str, Any]) -> None:
    answer = sandbox.post(CONVERSION_URL, json=body, headers=TOKEN)

    assert (answer.status_code, answer.content) == (200, b"")
    assert sandbox.last("partnerstack")["remark"] == "Unattributed: no click has this xid"


WRONG_CONVERSIONS: list[tuple[str, dict[str, Any], str, str]] = [
    ("no xid", {"xid": ...}, "xid", "is required"),
    ("an empty xid", {"xid": ""}, "xid", "must be a string that is not empty"),
    ("a number as xid", {"xid": 7}, "xid", "must be a string that is not empty"),
    ("no customer_key", {"customer_key": ...}, "customer_key", "is required"),
    ("a null customer_key", {"customer_key": None}, "customer_key", "must be a string that is not empty"),
    ("a wrong e-mail", {"email": "ada"}, "email", "must be an e-mail address"),
    ("a wrong ip_address", {"ip_address": "1.2.3"}, "ip_address", "must be an IP address"),
    ("sub_ids as text", {"sub_ids": "newsletter"}, "sub_ids", "must be a list"),
    ("sub_ids of numbers", {"sub_ids": [1]}, "sub_ids", "item 0 must be a string"),
    ("meta as text", {"meta": "gold"}, "meta", "must be an object"),
    ("meta of numbers", {"meta": {"seats": 3}}, "meta", "has a wrong entry: seats must be a string"),
    ("a name as an object", {"name": {}}, "name", "must be a string"),
]


@pytest.mark.parametrize(
    ("case", "changes", "field", "message"), WRONG_CONVERSIONS, ids=[case for case, *_ in WRONG_CONVERSIONS]
)
def test_it_refuses_the_conversion(
    sandbox: SandboxClient, case: str, changes: dict[str, Any], field: str, message: str
) -> None:
    body = {name: value for name, value in (CONVERSION | changes).items() if value is not ...}

    answer = sandbox.post(CONVERSION_URL, json=body, headers=TOKEN)

    assert (answer.status_code, answer.json()) == (400, {"errors": [{"field": field, "message": message}]})
    assert "No conversion has come yet" in sandbox.get("/partnerstack").text


WRONG_CONVERSION_REQUESTS: list[tuple[str, dict[str, Any], int, str]] = [
    ("no token", {"headers": {}}, 401, SEND_TOKEN),
    ("a token never issued", {"headers": {"Authorization": "Bearer made-up"}}, 401, SEND_TOKEN),
    (
        "the token scheme of AdRoll",
        {"headers": {"Authorization": "Token demo-tracking-token"}},
        401,
        SEND_TOKEN,
    ),
    ("the key pair of the other API", {"headers": {}, "auth": KEYS}, 401, SEND_TOKEN),
    ("a form", {"json": None, "data": CONVERSION}, 415, "Send Content-Type: application/json"),
    ("an array", {"json": [CONVERSION]}, 400, "Send one JSON object"),
]


@pytest.mark.parametrize(
    ("case", "changes", "status", "message"),
    WRONG_CONVERSION_REQUESTS,
    ids=[case for case, *_ in WRONG_CONVERSION_REQUESTS],
)
def test_it_refuses_the_conversion_request(
    sandbox: SandboxClient, case: str, changes: dict[str, Any], status: int, message: str
) -> None:
    answer = sandbox.post(CONVERSION_URL, **{"json": CONVERSION, "headers": TOKEN} | changes)

    assert (answer.status_code, answer.json()) == (status, {"errors": [{"message": message}]})


FULL_SALE = SALE | {
    "key": "order-1",
    "category_key": "tea",
    "product_key": "kf-101",
    "metadata": {"plan": "gold"},
    "test": False,
    "created_at": 1763712000123,
}
RIGHT_SALES = [
    ("the required fields alone", SALE),
    ("every field", FULL_SALE),
    ("a refund", SALE | {"amount": -4800}),
    ("nothing", SALE | {"amount": 0}),
    ("by e-mail", {"customer_email": "ada@example.com", "amount": 1, "currency": "EUR"}),
]


@pytest.mark.parametrize(("case", "body"), RIGHT_SALES, ids=[case for case, _ in RIGHT_SALES])
def test_a_sale_is_taken(sandbox: SandboxClient, case: str, body: dict[str, Any]) -> None:
    answer = sandbox.post(SALE_URL, json=body, auth=KEYS)

    expected = {"key": body.get("key", ""), "amount": body["amount"], "currency": body["currency"]}
    assert (answer.status_code, answer.json()) == (201, {"data": expected})


ONE_CUSTOMER = "must be named by one of customer_external_key, customer_email, customer_key"
AMOUNT = "must be an integer from -50000000000 to 50000000000"

WRONG_SALES: list[tuple[str, dict[str, Any], str, str]] = [
    ("no customer", {"customer_external_key": ...}, "customer", ONE_CUSTOMER),
    ("two customers", {"customer_email": "a@b.example"}, "customer", ONE_CUSTOMER),
    ("no amount", {"amount": ...}, "amount", "is required"),
    ("an amount with a fraction", {"amount": 48.5}, "amount", AMOUNT),
    ("an amount as text", {"amount": "4800"}, "amount", AMOUNT),
    ("an amount out of range", {"amount": 50_000_000_001}, "amount", AMOUNT),
    ("no currency", {"currency": ...}, "currency", "is required"),
    (
        "a lower-case currency",
        {"currency": "usd"},
        "currency",
        "must be an ISO 4217 code of three upper-case letters",
    ),
    ("a short key", {"key": "abc"}, "key", "must be a string of 4 to 255 characters"),
    ("a long key", {"key": "k" * 256}, "key", "must be a string of 4 to 255 characters"),
    (
        "26 metadata",
        {"metadata": {str(n): "x" for n in range(26)}},
        "metadata",
        "must have at most 25 entries",
    ),
    (
        "a long metadata name",
        {"metadata": {"n" * 31: "x"}},
        "metadata",
        "must have names of at most 30 characters",
    ),
    (
        "a long metadata value",
        {"metadata": {"plan": "x" * 101}},
        "metadata",
        "has a wrong entry: plan must be a string of at most 100 characters",
    ),
    (
        "created_at in seconds",
        {"created_at": 1763712000},
        "created_at",
        "must be in milliseconds, not seconds",
    ),
    ("created_at in words", {"created_at": "today"}, "created_at", "must be an integer of milliseconds"),
]


@pytest.mark.parametrize(
    ("case", "changes", "field", "message"), WRONG_SALES, ids=[case for case, *_ in WRONG_SALES]
)
def test_it_refuses_the_sale(
    sandbox: SandboxClient, case: str, changes: dict[str, Any], field: str, message: str
) -> None:
    body = {name: value for name, value in (SALE | changes).items() if value is not ...}

    answer = sandbox.post(SALE_URL, json=body, auth=KEYS)

    assert (answer.status_code, answer.json()) == (400, {"errors": [{"field": field, "message": message}]})
    assert "No sale has come yet" in sandbox.get("/partnerstack").text


@pytest.mark.parametrize(
    "credentials",
    [{}, {"auth": ("demo-public-key", "wrong")}, {"headers": TOKEN}],
    ids=["none", "a wrong secret", "a tracking token"],
)
def test_it_refuses_a_sale_without_the_key_pair(sandbox: SandboxClient, credentials: dict[str, Any]) -> None:
    answer = sandbox.post(SALE_URL, json=SALE, **credentials)

    assert (answer.status_code, answer.json()) == (401, {"errors": [{"message": SEND_KEYS}]})


def test_a_transaction_key_seen_before_is_a_duplicate(sandbox: SandboxClient) -> None:
    answers = [sandbox.post(SALE_URL, json=SALE | {"key": "order-1"}, auth=KEYS) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert [received["remark"] for received in sandbox.received("partnerstack")] == [
        "No partner",
        "Duplicate of transaction order-1",
    ]


def test_a_customer_that_was_never_attributed_can_not_be_read_back(sandbox: SandboxClient) -> None:
    sandbox.post(CONVERSION_URL, json=CONVERSION, headers=TOKEN)

    answer = sandbox.get("/api.partnerstack.com/api/v2/customers/c1", auth=KEYS)

    assert (answer.status_code, answer.json()) == (
        404,
        {"errors": [{"message": "There is no such customer"}]},
    )
