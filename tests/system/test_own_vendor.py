"""A vendor that nobody has heard of, connected by clicks only: described, made, connected, delivered to."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chromium import Remote
from tests.integrations.core.questionnaire.filled import BATCH, GET
from tests.system.router import GRANTED, Router, new_user
from tests.system.running import Run, eventually
from tests.system.vendors import Vendors

KEY = "key-of-the-tests"
PATIENCE_MS = 60_000  # pages of a busy machine


class Staff:
    """Somebody of customer success, signed in at the admin."""

    def __init__(self, run: Run, context: Remote) -> None:
        context.set_default_timeout(PATIENCE_MS)
        self.page, self.origin = context.new_page(), run.url
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.open("/admin/")
        self.page.fill("[name=login]", run.welcome["E-mail"])
        self.page.fill("[name=password]", run.welcome["Password"])
        self.leave_by("form button[type=submit]")

    def open(self, path: str) -> None:
        self.page.goto(self.origin + path)

    def leave_by(self, button: str) -> None:
        with self.page.expect_navigation():
            self.page.click(button)

    def answer(self, name: str, value: str) -> None:
        """Fill in, choose or tick the question of this name."""
        field = f"[name='{name}']"
        kind = self.page.get_attribute(field, "type") or ""
        if self.page.evaluate("field => document.querySelector(field).tagName", field) == "SELECT":
            self.page.select_option(field, value)
        elif kind == "checkbox":
            self.page.check(field)
        else:
            self.page.fill(field, value)

    def fill_in(self, answers: dict[str, Any]) -> None:
        """Every answer, in the form's order of what makes which question appear."""
        for key, given in answers.items():
            if isinstance(given, str):
                self.answer(key, given)
            else:
                self.fill_in_rows(key, given)

    def fill_in_rows(self, key: str, rows: list[dict[str, str]]) -> None:
        for index, row in enumerate(rows):
            if not self.page.query_selector(f"[name^='{key}-{index}-']"):
                self.leave_by("button[value=save]")  # adds further rows
            for column, value in row.items():
                self.answer(f"{key}-{index}-{column}", value)

    def describe(self, answers: dict[str, Any]) -> None:
        """From the questionnaire's first page to the vendor."""
        self.open("/admin/integrations/vendorquestionnaire/add/")
        if self.page.query_selector("select[name=organization]"):
            self.page.select_option("[name=organization]", index=1)
        self.page.fill("[name=name]", answers["name"])
        self.leave_by("button[name=_save]")
        self.fill_in({key: value for key, value in answers.items() if key != "name"})
        self.leave_by("button[value=make]")
        assert f"{answers['name']} r1 is made" in self.page.inner_text("body")

    def connect(self, vendor: str) -> None:
        """A destination of it on the server pipeline, in sandbox mode, with a key and a category."""
        page = self.page
        self.open("/admin/integrations/destination/add/")
        self.leave_by(f"a.s2s-tile:has-text('{vendor}')")
        page.select_option("[name=pipeline]", label="Demo server")
        page.select_option("[name=mode]", "sandbox")
        page.fill("[name^=setting_]", KEY)
        if not page.query_selector("[name=consent_categories]"):  # they are the chosen pipeline's
            self.leave_by("button[name=_continue]")
            page.fill("[name^=setting_]", KEY)
        page.check("label:has-text('Advertising') input")
        self.leave_by("button[name=_continue]")

    def disable(self, vendor: str) -> None:
        """So that later events of other tests do not go there."""
        self.open("/admin/integrations/destination/")
        self.leave_by(f"#result_list a:has-text('{vendor}')")
        self.page.click("a[href$='/disable'], a[href$='/disable/']")
        self.page.wait_for_selector("#dialog button[type=submit]")
        self.leave_by("#dialog button[type=submit]")


@pytest.fixture
def staff(run: Run, context: Remote) -> Iterator[Staff]:
    staff = Staff(run, context)
    yield staff
    assert staff.complaints == []


def order(user: str) -> dict[str, Any]:
    """A purchase of somebody who came over the made-up vendor's ad and agreed to everything."""
    return {
        "event": "Order Completed",
        "userId": user,
        "properties": {
            "order_id": f"order-{user}",
            "revenue": 20.5,
            "products": [{"product_id": "p-1", "price": 9.5}, {"product_id": "p-2", "price": 11}],
        },
        "context": {
            "consent": GRANTED,
            "ip": "203.0.113.9",
            "page": {"url": "https://shop.example/thanks?pxid=click-7"},
            "traits": {"email": "Ann@Shop.example"},
        },
    }


def test_a_pixel_of_an_unknown_vendor(staff: Staff, router: Router, sandbox: Vendors) -> None:
    user = new_user()
    staff.describe(GET)
    staff.connect("Pixelry")

    router.submit(order(user)).raise_for_status()

    (request,) = eventually(lambda: sandbox.received("px.pixelry.example"))
    staff.disable("Pixelry")
    assert (request["method"], request["accepted"]) == ("GET", True)
    assert request["query"].pop("mid")
    assert request["query"] == {
        "api_key": KEY,
        "e": "purchase",
        "cid": "click-7",
        "em": hashlib.sha256(b"ann@shop.example").hexdigest(),
        "oid": f"order-{user}",
        "amount": "20.5",
        "ids": "p-1,p-2",
        "prices": "9.5,11",
    }


def test_a_batch_of_an_unknown_vendor(staff: Staff, router: Router, sandbox: Vendors) -> None:
    user = new_user()
    staff.describe(BATCH)
    staff.connect("Batchery")

    router.submit(order(user)).raise_for_status()

    (request,) = eventually(lambda: sandbox.received("api.batchery.example"))
    staff.disable("Batchery")
    assert (request["method"], request["accepted"]) == ("POST", True)
    (event,) = request["body"]["events"]
    assert abs(event.pop("time") - time.time()) < 600
    assert event == {
        "type": "order",
        "uid": user,
        "ip": "203.0.113.9",
        "items": [{"sku": "p-1", "price": 9.5}, {"sku": "p-2", "price": 11}],
    }
