"""AdRoll in the sandbox: right requests are taken, and wrong ones refused with element and field."""

import gzip
import json
from typing import Any

import pytest

from .client import SandboxClient

URL = "/srv.adroll.com/api?advertisable=ADV1"
HEADERS = {"Authorization": "Token secret-access-token", "Content-Type": "application/json"}


def event(**changes: Any) -> dict[str, Any]:
    whole = {
        "advertisable_eid": "ADV1",
        "pixel_eid": "PIX1",
        "event_name": "purchase",
        "page_location": "https://shop.example/thanks",
        "ip": "203.0.113.7",
        "identifiers": {"adct": "click123"},
    } | changes
    return {name: value for name, value in whole.items() if value is not ...}


def post(sandbox: SandboxClient, body: object, url: str = URL, **headers: str | None) -> Any:
    merged = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
    return sandbox.post(url, data=body if isinstance(body, bytes) else json.dumps(body), headers=merged)


FULL = event(
    event_attributes={
        "order_id": "A-1",
        "user_id": "u1",
        "products": [
            {
                "product_id": "p",
                "product_group": "g",
                "price": "56.78",
                "quantity": 2,
                "category": "c",
            }
        ],
        "keywords": ["tea"],
        "total": "56.78",
    },
    user_agent="Mozilla/5.0",
    conversion_value="56.78",
    currency="USD",
    timestamp=1763712000.123,
    external_data='{"a": 1}',
    identifiers={
        "first_party_cookie": "f" * 32 + "-1763712000123",
        "email": "ada@shop.example",
        "email_sha256": "a" * 64,
        "email_md5": "b" * 32,
        "user_id": "u1",
    },
)
APP = event(device_os="iOS", identifiers={"device_id": "6D92078A-8246-4BA4-AE5B-76104861E7DC"})

RIGHT = [
    ("one element", [event()], 1),
    ("a bare object", event(), 1),
    ("every field", [FULL], 1),
    ("an app event with a device id", [APP], 1),
    ("a number as conversion value", [event(conversion_value=12.5)], 1),
    ("keywords as text", [event(event_attributes={"keywords": "green tea"})], 1),
    ("an IPv6 address", [event(ip="2001:db8::7")], 1),
    ("a hundred events", [event()] * 100, 100),
]


@pytest.mark.parametrize(("case", "body", "count"), RIGHT, ids=[case for case, *_ in RIGHT])
def test_it_takes(sandbox: SandboxClient, case: str, body: object, count: int) -> None:
    answer = post(sandbox, body)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "received": count, "dry_run": False})
    assert sandbox.last("adroll")["accepted"] is True
    assert sandbox.last("adroll")["events"] == count


ONE_OF_13 = (
    "must be one of pageView, homeView, productSearch, addToCart, purchase, highValuePage, gatedContent, "
    "demoRequest, signupPlan, signupTrial, contactSales, liveChat, formFill"
)
CURRENCY = "must be an ISO 4217 code of three upper-case letters"

WRONG_FIELDS: list[tuple[str, dict[str, Any], str, str]] = [
    ("no advertisable_eid", {"advertisable_eid": ...}, "advertisable_eid", "is required"),
    (
        "another advertisable",
        {"advertisable_eid": "X"},
        "advertisable_eid",
        "must equal the query's advertisable",
    ),
    ("no pixel_eid", {"pixel_eid": ...}, "pixel_eid", "is required"),
    ("no event_name", {"event_name": ...}, "event_name", "is required"),
    ("an unknown event_name", {"event_name": "Order Completed"}, "event_name", ONE_OF_13),
    ("no page_location", {"page_location": ...}, "page_location", "is required"),
    ("a path as page_location", {"page_location": "/thanks"}, "page_location", "must be a full URL"),
    ("no ip", {"ip": ...}, "ip", "is required"),
    ("a wrong ip", {"ip": "203.0.113.999"}, "ip", "must be an IP address"),
    ("no identifiers", {"identifiers": ...}, "identifiers", "is required"),
    (
        "only an e-mail",
        {"identifiers": {"email": "a@b.example"}},
        "identifiers",
        "must hold first_party_cookie or adct",
    ),
    (
        "a device id outside an app",
        {"identifiers": {"device_id": "x"}},
        "identifiers",
        "must hold first_party_cookie or adct",
    ),
    (
        "an app event without any id",
        {"device_os": "iOS", "identifiers": {"user_id": "u"}},
        "identifiers",
        "must hold first_party_cookie or adct, or device_id",
    ),
    (
        "a short sha256",
        {"identifiers": {"adct": "c", "email_sha256": "abc"}},
        "identifiers",
        "has a wrong field: email_sha256 must be a SHA-256 of 64 hex digits",
    ),
    (
        "a short md5",
        {"identifiers": {"adct": "c", "email_md5": "abc"}},
        "identifiers",
        "has a wrong field: email_md5 must be an MD5 of 32 hex digits",
    ),
    (
        "an unknown identifier",
        {"identifiers": {"adct": "c", "gclid": "x"}},
        "identifiers",
        "has a wrong field: gclid is not a documented field",
    ),
    ("a lower-case currency", {"currency": "usd"}, "currency", CURRENCY),
    (
        "milliseconds",
        {"timestamp": 1763712000123},
        "timestamp",
        "must be in seconds, not milliseconds",
    ),
    ("an ISO timestamp", {"timestamp": "2026-11-21"}, "timestamp", "must be a number of seconds"),
    ("a value in words", {"conversion_value": "12 USD"}, "conversion_value", "must be a number"),
    ("attributes as a list", {"event_attributes": []}, "event_attributes", "must be an object"),
    (
        "a price as a number",
        {"event_attributes": {"products": [{"price": 56.78}]}},
        "event_attributes",
        "has a wrong field: products item 0 has a wrong field: price must be a decimal number as a string",
    ),
    ("external data as an object", {"external_data": {"a": 1}}, "external_data", "must be a string"),
    ("an unknown field", {"event_id": "1"}, "event_id", "is not a documented field"),
]


