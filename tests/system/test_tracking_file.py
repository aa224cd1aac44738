"""The demo shop on its live tracking file, from a visitor's click to what the vendors got."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.chromium import Remote
from tests.integrations.sandbox.test_partner_flow import cells
from tests.system.router import Database
from tests.system.running import Run, eventually
from tests.system.vendors import Vendors

DOCUMENTED_COOKIE = re.compile(r"[0-9a-f]{32}-\d{13}")


@pytest.fixture
def page(context: Remote) -> Remote:
    return context.new_page()


def accept_all(page: Remote) -> None:
    page.click("#consent button[value=all]")


def order(page: Remote, run: Run, email: str) -> None:
    page.goto(f"{run.sandbox_url}/shop/product/kf-101")
    page.click("#add-to-cart")
    page.goto(f"{run.sandbox_url}/shop/cart")
    page.click("#start-checkout")
    page.fill("#checkout input[name=email]", email)
    page.click("#checkout .button")


def events_of(sandbox: Vendors, vendor: str, name: str) -> list[dict[str, Any]]:
    """What a vendor took of one event name, whatever batches it came in."""
    bodies = [request["body"] for request in sandbox.received(vendor) if request["status"] < 300]
    events = [one for body in bodies for one in (body if isinstance(body, list) else [body])]
    return [one for one in events if one.get("event_name") == name]


def test_a_partners_link_ends_in_a_conversion_that_is_attributed(
    run: Run, sandbox: Vendors, page: Remote
) -> None:
    """Seed 002: link, click, redirect, landing page, captured click id, sign-up, conversion, attribution."""
    page.goto(f"{run.sandbox_url}/partner/ada-reviews?sub_id=newsletter")
    assert "/shop?ps_xid=" in page.url
    accept_all(page)

    page.click("a[href='/shop/signup']")
    page.fill("#signup input[name=name]", "Grace")
    page.fill("#signup input[name=email]", "grace@example.com")
    page.click("#signup .button")

    rows = eventually(lambda: cells(sandbox, "Conversions"))
    assert any("ada-reviews" in cell for cell in rows[0])
    assert any("newsletter" in cell for cell in rows[0])


def test_an_ad_click_reaches_adroll_with_its_order(run: Run, sandbox: Vendors, page: Remote) -> None:
    """Seed 004, from an ad click: the click id in the address, kept, and sent with the purchase."""
    page.goto(f"{run.sandbox_url}/shop?adct=click-77")
    accept_all(page)

    order(page, run, "Ada@Example.com ")

    purchase = eventually(lambda: events_of(sandbox, "adroll", "purchase"))[0]
    assert purchase["identifiers"]["adct"] == "click-77"
    assert purchase["conversion_value"] == "48"


def test_a_visit_without_an_ad_reaches_adroll_with_a_first_party_cookie(
    run: Run, sandbox: Vendors, page: Remote
) -> None:
    """Seed 004, from a page visit: the cookie is generated in the documented format, and stays the same."""
    page.goto(f"{run.sandbox_url}/shop")
    accept_all(page)
    kept = eventually(
        lambda: {one["name"]: one["value"] for one in page.context.cookies()}.get("__adroll_fpc")
    )

    order(page, run, "ada@example.com")

    purchase = eventually(lambda: events_of(sandbox, "adroll", "purchase"))[0]
    assert DOCUMENTED_COOKIE.fullmatch(kept)
    assert purchase["identifiers"]["first_party_cookie"] == kept
    assert "adct" not in purchase["identifiers"]


def test_who_refuses_advertising_reaches_no_advertiser(
    run: Run, sandbox: Vendors, database: Database, page: Remote
) -> None:
    page.goto(f"{run.sandbox_url}/shop?adct=click-78")
    page.click("#consent button[value=none]")

    order(page, run, "ada@example.com")

    skips = "SELECT skips::text FROM integrations_event WHERE payload::text LIKE '%%click-78%%'"
    told = eventually(
        lambda: " ".join(row[0] for row in database.rows(skips)), lambda text: "consent" in text
    )
    assert "advertising" in told.lower()
    assert sandbox.received("adroll") == []
    assert not any(one["name"].startswith("__adroll") for one in page.context.cookies())
