"""A destination's mapping changes: what fields get instead, what stays the file's, and what is refused."""

import json
from typing import Any

import pytest

from integrations.core.vendor import DefinitionError, Element, Mode, Rejected, Vendor, compile_vendor
from integrations.core.vendor.changes import problems_of, sentence
from integrations.core.vendor.changes.apply import changed
from integrations.core.vendor.explain import explain
from integrations.core.vendor.sourced import element_fields
from integrations.services.catalogue import ROOT, catalogue
from tests.vendors.samples import NOW
from tests.vendors.test_parts import ordered, shop
from tests.vendors.test_vendor import acme, track

KEY = (
    "0.value: Acme knows a repeated event by `key`: it must come from the event, and be the same at each "
    "retry"
)
UNSTORABLE = "0: NUL, half of a surrogate pair, NaN and Infinity can't be stored; remove it"
HASHED = {"from": "email", "as": ["email", "sha256"]}
ANN = {"mail": " Ann@Example.com "}


def change(field: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": field, **({"value": value} if value is not None else {}), **more}


def body(vendor: Vendor, event: Any = None, settings: dict[str, object] | None = None, **options: Any) -> Any:
    made = vendor.render(event or track(), settings or {}, now=NOW, mode=Mode.LIVE, **options)
    assert isinstance(made, Element), made
    return json.loads(made.body)


def knowing(fields: Any, **named: Any) -> Vendor:
    """A vendor with named values and conditions."""
    document: Any = acme().document
    operations = {"event": {**document["operations"]["event"], "fields": fields}}
    return compile_vendor({**document, **named, "operations": operations})


def refused(vendor: Vendor, *documents: Any) -> list[str]:
    """What is said, each with its place."""
    problems = problems_of(list(documents), vendor)
    if problems:
        with pytest.raises(DefinitionError):
            changed(vendor, list(documents))
    return [f"{'.'.join(map(str, one.path))}: {one.message}" for one in problems]


# --- What a field gets ---
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("$properties.coupon_code", "SPRING"),
        ("web", "web"),
        (5, 5),
        (False, False),
        ({"constant": "$x"}, "$x"),
        ({"from": "order_id"}, "o-1"),
        ({"template": "shop-{$properties.coupon_code|lower}"}, "shop-spring"),
        ({"first": ["$properties.nothing", "$properties.coupon_code"], "as": "lower"}, "spring"),
        ("$settings.base", "https://b.example"),
    ],
)
def test_a_field_gets_another_value(value: Any, expected: Any) -> None:
    vendor = acme(fields={"name": "$event", "coupon": "$properties.coupon"})
    event = track(properties={"coupon": "OLD", "coupon_code": "SPRING", "order_id": "o-1"})

    made = changed(vendor, [change("coupon", value)])

    assert body(made, event, {"base": "https://b.example"}) == {"name": "Hello", "coupon": expected}
    assert body(vendor, event)["coupon"] == "OLD"


def test_without_changes_the_vendor_is_the_same_object() -> None:
    vendor = acme()

    assert changed(vendor, []) is vendor
    assert problems_of(None, vendor) == []


def test_a_field_is_left_out_or_added() -> None:
    vendor = acme(fields={"name": "$event", "data": {"a": "$properties.a", "b": "$properties.b"}})
    documents = [
        change("data.a", leave_out=True),
        change("data.c", "$properties.c", new=True),
        change("more.deep", 1, new=True),
    ]

    made = body(changed(vendor, documents), track(properties={"a": 1, "b": 2, "c": 3}))

    assert made == {"name": "Hello", "data": {"b": 2, "c": 3}, "more": {"deep": 1}}


def test_a_change_holds_for_the_rules_that_it_names() -> None:
    document = dict(acme(fields={"coupon": "$properties.coupon"}).document)
    document["events"] = [
        {"rule": "order", "when": {"event": ["Order Completed"]}, "operation": "event"},
        {"rule": "any", "when": {"type": ["track"]}, "operation": "event"},
    ]
    vendor = compile_vendor(document)

    made = changed(vendor, [change("coupon", "$properties.code", rules=["order"])])

    properties = {"coupon": "OLD", "code": "NEW"}
    assert body(made, track("Order Completed", properties=properties)) == {"coupon": "NEW"}
    assert body(made, track(properties=properties)) == {"coupon": "OLD"}


