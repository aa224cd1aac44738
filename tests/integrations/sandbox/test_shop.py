"""The demo shop in a real browser: consent, click ids, and the events of a visit that ends in an order."""

import time
from typing import Any

import pytest

from tests.chromium import Remote

from .client import SandboxClient


class Visitor:
    """Somebody who visits the shop for the first time."""

    def __init__(self, page: Remote, sandbox: SandboxClient) -> None:
        self.page = page
        self.sandbox = sandbox
        sandbox.reset()

    def open(self, path: str) -> None:
        self.page.goto(self.sandbox.origin + path)

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def click(self, selector: str) -> None:
        self.page.click(selector)

    def choose(self, choice: str) -> None:
        self.click(f"#consent button[value={choice}]")

    def events(self, count: int) -> list[dict[str, Any]]:
        """What the router got, as soon as there are so many events; each once, as the router keeps it."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            sent = [
                event
                for request in self.sandbox.received("sandbox.router")
                for event in request["body"]["batch"]
            ]
            events = list({event["messageId"]: event for event in sent}.values())
            if len(events) >= count:
                return events
            time.sleep(0.05)
        return pytest.fail(f"The router got {len(events)} events instead of {count}")

    def cookies(self) -> set[str]:
        return {cookie["name"] for cookie in self.page.context.cookies()}


@pytest.fixture
def visitor(context: Remote, sandbox: SandboxClient) -> Visitor:
    return Visitor(context.new_page(), sandbox)


def names(events: list[dict[str, Any]]) -> list[str]:
    return sorted(event.get("event", event["type"]) for event in events)


def test_nothing_is_sent_before_the_visitor_has_chosen(visitor: Visitor) -> None:
    visitor.open("/shop")

    assert visitor.page.is_visible("#consent")
    assert "waits for your privacy choice" in visitor.text("#sent")
    assert visitor.sandbox.received("sandbox.router") == []


def test_events_carry_consent_click_ids_and_the_write_key(visitor: Visitor) -> None:
    visitor.open("/shop?adct=click123&ps_xid=xid1&sub_id=newsletter")
    visitor.choose("all")

    event = next(event for event in visitor.events(2) if event["type"] == "page")

    context = event["context"]
    granted = {"functional": True, "analytics": True, "advertising": True}
    assert context["consent"]["categoryPreferences"] == granted
    assert context["providers"] == {
        "adroll": {"adct": "click123"},
        "partnerstack": {"ps_xid": "xid1", "sub_id": "newsletter"},
    }
    assert context["page"]["url"].endswith("/shop?adct=click123&ps_xid=xid1&sub_id=newsletter")
    last = visitor.sandbox.last("sandbox.router")
    assert last["body"]["writeKey"] == "wk_demo"
    assert last["headers"]["Content-Type"].startswith("text/plain")
    assert not visitor.page.is_visible("#consent")


def test_click_ids_outlive_the_landing_page(visitor: Visitor) -> None:
    visitor.open("/shop?adct=click123")
    visitor.choose("all")
    visitor.events(2)

    visitor.open("/shop/signup")

    page = next(event for event in visitor.events(3) if event["context"]["page"]["path"] == "/shop/signup")
    assert page["context"]["providers"] == {"adroll": {"adct": "click123"}}


def test_refused_advertising_leaves_no_click_id(visitor: Visitor) -> None:
    visitor.open("/shop?adct=click123")
    visitor.choose("none")

    event = visitor.events(2)[0]

    refused = {"functional": False, "analytics": False, "advertising": False}
    assert event["context"]["consent"]["categoryPreferences"] == refused
    assert event["context"]["providers"] == {}
    assert visitor.cookies() == {"shop_consent"}


def test_a_choice_that_is_taken_back_purges_what_was_kept(visitor: Visitor) -> None:
    visitor.open("/shop?adct=click123")
    visitor.choose("all")
    visitor.events(2)
    assert "_s2s_adroll_adct" in visitor.cookies()

    visitor.click("#privacy-choices")
    visitor.choose("none")

    visitor.open("/shop/signup")
    page = next(event for event in visitor.events(3) if event["context"]["page"]["path"] == "/shop/signup")
    assert page["context"]["providers"] == {}
    assert visitor.cookies() == {"shop_consent"}


def test_a_visit_that_ends_in_an_order(visitor: Visitor) -> None:
    visitor.open("/shop/product/kf-101")
    visitor.choose("all")
    visitor.click("#add-to-cart")
    visitor.click("#add-to-cart")
    visitor.open("/shop/cart")
    visitor.click("#start-checkout")
    visitor.page.fill("#checkout input[name=email]", "ada@example.com")
    visitor.click("#checkout .button")

    assert "for $96.00 is on its way" in visitor.text("main")
    events = visitor.events(9)
    assert names(events) == [
        "Checkout Started",
        "Order Completed",
        "Product Added",
        "Product Added",
        "Product Viewed",
        "identify",
        "page",
        "page",
        "page",
    ]
    order = next(event for event in events if event.get("event") == "Order Completed")
    order["properties"].pop("order_id")
    teapot = {
        "product_id": "kf-101",
        "sku": "KF-101",
        "name": "Harbour Teapot",
        "category": "Pots",
        "price": 48,
    }
    products = [teapot | {"quantity": 2}]
    assert order["properties"] == {"total": 96, "revenue": 96, "currency": "USD", "products": products}
    assert order["context"]["traits"] == {"email": "ada@example.com"}


def test_an_order_is_sent_once_however_often_its_page_is_loaded(visitor: Visitor) -> None:
    test_a_visit_that_ends_in_an_order(visitor)

    visitor.open("/shop/order")

    assert names(visitor.events(10)).count("Order Completed") == 1


def test_a_sign_up_identifies_the_visitor(visitor: Visitor) -> None:
    visitor.open("/shop/signup")
    visitor.choose("all")
    visitor.page.fill("#signup input[name=name]", "Ada")
    visitor.page.fill("#signup input[name=email]", "ada@example.com")
    visitor.click("#signup .button")

    events = visitor.events(3)

    assert names(events) == ["Signed Up", "identify", "page"]
    identify = next(event for event in events if event["type"] == "identify")
    assert identify["traits"] == {"name": "Ada", "email": "ada@example.com"}
    assert identify["userId"] in visitor.text("#signed-up")
