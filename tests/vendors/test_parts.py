"""One event in parts: how many, what each says, and what a vendor file can't mean."""

import json
from typing import Any

import pytest

from integrations.core.vendor import (
    DefinitionError,
    Element,
    Mode,
    Planned,
    Rejected,
    Skipped,
    Vendor,
    compile_vendor,
)
from tests.vendors.samples import NOW
from tests.vendors.test_vendor import acme, track

ORDERED = {
    "rule": "order",
    "when": {"event": ["Order Completed"]},
    "operation": "event",
    "fields": {"order": "$properties.order_id"},
    "parts": [
        {"part": "placed", "fields": {"name": "Placed Order"}},
        {
            "part": "product",
            "each": "products",
            "when": {"not": {"equals": [".gift", True]}},
            "fields": {
                "name": "Ordered Product",
                "product": {"from": ".id", "required": True},
                "key": {"template": "{$messageId}-{$part}"},
            },
        },
    ],
}


def shop(**rule: Any) -> Vendor:
    document = dict(acme().document)
    document["events"] = [{**ORDERED, **rule}]
    return compile_vendor(document)


def ordered(*products: object) -> Any:
    return track("Order Completed", properties={"order_id": "O-1", "products": list(products)})


def bodies(vendor: Vendor, event: Any) -> list[dict[str, Any]]:
    made = vendor.render_all(event, {}, now=NOW, mode=Mode.LIVE)
    return [json.loads(one.body) for one in made if isinstance(one, Element)]


def test_every_part_has_the_rules_fields_and_its_own() -> None:
    vendor, event = shop(), ordered({"id": "a"}, {"id": "b", "gift": True}, {"id": "c"})

    assert bodies(vendor, event) == [
        {"name": "Placed Order", "order": "O-1"},
        {"name": "Ordered Product", "order": "O-1", "product": "a", "key": "m-1-1"},
        {"name": "Ordered Product", "order": "O-1", "product": "c", "key": "m-1-2"},
    ]
    assert vendor.plan(event, {}) == Planned(operation="event", rule="order", parts=3)


def test_a_part_says_its_name_to_people() -> None:
    made = shop().render(ordered({"id": "a"}), {}, now=NOW, mode=Mode.LIVE, part=1)

    assert isinstance(made, Element)
    assert made.rule == "order: product"


def test_a_bad_item_rejects_its_own_part_only() -> None:
    made = shop().render_all(ordered({"id": "a"}, {"sku": "b"}), {}, now=NOW, mode=Mode.LIVE)

    assert [type(one) for one in made] == [Element, Element, Rejected]
    assert isinstance(made[2], Rejected)
    assert made[2].reason.startswith("Acme needs `product` for order: product; id of the item is missing.")


def test_an_event_without_parts_is_skipped_with_a_sentence() -> None:
    vendor = shop(parts=ORDERED["parts"][1:])  # type: ignore[index]

    skipped = vendor.plan(ordered(), {})

    assert isinstance(skipped, Skipped)
    assert skipped.sentence == (
        "Acme gets order in parts, and nothing was found in properties.products, properties.items. "
        "Send what the parts are made of."
    )


def test_too_many_parts_are_one_delivery_that_is_rejected() -> None:
    vendor, event = shop(), ordered(*[{"id": "a"}] * 200)

    assert vendor.plan(event, {}) == Planned(operation="event", rule="order")
    [made] = vendor.render_all(event, {}, now=NOW, mode=Mode.LIVE)
    assert isinstance(made, Rejected)
    assert "it would go out in 201 parts, and at most 200 are sent" in made.reason


def test_rendering_a_part_again_gives_the_same_bytes() -> None:
    vendor, event = shop(), ordered({"id": "a"}, {"id": "b"})

    assert bodies(vendor, event) == bodies(vendor, event)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"whole": "$"}, "`whole` stands in each of the `parts`"),
        ({"any_of": [["name"]]}, "`any_of` stands in each of the `parts`"),
        ({"parts": [{"part": "x", "operation": "evnt"}]}, "no operation `evnt` (did you mean `event`"),
        ({"parts": [{"part": "x", "fields": {"a": ".id"}}]}, None),
        ({"parts": [{"part": "x", "fields": {"a": {"from": ".id"}}}]}, "only inside `each`"),
        ({"parts": [{"fields": {}}]}, "`part` is missing"),
        ({"parts": []}, "may not be empty"),
        (
            {
                "parts": [
                    {"part": "x", "each": "products", "fields": {"a": {"each": "products", "item": "."}}}
                ]
            },
            "walks a list of the item",
        ),
        (
            {"parts": [{"part": "x", "each": "products", "when": {"mode": "test"}}]},
            "parts are counted when the event comes",
        ),
    ],
)
def test_what_can_not_be_meant_is_refused(rule: dict[str, Any], message: str | None) -> None:
    if message is None:
        assert bodies(shop(**rule), ordered()) == [{"name": "Order Completed", "order": "O-1", "a": ".id"}]
        return
    with pytest.raises(DefinitionError) as caught:
        shop(**rule)

    assert message in str(caught.value)