def test_each_part_of_an_event_is_changed() -> None:
    made = changed(
        shop(), [change("order", "$properties.number"), change("product", ".sku", rules=["order: product"])]
    )

    event = ordered({"id": "a", "sku": "S"})
    event.payload["properties"]["number"] = "N-1"
    assert body(made, event)["order"] == "N-1"
    assert body(made, event, part=1) == {
        "name": "Ordered Product",
        "order": "N-1",
        "product": "S",
        "key": "m-1-1",
    }


# --- What stays the file's ---
def test_what_the_file_hashes_stays_hashed() -> None:
    vendor = acme(fields={"em": HASHED})
    plain = body(vendor, track(properties={"email": "ann@example.com"}))

    assert body(changed(vendor, [change("em", "$properties.mail")]), track(properties=ANN)) == plain
    assert body(changed(vendor, [change("em", "Ann@example.com ")])) == plain


def test_a_choice_of_the_file_is_made_of_the_new_value() -> None:
    branches = [{"from": "email_sha256", "as": "digest:sha256"}, HASHED, "$settings.base"]
    vendor = acme(fields={"em": {"first": branches}})
    made = changed(vendor, [change("em", "$properties.mail")])

    hashed = body(made, track(properties=ANN))["em"]

    assert len(hashed) == 64
    assert body(made, track(properties={"mail": hashed})) == {"em": hashed}
    assert body(made, track(), {"base": "https://b.example"}) == {"em": "https://b.example"}


def test_named_values_are_laid_open() -> None:
    vendor = knowing({"em": {"use": "hashed", "required": True}}, values={"hashed": HASHED})
    made = changed(vendor, [change("em", "$properties.mail")])

    assert len(body(made, track(properties=ANN))["em"]) == 64
    assert made.render(track(), {}, now=NOW, mode=Mode.LIVE) == Rejected(
        reason="Acme needs `em` for any; properties.mail is missing. Pass it in properties.mail."
    )


def test_conditions_and_operations_stay() -> None:
    vendor = acme(
        fields={
            "x": {"from": "$properties.x", "when": {"set": "$properties.y"}, "as": ["upper", "truncate:3"]}
        }
    )
    made = changed(vendor, [change("x", "$properties.z")])

    assert body(made, track(properties={"y": 1, "z": "abcdef"})) == {"x": "ABC"}
    assert body(made, track(properties={"z": "abcdef"})) == {}


def test_items_of_another_list_are_made_as_the_file_makes_them() -> None:
    vendor = acme(fields={"ids": {"each": "products", "item": {"id": {"from": ".id", "as": "upper"}}}})
    made = changed(vendor, [change("ids", "$properties.lines")])

    assert body(made, track(properties={"lines": [{"id": "a"}]})) == {"ids": [{"id": "A"}]}


def test_what_the_file_looked_in_does_not_go_out_as_a_custom_parameter() -> None:
    vendor = acme(fields={"em": HASHED}, custom_parameters="pass")
    event = track(properties={"email": "ann@example.com", "plan": "pro"})

    for documents in ([change("em", "$properties.mail")], [change("em", leave_out=True)]):
        made = changed(vendor, documents)

        assert body(made, event) == {"plan": "pro"}
        told = explain(made, event, {}, now=NOW, mode=Mode.LIVE)
        assert told is not None and told.output == {"plan": "pro"}


