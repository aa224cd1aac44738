"""The demo shop in a real browser: consent, click ids, and the events of a visit that ends in an order."""

import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from .client import SandboxClient

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="Install chromium and chromedriver to test the demo shop in a browser"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    driver.implicitly_wait(5)
    yield driver
    driver.quit()


class Visitor:
    """Somebody who visits the shop for the first time."""

    def __init__(self, driver: webdriver.Chrome, sandbox: SandboxClient) -> None:
        self.driver = driver
        self.sandbox = sandbox
        self.open("/shop/order")
        driver.execute_script("localStorage.clear()")
        driver.delete_all_cookies()
        sandbox.reset()

    def open(self, path: str) -> None:
        self.driver.get(self.sandbox.origin + path)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        self.driver.execute_script("arguments[0].click()", self.find(selector))

    def choose(self, choice: str) -> None:
        self.click(f"#consent button[value={choice}]")

    def events(self, count: int) -> list[dict[str, Any]]:
        """The first events that the router got, as soon as there are so many."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            received = self.sandbox.received("sandbox.router")
            if len(received) >= count:
                return [request["body"] for request in received]
            time.sleep(0.05)
        return pytest.fail(f"The router got {len(received)} events instead of {count}")

    def cookies(self) -> set[str]:
        return {cookie["name"] for cookie in self.driver.get_cookies()}


@pytest.fixture
def visitor(chromium: webdriver.Chrome, sandbox: SandboxClient) -> Visitor:
    return Visitor(chromium, sandbox)


def names(events: list[dict[str, Any]]) -> list[str]:
    return sorted(event.get("event", event["type"]) for event in events)


def test_nothing_is_sent_before_the_visitor_has_chosen(visitor: Visitor) -> None:
    visitor.open("/shop")

    assert visitor.find("#consent").is_displayed()
    assert "waits for your privacy choice" in visitor.find("#sent").text
    assert visitor.sandbox.received("sandbox.router") == []


def test_events_carry_consent_click_ids_and_the_write_key(visitor: Visitor) -> None:
    visitor.open("/shop?adct=click123&ps_xid=xid1&sub_id=newsletter")
    visitor.choose("all")

    event = next(event for event in visitor.events(2) if event["type"] == "page")

    context = event["context"]
    assert (event["writeKey"], event["name"]) == ("wk_demo", "Home")
    assert context["consent"] == {
        "categoryPreferences": {"functional": True, "analytics": True, "advertising": True}
    }
    assert context["providers"] == {
        "adroll": {"adct": "click123"},
        "partnerstack": {"ps_xid": "xid1", "sub_ids": ["newsletter"]},
    }
    assert context["page"]["url"].endswith("/shop?adct=click123&ps_xid=xid1&sub_id=newsletter")
    last = visitor.sandbox.last("sandbox.router")
    assert last["headers"]["Content-Type"] == "text/plain"
    assert not visitor.find("#consent").is_displayed()


def test_click_ids_outlive_the_landing_page(visitor: Visitor) -> None:
    visitor.open("/shop?adct=click123")
    visitor.choose("all")
    visitor.events(2)

    visitor.open("/shop/signup")

    page = next(event for event in visitor.events(3) if event.get("name") == "Sign up")
    assert page["context"]["providers"] == {"adroll": {"adct": "click123"}}


def test_refused_advertising_purges_click_ids_and_is_said(visitor: Visitor) -> None:
    visitor.open("/shop?adct=click123")
    visitor.choose("none")

    event = visitor.events(2)[0]

    refused = {"functional": False, "analytics": False, "advertising": False}
    assert event["context"]["consent"] == {"categoryPreferences": refused}
    assert event["context"]["providers"] == {}
    assert visitor.cookies() == {"shop_consent"}


def test_a_visit_that_ends_in_an_order(visitor: Visitor) -> None:
    visitor.open("/shop/product/kf-101")
    visitor.choose("all")
    visitor.click("#add-to-cart")
    visitor.click("#add-to-cart")
    visitor.open("/shop/cart")
    visitor.click("#start-checkout")
    visitor.find("#checkout input[name=email]").send_keys("ada@example.com")
    visitor.click("#checkout .button")

    assert "for $96.00 is on its way" in visitor.find("main").text
    events = visitor.events(8)
    assert names(events) == [
        "Checkout Started",
        "Order Completed",
        "Product Added",
        "Product Added",
        "Product Viewed",
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

    assert names(visitor.events(9)).count("Order Completed") == 1


def test_a_sign_up_identifies_the_visitor(visitor: Visitor) -> None:
    visitor.open("/shop/signup")
    visitor.choose("all")
    visitor.find("#signup input[name=name]").send_keys("Ada")
    visitor.find("#signup input[name=email]").send_keys("ada@example.com")
    visitor.click("#signup .button")

    events = visitor.events(3)

    assert names(events) == ["Signed Up", "identify", "page"]
    identify = next(event for event in events if event["type"] == "identify")
    assert identify["traits"] == {"name": "Ada", "email": "ada@example.com"}
    assert identify["userId"] in visitor.find("#signed-up").text
