"""Mapping directives, each with exact input and output."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.event import Event
from integrations.core.mapping import Context, DefinitionError, Rejection, Scope, compile_expression
from integrations.core.mapping import condition as compile_condition

AT = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
CONTEXT = Context(vendor="acme", name="Acme", settings={"code": None, "word": "dflt"}, target="field")
PAYLOAD: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "properties": {
        "revenue": "12.50",
        "zero": 0,
        "no": False,
        "empty": "",
        "products": [{"id": "a", "tags": ["x"]}, {"sku": "b"}, {}],
    },
    "context": {"page": {"url": "https://e.example/?adct=c%201&b="}, "traits": {"email": " A@B.co "}},
}


def run(
    document: object,
    *,
    payload: dict[str, Any] = PAYLOAD,
    settings: dict[str, object] | None = None,
    mode: str = "live",
) -> object:
    event = Event(
        type="track", name="Order Completed", message_id="m", timestamp=AT, received_at=AT, payload=payload
    )
    return compile_expression(document, CONTEXT, ("x",)).run(Scope(event, settings or {}, AT, mode))


@pytest.mark.parametrize(
    ("document", "result"),
    [
        ("constant", "constant"),
        (5, 5),
        ("$properties.revenue", "12.50"),
        ("$properties.products[1].sku", "b"),
        ("$properties.products[9].sku", None),
        ("$properties.revenue.deeper", None),
        ('$context["page"].url', "https://e.example/?adct=c%201&b="),
        ("$context.page.url?adct", "c 1"),
        ("$context.page.url?nothing", None),
        ("$settings.word", "dflt"),
        ({"constant": "$x"}, "$x"),
        ({"first": ["$properties.empty", "$properties.zero", "$properties.revenue"]}, 0),
        ({"first": ["$properties.no", 1]}, False),
        (
            {"from": "email", "as": ["email", "sha256"]},
            "b8bc67c18aa49c3eb60b6f5f8b5b0e4b7e4f0d6d8c3e7a9e3d8d0f6a1a2b3c4d",
        ),
        ({"from": "click_id.adct"}, "c 1"),
        (
            {"each": "$properties.products", "item": {"id": {"first": [".id", ".sku"]}}},
            [{"id": "a"}, {"id": "b"}],
        ),
        ({"each": "products", "item": {"t": {"each": ".tags", "item": "."}}}, [{"t": ["x"]}]),
        ({"each": "$properties.nothing", "item": ".x"}, []),
        ({"template": "{$type}/{{{$properties.revenue|number}}}"}, "track/{12.5}"),
        ({"template": "{$type}/{$properties.empty}"}, None),
        ({"merge": [{"a": 1, "b": 1}, {"b": 2, "c": "$properties.empty"}]}, {"a": 1, "b": 2}),
        ({"constant": 1, "when": {"set": "email"}}, 1),
        ({"constant": 1, "when": {"set": "$properties.empty"}, "else": 2}, 2),
        ({"from": "$properties.empty", "default": 7}, 7),
        ({"jmespath": "length(properties.products)"}, 3),
        ({"object": {"first": "$type", "none": "$properties.empty"}}, {"first": "track"}),
        ({"a": {"b": "$properties.empty"}, "c": [], "d": ["$properties.empty", 0]}, {"d": [0]}),
        (
            {"from": "$properties.revenue", "as": [{"minor_units": {"first": ["$properties.empty", "USD"]}}]},
            1250,
        ),
        ({"from": "$timestamp", "as": "unix_s"}, 1705314600),
        ({"from": "$properties.products", "as": "count"}, 3),
        ({"from": "$properties.nothing", "as": "number", "if_bad": "drop"}, None),
        ('$["anything"]', None),
        ({"from": "$type", "as": [{"lookup": {"Track": "T", "from": "F"}}]}, "T"),
        ({"from": "$event_or_type", "as": {"lookup": "$settings.word"}}, None),
        ({"from": "$properties.revenue", "as": [{"multiply": "$properties.zero"}]}, 0),
        ({"from": "$properties.revenue", "as": ["multiply:2", "decimal_string:2"]}, "25.00"),
        (
            {"each": "products", "item": {"first": [".id", ".sku"]}, "as": "join:|"},
            "a|b",
        ),
        (
            {"constant": ["A" * 64, "0123456789"], "as": ["truncate:5", "sha256"]},
            ["a" * 64, "c565fe03ca9b6242e01dfddefe9bba3d98b270e19cd02fd85ceaf75e2b25bf12"],
        ),
        ({"constant": "A" * 32, "as": ["email", "sha256"]}, None),
        ({"constant": "A" * 32, "as": ["email", "md5"]}, "a" * 32),
    ],
)
def test_values(document: object, result: object) -> None:
    if isinstance(result, str) and result.startswith("b8bc67"):
        import hashlib

        result = hashlib.sha256(b"a@b.co").hexdigest()

    assert run(document) == result


@pytest.mark.parametrize(
    ("document", "holds"),
    [
        ({"event": "order_completed"}, True),
        ({"event": ["Other", "ORDER-COMPLETED"]}, True),
        ({"name": "Order Completed"}, False),
        ({"type": ["page", "track"]}, True),
        ({"mode": "test"}, False),
        ({"equals": ["$properties.zero", False]}, False),
        ({"equals": ["$properties.no", False]}, True),
        ({"in": [{"from": "$type", "as": "upper"}, ["TRACK"]]}, True),
        ({"in": [{"from": "$properties.products", "as": "upper"}, ["TRACK"]]}, False),
        ({"not": {"set": "email"}}, False),
        ({"any": [{"type": "page"}, {"set": "revenue"}]}, True),
        ({"all": [{"type": "page"}, {"set": "revenue"}]}, False),
        ({"type": "track", "set": "$properties.empty"}, False),
    ],
)
def test_conditions(document: object, holds: bool) -> None:
    event = Event(
        type="track", name="Order Completed", message_id="m", timestamp=AT, received_at=AT, payload=PAYLOAD
    )

    assert compile_condition(document, CONTEXT, ("when",)).test(Scope(event, {}, AT, "live")) is holds


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"frm": "email", "as": "lower"}, "unknown directive (did you mean `from`"),
        ({"from": "emial"}, "the dictionary has no `emial` (did you mean `email`"),
        ({"from": "properties.ltv"}, "no field is called `properties.ltv` (did you mean `$properties.ltv`?)"),
        ({"from": "email", "first": []}, "but there is `from` and `first`"),
        ({"as": "lower"}, "but there is none"),
        ({"from": "email", "as": "lowr"}, "unknown operation `lowr` (did you mean `lower`"),
        ({"from": "email", "as": "truncate"}, "`truncate` needs a number"),
        ({"from": "email", "as": "lower:2"}, "`lower` takes no argument"),
        ({"from": "email", "as": {"lower": 1}}, "`lower` takes no expression"),
        ({"from": "email", "if_bad": "ignore"}, None),
        ({"each": "products"}, "`each` needs `item`"),
        ({"from": "email", "item": 1}, "`item` belongs to `each`"),
        ({"from": ".x"}, "only inside `each`"),
        (
            {"each": "products", "item": {"each": "$properties.products", "item": "."}},
            "walks a list of the item",
        ),
        ("$settings.cod", "no setting `cod` is declared (did you mean `code`"),
        ("$properties..b", "is no path"),
        ("$messagId", "events have no `messagId` (did you mean `messageId`"),
        ({"from": "$contxt.ip"}, "did you mean `context`"),
        ({"template": "{$propertes.id}"}, "did you mean `properties`"),
        ({"from": "$type", "as": {"lookup": []}}, "a table is an object such as"),
        ({"from": "$type", "as": "lookup"}, "`lookup` needs a table"),
        ({"from": "$type", "as": {"lookup": {"a": [1]}}}, "a table has texts, numbers or booleans"),
        ({"from": "$type", "as": "email:gmial"}, "`email` knows gmail, plus, dots_plus, not `gmial`"),
        ({"from": "$type", "as": "extract:("}, "`extract`: no regular expression of RE2"),
        ({"from": "$type", "as": "time:QQ"}, "`time`: `Q` is no part of it"),
        ({"template": "{$a"}, "single `{`"),
        ({"jmespath": "a["}, "no valid JMESPath"),
        (
            {"jmespath": "[@,@][]|[@,@][]|[@,@][]|[@,@][]|[@,@][]|[@,@][]|[@,@][]"},
            "copies its input too often",
        ),
        ({"use": "nothing"}, "no value `nothing`"),
        ({"from": "email", "when": {"sett": "email"}}, "unknown condition (did you mean `set`"),
        ({"from": "email", "when": {"type": "click"}}, "unknown event type `click`"),
        ({"from": "email", "else": 1}, "`else` belongs to `when`"),
        ({"from": "email", "required": {"wenn": 1}}, "`required` is true"),
    ],
)
def test_definitions_that_are_refused(document: object, message: str | None) -> None:
    if message is None:
        document, message = {**document, "as": "lower"}, "`if_bad` is drop or reject"  # type: ignore[dict-item]

    with pytest.raises(DefinitionError, match=re.escape(message)):
        compile_expression(document, CONTEXT, ("x",))


def test_nesting_and_size_are_bounded() -> None:
    deep: object = "$type"
    for _ in range(40):
        deep = {"first": [deep]}

    with pytest.raises(DefinitionError, match="nested deeper"):
        compile_expression(deep, CONTEXT, ())
    with pytest.raises(DefinitionError, match="more than 2000 parts"):
        compile_expression({f"f{n}": "$type" for n in range(2_001)}, CONTEXT, ())


def test_a_list_of_thousands_is_rejected() -> None:
    with pytest.raises(Rejection, match="the list has 1001 items, and at most 1000 are sent"):
        run({"each": '$["l"]', "item": "."}, payload={"l": [1] * 1001})


def test_a_missing_required_field_says_where_to_put_it() -> None:
    with pytest.raises(Rejection) as caught:
        run({"from": "ip", "required": True})

    assert str(caught.value) == (
        "Acme needs `field` on every event; context.ip is missing. "
        "Pass the visitor's IP address in context.ip."
    )


def test_a_requirement_may_depend() -> None:
    document = {"from": "ip", "required": {"when": {"mode": "test"}, "advice": "Do it."}}

    assert run(document) is None
    with pytest.raises(Rejection, match=r"Do it\.$"):
        run(document, mode="test")


def test_a_bad_optional_value_is_dropped_when_the_file_says_so() -> None:
    event = Event(
        type="track",
        name="",
        message_id="m",
        timestamp=AT,
        received_at=AT,
        payload={"properties": {"email": "x"}},
    )
    scope = Scope(event, {}, AT, "live")
    compiled = compile_expression({"from": "email", "as": "email", "if_bad": "drop"}, CONTEXT, ())

    assert compiled.run(scope) is None
    assert scope.notes == [
        "Acme can't use properties.email, traits.email or context.traits.email for `field`: "
        "the text is no e-mail address; send one such as name@example.com. The field was left out."
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(value=json_values)
def test_any_document_compiles_or_is_refused(value: object) -> None:
    try:
        compile_expression(value, CONTEXT, ())
    except DefinitionError as error:
        assert error.message


def test_keep_empty_sends_an_empty_object() -> None:
    fields = {"a": {"from": "$properties.nothing", "default": {"constant": {}}, "keep_empty": True}, "b": ""}

    assert run(fields) == {"a": {}}
    assert run({"object": {"a": {"from": "$properties.nothing", "default": {"constant": {}}}}}) == {}


def test_keep_empty_holds_a_place_in_a_list() -> None:
    missing = {"from": "$properties.nothing", "default": "", "keep_empty": True}

    assert run({"a": ["i2", missing, {"from": "$properties.nothing"}, "x"]}) == {"a": ["i2", "", "x"]}


def test_keep_empty_holds_the_place_of_an_item() -> None:
    each = {"each": "$properties.products", "item": {"from": ".sku", "default": "", "keep_empty": True}}

    assert run(each) == ["", "b", ""]
    assert run({"each": "$properties.products", "item": ".sku"}) == ["b"]


def test_a_field_named_star_lends_the_fields_of_its_object() -> None:
    lent = {"from": "$properties.products[0]"}

    assert run({"id": "own", "*": lent, "tags": "later"}) == {"id": "a", "tags": "later"}
    assert run({"id": "own", "*": {"from": "$properties.nothing"}}) == {"id": "own"}


def test_keep_empty_sends_nothing_when_there_is_not_even_an_empty_object() -> None:
    assert run({"a": {"from": "$properties.nothing", "keep_empty": True}}) == {}