# --- What a preview says ---
def test_a_preview_marks_what_is_changed() -> None:
    vendor = acme(fields={"name": "$event", "coupon": "$properties.coupon", "em": HASHED})
    changes = [
        change("coupon", "$properties.code"),
        change("em", leave_out=True),
        change("plan", "$properties.plan", new=True),
    ]
    made = changed(vendor, changes)

    told = explain(made, track(properties={"code": "C", "plan": "pro"}), {}, now=NOW, mode=Mode.LIVE)

    assert told is not None
    fields = [
        (one.field, one.value, one.source, one.is_changed, one.is_added) for one in element_fields(told)
    ]
    assert fields == [
        ("name", "Hello", "$event", False, False),
        ("coupon", "C", "$properties.code", True, False),
        ("plan", "pro", "$properties.plan", True, True),
    ]
    assert [(one.field, one.reason, one.is_changed) for one in told.left_out] == [
        ("em", "It is left out for this destination.", True)
    ]


def test_a_preview_marks_what_an_event_does_not_have_because_of_a_change() -> None:
    vendor = acme(fields={"name": "$event", "coupon": "$properties.coupon", "plan": "$properties.plan"})
    made = changed(vendor, [change("coupon", "$properties.code")])

    told = explain(made, track(properties={"coupon": "C"}), {}, now=NOW, mode=Mode.LIVE)

    assert told is not None
    assert [(one.field, one.reason, one.is_changed) for one in told.left_out] == [
        ("coupon", "Nothing was found in properties.code.", True),
        ("plan", "Nothing was found in properties.plan.", False),
    ]


# --- What is refused ---
@pytest.mark.parametrize(
    ("documents", "said"),
    [
        (
            [change("coupn", 1)],
            "0.field: there is no field `coupn` in any rule (did you mean `coupon`?); to add a field "
            "that the file does not send, make it a new field (`new: true`)",
        ),
        ([change("data", 1)], "0.field: it is an object of fields; change `data.a`"),
        ([change("coupon", 1, new=True)], "0.field: the file sends it for any; remove `new`"),
        (
            [change("coupon.x", 1, new=True)],
            "0.field: `coupon` is made by one expression for any; change it as a whole, or "
            "choose another event",
        ),
        (
            [change("from", 1, new=True)],
            "0.field: a field can't be called `from`; write names with dots between them",
        ),
        ([change("coupon", 1, rules=["ani"])], "0.rules.0: Acme has no rule `ani` (did you mean `any`?)"),
        (
            [change("coupon", 1), change("coupon", 2)],
            "1.field: change 1 is about it already for any; keep one of them",
        ),
        (
            [change("coupon", {"from": "emial"})],
            "0.value.from: the dictionary has no `emial` (did you mean `email`?)",
        ),
        (
            [change("coupon", {"from": "email", "as": "sha265"})],
            "0.value.as: unknown operation `sha265` (did you mean `sha256`?)",
        ),
        (
            [change("coupon", "$propertees.x")],
            "0.value: events have no `propertees` (did you mean `properties`?); a field of your own custom "
            'events is written $["propertees"]',
        ),
        (
            [change("order", leave_out=True)],
            "0.leave_out: Acme needs `order` for any; give it another value instead",
        ),
        (
            [change("key", leave_out=True)],
            "0.leave_out: Acme knows a repeated event by `key`: without it a retry could count twice",
        ),
        (
            [change("key", "constant")],
            KEY,
        ),
        (
            [change("key", "$now")],
            KEY,
        ),
        (
            [change("a1", leave_out=True), change("a2", leave_out=True)],
            "1.leave_out: Acme needs one of `a1` or `a2` for any; keep one",
        ),
        (
            [change("coupon", "$settings.key")],
            "0.value: `key` is a secret, which only the vendor's file may send",
        ),
        (
            [change("coupon", {"template": "x{$settings.key}"})],
            "0.value: `key` is a secret, which only the vendor's file may send",
        ),
        ([change("coupon", '$settings["key"]')], "0.value: no setting `key` is declared; known are base"),
        ([change("coupon")], "0.value: write what the field gets, such as $properties.x, or leave_out: true"),
        (
            [change("coupon", 1, leave_out=True)],
            "0.value: a field that is left out has no value: remove `value`",
        ),
        (
            [change("coupon", leave_out=True, new=True)],
            "0.new: a field that is left out is not new: remove `new`",
        ),
        (
            [{"feild": "coupon", "field": "coupon", "value": 1}],
            "0.feild: unknown key (did you mean `field`?)",
        ),
        (["coupon"], "0: a change is an object with field, and value or leave_out"),
        ([change("coupon", [0] * 300)], "0.value: it has more than 200 parts; make it smaller"),
        *(
            ([change(field, value)], UNSTORABLE)
            for field, value in [
                ("coupon", "a\0b"),
                ("a\0b", "x"),
                ("coupon", ["\ud800"]),
                ("coupon", float("nan")),
                ("coupon", {"a\0b": 1}),
            ]
        ),
        ([change("coupon", {"object": {"a": {"object": {"b": {"from": "email"}}}}})], None),
    ],
)
def test_a_bad_change_is_refused_at_its_place(documents: list[Any], said: str | None) -> None:
    vendor = acme(
        fields={
            "coupon": "$properties.coupon",
            "order": {"from": "order_id", "required": {"when": {"mode": "test"}}},
            "key": "$messageId",
            "data": {"a": 1},
            "a1": 1,
            "a2": 2,
            "em": HASHED,
        },
        any_of=[["a1", "a2"]],
        deduplication={"key": "key and name"},
    )

    found = refused(vendor, *documents)

    assert len(found) == 1
    if said is not None:
        assert found == [said]


