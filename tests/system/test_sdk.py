"""Segment's Python SDK, unmodified, with nothing changed but its host: what every vendor gets of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from segment import analytics

from tests.system.router import GRANTED, IP, USER_AGENT, Database, new_user
from tests.system.running import Run, eventually
from tests.system.vendors import Vendors

EMAIL = "jane.doe@example.com"
LANDING = "https://shop.example/thanks?adct=click-9&ps_xid=xid-9"
PRODUCTS = [
    {"product_id": "sku-1", "name": "Desk lamp", "price": 24.95, "quantity": 2, "category": "lamps"},
    {"product_id": "sku-2", "name": "Bulb", "price": 5, "quantity": 1},
]
ADROLL = {"advertisable_eid": "DEMOADVERTISABLE000001", "pixel_eid": "DEMOPIXEL0000000000001"}


class Sdk(analytics.Client):  # type: ignore[misc]
    """Segment's client, with what it could not send."""

    def __init__(self, write_key: str, host: str) -> None:
        self.failures: list[object] = []
        super().__init__(write_key, host=host, on_error=lambda *failure: self.failures.append(failure))


@pytest.fixture
def sdk(run: Run) -> Iterator[Sdk]:
    client = Sdk(run.welcome["Write key"], run.url)
    yield client
    client.shutdown()
    assert client.failures == []


@pytest.fixture
def user() -> str:
    return new_user()


def context(url: str = LANDING) -> dict[str, Any]:
    traits = {"email": f" {EMAIL.title()} ", "name": "Jane Doe"}
    page = {"url": url, "referrer": "https://news.example/"}
    return {"consent": GRANTED, "ip": IP, "userAgent": USER_AGENT, "page": page, "traits": traits}


def happened_at(database: Database, sent: dict[str, Any]) -> datetime:
    """The event's time as it was stored: what was sent, corrected by the moments it was on its way."""
    query = "SELECT payload ->> 'timestamp' FROM integrations_event WHERE message_id = %s"
    stored = datetime.fromisoformat(database.rows(query, sent["messageId"])[0][0])
    late = stored - datetime.fromisoformat(sent["timestamp"])
    assert timedelta(0) <= late < timedelta(seconds=20)
    return stored


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def accepted(sandbox: Vendors, vendor: str, count: int) -> list[dict[str, Any]]:
    """The bodies of all requests that a vendor got: as many as wanted, and all accepted."""
    requests = eventually(lambda: sandbox.received(vendor), lambda found: len(found) >= count)
    assert [(one["accepted"], one["status"], one["errors"]) for one in requests] == [(True, 200, [])] * count
    return [one["body"] for one in requests]


def adroll(user: str, at: datetime, event_name: str, **fields: object) -> dict[str, Any]:
    return {
        **ADROLL,
        "event_name": event_name,
        "timestamp": milliseconds(at) / 1000,
        "page_location": LANDING,
        "ip": IP,
        "user_agent": USER_AGENT,
        "identifiers": {
            "adct": "click-9",
            "email_sha256": sha256(EMAIL.encode()).hexdigest(),
            "email_md5": md5(EMAIL.encode()).hexdigest(),
            "user_id": user,
        },
        **fields,
    }


def audiohook(at: datetime, event_name: str, **fields: object) -> dict[str, Any]:
    return {
        "event_name": event_name,
        "timestamp": iso(at),
        "visitor_id": "visitor-1",
        "persistent_anonymous_user_id": "visitor-1",
        "url": LANDING,
        "referrer": "https://news.example/",
        "user_agent": USER_AGENT,
        "ip_address": IP,
        "email": sha256(EMAIL.encode()).hexdigest(),
        **fields,
    }


def test_it_brings_a_page_view_to_adroll_and_audiohook(
    sdk: Sdk, user: str, sandbox: Vendors, database: Database
) -> None:
    _, sent = sdk.page(user, name="Thanks", context=context(), anonymous_id="visitor-1")
    sdk.flush()

    (to_adroll,), (to_audiohook,) = accepted(sandbox, "adroll", 1), accepted(sandbox, "audiohook", 1)
    at = happened_at(database, sent)
    assert to_adroll == [adroll(user, at, "pageView")]
    assert to_audiohook == audiohook(at, "pageview")
    assert sandbox.received("partnerstack") == []


