"""The semantic dictionary: every name leads to readable paths, in order."""

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.core.dictionary import MEANINGS, PRODUCT, meaning
from integrations.core.event import Event
from integrations.core.mapping import Context, Scope, compile_expression
from integrations.core.mapping.paths import parse_steps

AT = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        *MEANINGS,
        *(f"product.{field}" for field in PRODUCT),
        "click_id.gclid",
        "cookie.__adroll_fpc",
        "provider.first_party_cookie",
    ],
)
def test_every_source_is_a_path_and_has_a_label(name: str) -> None:
    found = meaning(name, "acme")

    assert found is not None
    assert found.label
    assert all(parse_steps(path.partition("?")[0].lstrip("$."), ()) for path in found.places)


def test_a_click_id_is_looked_for_in_storage_then_in_the_page() -> None:
    found = meaning("click_id.ps_xid", "partnerstack")

    assert found is not None
    assert found.sources[:2] == ("$properties.ps_xid", "$context.providers.partnerstack.ps_xid")
    assert found.sources[-4:] == (
        "$context.page.url?ps_xid",
        "$context.page.search?ps_xid",
        "$context.page.referrer?ps_xid",
        "$properties.url?ps_xid",
    )


@pytest.mark.parametrize("name", ["", "nothing", "click_id.", "click_id.a.b", "cookie.a b", "other.x"])
def test_unknown_names_mean_nothing(name: str) -> None:
    assert meaning(name, "acme") is None


SEGMENT = {
    "userId": "u-1",
    "properties": {
        "order_id": "O-1",
        "revenue": 25,
        "currency": "EUR",
        "products": [{"product_id": "a", "name": "Mug", "price": 12.5, "quantity": 2, "category": "Cups"}],
    },
    "context": {
        "ip": "203.0.113.7",
        "userAgent": "UA",
        "traits": {
            "email": "jane@example.com",
            "phone": "+14155552671",
            "firstName": "Jane",
            "address": {"city": "Bern", "postalCode": "3011", "country": "CH"},
        },
        "page": {"url": "https://shop.example/?gclid=g-1"},
    },
}
RUDDER = {
    "userId": "",
    "request_ip": "203.0.113.7",
    "properties": {**SEGMENT["properties"], "order_id": None, "orderId": "O-1"},
    "context": {
        "userAgent": "UA",
        "traits": {
            "userId": "u-1",
            "email": "jane@example.com",
            "phone": "+14155552671",
            "firstname": "Jane",
            "city": "Bern",
            "zipcode": "3011",
            "country": "CH",
        },
        "page": {"url": "https://shop.example/?gclid=g-1"},
    },
}
GOOGLE = {
    "userId": "u-1",
    "properties": {
        "ecommerce": {
            "transaction_id": "O-1",
            "value": 25,
            "currency": "EUR",
            "items": [
                {"item_id": "a", "item_name": "Mug", "price": 12.5, "quantity": 2, "item_category": "Cups"}
            ],
        },
        "user_data": {
            "email": "jane@example.com",
            "phone_number": "+14155552671",
            "address": {"first_name": "Jane", "city": "Bern", "postal_code": "3011", "country": "CH"},
        },
        "page_location": "https://shop.example/?gclid=g-1",
        "gclid": "g-1",
    },
    "context": {"ip": "203.0.113.7", "userAgent": "UA"},
}
ANALYTICS_JS = {
    "userId": "u-1",
    "traits": {"email": "jane@example.com"},
    "properties": {
        "orderId": "O-1",
        "total": "25",
        "currency": "EUR",
        "products": [
            {"id": "a", "sku": None, "name": "Mug", "price": 12.5, "quantity": 2, "category": "Cups"}
        ],
    },
    "context": {
        "ip": "203.0.113.7",
        "userAgent": "UA",
        "traits": {
            "phone": "+14155552671",
            "first_name": "Jane",
            "address": {"city": "Bern", "zip": "3011", "country": "CH"},
        },
        "page": {"url": "https://shop.example/", "search": "?gclid=g-1"},
    },
}


ADVERTISING_PIXEL = {
    **SEGMENT,
    "properties": {
        **SEGMENT["properties"],
        "products": None,
        "contents": [
            {
                "content_id": "a",
                "content_name": "Mug",
                "content_price": 12.5,
                "num_items": 2,
                "content_category": "Cups",
            }
        ],
    },
}


@pytest.mark.parametrize("payload", [SEGMENT, RUDDER, GOOGLE, ANALYTICS_JS, ADVERTISING_PIXEL])
def test_the_same_facts_are_found_where_each_sdk_puts_them(payload: dict[str, Any]) -> None:
    document = {
        "user": {"from": "user_id"},
        "email": {"from": "email"},
        "phone": {"from": "phone"},
        "first_name": {"from": "first_name"},
        "city": {"from": "city"},
        "zip": {"from": "postal_code"},
        "country": {"from": "country"},
        "ip": {"from": "ip"},
        "order": {"from": "order_id"},
        "value": {"from": "value", "as": "number"},
        "currency": {"from": "currency"},
        "click": {"from": "click_id.gclid"},
        "items": {
            "each": "products",
            "item": {
                "id": {"from": "product.id"},
                "name": {"from": "product.name"},
                "price": {"from": "product.price"},
                "quantity": {"from": "product.quantity"},
                "category": {"from": "product.category"},
            },
        },
    }
    event = Event(
        type="track", name="Order Completed", message_id="m", timestamp=AT, received_at=AT, payload=payload
    )

    found = compile_expression(document, Context(vendor="acme", name="Acme"), ()).run(
        Scope(event, {}, AT, "live")
    )

    assert found == {
        "user": "u-1",
        "email": "jane@example.com",
        "phone": "+14155552671",
        "first_name": "Jane",
        "city": "Bern",
        "zip": "3011",
        "country": "CH",
        "ip": "203.0.113.7",
        "order": "O-1",
        "value": 25,
        "currency": "EUR",
        "click": "g-1",
        "items": [{"id": "a", "name": "Mug", "price": 12.5, "quantity": 2, "category": "Cups"}],
    }


def test_a_products_field_is_the_events_own_outside_a_list() -> None:
    inside, outside = meaning("product.id", "acme", in_each=True), meaning("product.id", "acme")

    assert inside is not None
    assert outside is not None
    assert inside.sources == (".product_id", ".productId", ".item_id", ".sku", ".id")
    assert outside.sources == tuple(
        f"$properties.{name}" for name in ["product_id", "productId", "item_id", "sku"]
    )
    assert (inside.also, outside.also) == ((".content_id",), ())
    assert meaning("product.nothing", "acme") is None


def test_other_spellings_are_read_and_not_told() -> None:
    compiled = compile_expression({"from": "postal_code"}, Context(vendor="acme", name="Acme"), ())

    assert "properties.postal_code" in compiled.looks_in
    assert "properties.zipcode" not in compiled.looks_in
    assert "properties.zipcode" in compiled.also_in