def test_deep_and_many_changes_are_refused() -> None:
    vendor = acme()
    deep: Any = "$event"
    for _ in range(40):
        deep = {"first": [deep]}

    assert refused(vendor, change("name", deep)) == [
        "0.value" + ".first.0" * 12 + ": nested deeper than 12 levels; use fewer"
    ]
    assert refused(vendor, *[change("name", 1)] * 31) == [": there are 31 and there may be 30; use fewer"]


@pytest.mark.parametrize(
    "value",
    [
        {"from": "email"},
        "$properties.email",
        '$properties["email"]',
        "$context.traits",
        "$properties",
        "$context",
        "$",
        {"template": "x {email}"},
        {"first": ["$properties.a", {"from": "email"}]},
        {"object": {"mine": "$traits.email"}},
        {"from": "$properties.a", "default": {"from": "email"}},
        {"from": "$properties.a", "when": {"set": "email"}, "else": {"from": "email"}},
        {"from": "email", "as": ["sha256"], "default": "$properties.email"},
        {"each": "$context.traits", "item": ".email"},
        {"merge": [{"object": {"a": 1}}, "$traits"]},
        {"jmespath": "traits.email"},
        {"from": "phone"},
        {"from": "advertising_id"},
        "$context.device",
        {"constant": "x", "as": ["sha256", {"lookup": {"x": 0}}, {"add": {"from": "phone"}}]},
    ],
)
def test_a_new_field_does_not_tell_in_clear_what_the_file_hashes(value: Any) -> None:
    vendor = acme(fields={"em": HASHED, "name": "$event"})

    (said,) = refused(vendor, change("mine", value, new=True))

    assert said.startswith("0.value: ")
    assert "hash" in said or "stays where the file sends it" in said


@pytest.mark.parametrize(
    "value",
    [
        HASHED,
        {"template": "{email|sha256}"},
        {"from": "$context.traits.plan"},
        {"from": "email_sha256"},
        {"from": "country"},
        {"from": "$properties.a", "when": {"set": "email"}},
    ],
)
def test_a_new_field_may_tell_what_is_hashed_or_of_nobody(value: Any) -> None:
    assert refused(acme(fields={"em": HASHED}), change("mine", value, new=True)) == []


def test_a_vendor_that_gets_it_in_clear_may_get_it_in_clear_elsewhere() -> None:
    assert refused(acme(fields={"em": {"from": "email"}}), change("mine", {"from": "email"}, new=True)) == []


def test_several_hashes_in_one_field_are_not_replaced_by_one_value() -> None:
    vendor = acme(fields={"ids": {"merge": [{"object": {"em": HASHED}}, {"object": {"x": 1}}]}})

    assert refused(vendor, change("ids", "$properties.mail")) == [
        "0.value: the file hashes several values in it; leave it out, or change the vendor's file"
    ]