def test_it_brings_an_order_with_two_products_to_all_three(
    sdk: Sdk, user: str, sandbox: Vendors, database: Database
) -> None:
    properties = {"order_id": f"order-of-{user}", "revenue": 54.90, "currency": "usd", "products": PRODUCTS}

    _, sent = sdk.track(user, "Order Completed", properties, context(), anonymous_id="visitor-1")
    sdk.flush()

    (to_adroll,), (to_audiohook,) = accepted(sandbox, "adroll", 1), accepted(sandbox, "audiohook", 1)
    (to_partnerstack,) = eventually(lambda: sandbox.received("partnerstack"))
    at = happened_at(database, sent)
    assert to_adroll == [
        adroll(
            user,
            at,
            "purchase",
            event_attributes={
                "order_id": f"order-of-{user}",
                "products": [
                    {"product_id": "sku-1", "price": "24.95", "quantity": 2, "category": "lamps"},
                    {"product_id": "sku-2", "price": "5", "quantity": 1},
                ],
            },
            conversion_value="54.9",
            currency="USD",
        )
    ]
    assert to_audiohook == audiohook(
        at,
        "purchase",
        order_id=f"order-of-{user}",
        value=54.9,
        currency="USD",
        items=[
            {"product_id": "sku-1", "product_name": "Desk lamp", "price": 24.95, "quantity": 2},
            {"product_id": "sku-2", "product_name": "Bulb", "price": 5, "quantity": 1},
        ],
    )
    assert (to_partnerstack["accepted"], to_partnerstack["status"]) == (True, 201)
    assert to_partnerstack["body"] == {
        "customer_external_key": user,
        "amount": 5490,
        "currency": "USD",
        "key": f"order-of-{user}",
        "created_at": milliseconds(at),
    }


def test_it_keeps_an_identify_that_no_vendor_takes(sdk: Sdk, user: str, database: Database) -> None:
    sdk.identify(user, {"email": EMAIL, "plan": "pro"}, context())
    sdk.flush()

    query = "SELECT planned, payload -> 'traits', skips FROM integrations_event WHERE user_id = %s"
    ((planned, traits, skips),) = database.rows(query, user)
    assert (planned, traits) == (0, {"email": EMAIL, "plan": "pro"})
    demo = database.destinations("adroll", "audiohook", "partnerstack")
    assert [skip["reason"] for skip in skips if UUID(skip["destination"]) in demo] == ["unmapped"] * 3


def test_it_attributes_a_sign_up_to_the_partner_whose_link_was_clicked(
    sdk: Sdk, user: str, sandbox: Vendors
) -> None:
    link = {"url": "https://shop.example/welcome", "sub_ids": "newsletter,june"}
    landing = sandbox.get("/partner/ada-reviews", params=link)
    assert landing.status_code == 302
    url = landing.headers["Location"]
    xid = dict(part.split("=") for part in urlsplit(url).query.split("&"))["ps_xid"]

    sdk.track(user, "Signed Up", {}, context(url), anonymous_id="visitor-1")
    sdk.flush()

    (conversion,) = eventually(lambda: sandbox.received("partnerstack"))
    assert (conversion["status"], conversion["remark"]) == (200, "Attributed to ada-reviews")
    assert conversion["body"] == {
        "xid": xid,
        "customer_key": user,
        "email": EMAIL,
        "name": "Jane Doe",
        "origin": "shop.example",
        "ip_address": IP,
        "user_agent": USER_AGENT,
        "sub_ids": ["newsletter", "june"],
    }
    keys = ("demo-public-key", "demo-secret-key")
    customer = sandbox.get(f"/api.partnerstack.com/api/v2/customers/{user}", auth=keys).json()["data"]
    assert (customer["partner_key"], customer["sub_ids"]) == ("ada-reviews", ["newsletter", "june"])