@pytest.mark.parametrize(
    ("case", "changes", "field", "message"), WRONG_FIELDS, ids=[case for case, *_ in WRONG_FIELDS]
)
def test_it_refuses_the_field(
    sandbox: SandboxClient, case: str, changes: dict[str, Any], field: str, message: str
) -> None:
    answer = post(sandbox, [event(), event(**changes)])

    assert answer.status_code == 400
    assert answer.json() == {"errors": [{"index": 1, "field": field, "message": message}]}
    assert sandbox.last("adroll")["errors"] == [f"Element 1: {field} {message}"]
    assert sandbox.last("adroll")["accepted"] is False


SEND_TOKEN = "Send the header Authorization: Token <server access token>"
ARRAY = "Send an array of 1 to 100 events"
JSON_TYPE = "Send Content-Type: application/json"
FORM = "application/x-www-form-urlencoded"

WRONG_REQUESTS: list[tuple[str, object, dict[str, str | None], int, str]] = [
    ("no token", [event()], {"Authorization": None}, 401, SEND_TOKEN),
    ("a bearer token", [event()], {"Authorization": "Bearer secret"}, 401, SEND_TOKEN),
    ("an empty token", [event()], {"Authorization": "Token "}, 401, SEND_TOKEN),
    ("a form", b"a=1", {"Content_Type": FORM}, 415, JSON_TYPE),
    ("101 events", [event()] * 101, {}, 400, ARRAY),
    ("an empty array", [], {}, 400, ARRAY),
    ("a number", 7, {}, 400, ARRAY),
    ("broken JSON", b"[{", {}, 400, "The body is not JSON"),
    (
        "gzip that is not gzip",
        b"[]",
        {"Content_Encoding": "gzip"},
        400,
        "The body is not the gzip that Content-Encoding promises",
    ),
]


@pytest.mark.parametrize(
    ("case", "body", "headers", "status", "message"),
    WRONG_REQUESTS,
    ids=[case for case, *_ in WRONG_REQUESTS],
)
def test_it_refuses_the_request(
    sandbox: SandboxClient, case: str, body: object, headers: dict[str, str | None], status: int, message: str
) -> None:
    answer = post(sandbox, body, **headers)

    assert (answer.status_code, answer.json()) == (status, {"errors": [{"message": message}]})
    assert [received["accepted"] for received in sandbox.received("adroll")] == [False]


def test_it_refuses_a_request_without_advertisable_in_the_query(sandbox: SandboxClient) -> None:
    answer = post(sandbox, [event()], url="/srv.adroll.com/api")

    assert answer.status_code == 400
    assert answer.json() == {"errors": [{"field": "advertisable", "message": "is required in the query"}]}


def test_it_refuses_get(sandbox: SandboxClient) -> None:
    answer = sandbox.get(URL, headers=HEADERS)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert sandbox.last("adroll")["status"] == 405


def test_it_takes_the_lower_case_word_of_the_official_samples(sandbox: SandboxClient) -> None:
    assert post(sandbox, [event()], Authorization="token secret-access-token").status_code == 200


def test_it_takes_a_gzip_body(sandbox: SandboxClient) -> None:
    packed = gzip.compress(json.dumps([event()]).encode())

    answer = post(sandbox, packed, Content_Encoding="gzip")

    assert answer.status_code == 200
    assert sandbox.last("adroll")["body"] == [event()]


@pytest.mark.parametrize("value", ["true", "1"])
def test_a_dry_run_is_checked_and_kept_but_counts_for_nothing(sandbox: SandboxClient, value: str) -> None:
    answer = post(sandbox, [event()], url=f"{URL}&dry_run={value}")

    assert answer.json() == {"status": "ok", "received": 1, "dry_run": True}
    assert sandbox.last("adroll")["dry_run"] is True
    totals = sandbox.get("/received", params={"vendor": "adroll"}).json()["totals"]
    assert totals == {"received": 1, "accepted": 1, "dry_run": 1}


def test_a_wrong_dry_run_is_refused_too(sandbox: SandboxClient) -> None:
    assert post(sandbox, [event(ip="x")], url=f"{URL}&dry_run=true").status_code == 400