@pytest.mark.parametrize(
    "field",
    [
        "$context.consent.ad_user_data",
        {"constant": "LDU", "when": {"is": "opted_out"}},
        {"first": [{"constant": "DENIED", "when": {"is": "opted_out"}}, "GRANTED"]},
        {"use": "granted"},
    ],
)
def test_what_tells_of_consent_stays_as_the_file_has_it(field: Any) -> None:
    conditions = {"opted_out": {"in": ["$context.consent.gpc", [True, "1"]]}}
    vendor = knowing(
        {"told": field}, conditions=conditions, values={"granted": "$context.consent.ad_storage"}
    )

    assert refused(vendor, change("told", "GRANTED")) == [
        "0.field: `told` tells Acme what the visitor consented to; it stays as the file makes it"
    ]


def test_a_part_that_depends_on_consent_is_not_replaced() -> None:
    asks = {"not": {"in": ["$context.consent.gpc", [True]]}}
    parts = [{"object": {"a": "$properties.a"}}, {"object": {"b": "$properties.b"}, "when": asks}]
    vendor = acme(fields={"both": {"merge": parts}, "own": {"from": "$properties.b", "when": asks}})

    assert refused(vendor, change("both", "$properties.c")) == [
        "0.value: the visitor's consent decides on parts of it; leave it out, or change the vendor's file"
    ]
    made = changed(vendor, [change("own", "$properties.c")])
    event = track(properties={"c": 1}, context={"consent": {"gpc": True}})
    assert body(made, event) == {}


def test_an_object_that_one_expression_makes_has_no_fields() -> None:
    assert refused(
        catalogue()["generic-post"].vendor, change("x", 1, rules=["any event, as it was sent"], new=True)
    ) == [
        "0.field: no field of `any event, as it was sent` can be changed: its whole object is made by one "
        "expression; change the vendor's file"
    ]


# --- How it tells itself ---
def test_changes_tell_themselves() -> None:
    told = sentence(
        [
            change("coupon", "$properties.code", rules=["Order Completed", "Order Refunded"]),
            change("a.b", {"from": "email", "as": ["email", "sha256"]}, new=True),
            change("c", "web"),
            change("d", leave_out=True),
            change("e", {"template": "x-{$event}"}),
            change("f", {"first": ["$a", 1]}),
        ]
    )

    assert told == (
        "For Order Completed and Order Refunded, coupon gets properties.code. "
        "a.b, which the file does not send, gets the person's e-mail address as email, sha256. "
        'c gets the text "web". d is left out. e gets the text "x-{$event}" filled in. '
        'f gets the expression {"first": ["$a", 1]}.'
    )
    assert sentence([]) == "Every field is as the vendor's file makes it."
    assert sentence([7]) == "The mapping changes can't be read any more. Save them anew."


def test_the_changes_of_the_docs_fit() -> None:
    page = (ROOT / "docs" / "mapping-changes.md").read_text()
    documents = json.loads(page.split("```json")[1].split("```")[0])

    assert refused(catalogue()["adroll"].vendor, *documents) == []


def test_what_only_this_file_hashes_does_not_go_in_clear_either() -> None:
    vendor = acme(fields={"country": {"from": "country", "as": ["lower", "sha256"], "required": True}})

    (said,) = refused(vendor, change("mine", {"from": "country"}, new=True))

    assert said.startswith("0.value: it would send the country in clear")
    made = changed(vendor, [change("country", "$properties.land")])
    assert len(body(made, track(properties={"land": "DE"}))["country"]) == 64


@pytest.mark.parametrize("value", ["abc", {"constant": "12,50"}])
def test_a_constant_that_its_field_can_never_take_is_refused(value: Any) -> None:
    vendor = knowing({"amount": {"from": "$properties.total", "as": "number", "required": True}})

    (problem,) = refused(vendor, change("amount", value))

    assert problem.startswith("0.value: every event would be refused: ")
    assert "is not a number" in problem
    assert refused(vendor, change("amount", "12.50")) == []
