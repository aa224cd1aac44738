"""A destination's filter: what it lets through, how it tells itself, and what it refuses to be."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.event import TYPES, Event
from integrations.core.filter import OPERATORS, Takes, compile_filter, problems_of, refuse_all, sentence

NOW = datetime(2026, 11, 26, tzinfo=UTC)
ORDERS = {"field": "event", "operator": "one_of", "value": ["Order Completed", "Signed Up"]}
LARGE = {"field": "$properties.total", "operator": "at_least", "value": 10}


def event(type="track", name="Order Completed", **payload):
    return Event(type=type, name=name, message_id="m", timestamp=NOW, received_at=NOW, payload=payload)


def document(*conditions, effect="allow", match="all"):
    return {"effect": effect, "match": match, "conditions": list(conditions)}


def asks(field, operator, *value):
    return {"field": field, "operator": operator, **({"value": value[0]} if value else {})}


def is_sent(made, happened):
    return compile_filter(made, "adroll").refusal(happened, "AdRoll") is None


def holds(condition, happened):
    return is_sent(document(condition), happened)


# --- What it lets through ---
@pytest.mark.parametrize("nothing", [None, {}])
def test_without_a_filter_there_is_nothing_to_ask(nothing):
    assert compile_filter(nothing, "adroll") is None
    assert sentence(nothing) == "Every event is sent."


@pytest.mark.parametrize(
    ("effect", "match", "totals"),
    [("allow", "all", [12]), ("allow", "any", [5, 12]), ("deny", "all", [5]), ("deny", "any", [])],
)
def test_effect_and_match_decide_together(effect, match, totals):
    made = document(ORDERS, LARGE, effect=effect, match=match)

    assert [total for total in (5, 12) if is_sent(made, event(properties={"total": total}))] == totals


@pytest.mark.parametrize(
    ("condition", "found", "expected"),
    [
        (asks("$properties.x", "equals", "pro"), "pro", True),
        (asks("$properties.x", "equals", "pro"), "Pro", False),
        (asks("$properties.x", "equals", "10"), 10, True),
        (asks("$properties.x", "equals", 10), "10", True),
        (asks("$properties.x", "equals", 10), 10.0, True),
        (asks("$properties.x", "equals", True), True, True),
        (asks("$properties.x", "equals", True), 1, False),
        (asks("$properties.x", "equals", "pro"), ["free", "pro"], True),
        (asks("$properties.x", "not_equals", "pro"), ["free", "pro"], False),
        (asks("$properties.x", "not_equals", "pro"), None, True),
        (asks("$properties.x", "one_of", ["a", 2]), 2, True),
        (asks("$properties.x", "none_of", ["a", 2]), "b", True),
        (asks("$properties.x", "contains", "ell"), "hello", True),
        (asks("$properties.x", "not_contains", "ell"), "hello", False),
        (asks("$properties.x", "starts_with", "he"), "hello", True),
        (asks("$properties.x", "not_starts_with", "he"), "hello", False),
        (asks("$properties.x", "ends_with", "lo"), "hello", True),
        (asks("$properties.x", "not_ends_with", "lo"), "hello", False),
        (asks("$properties.x", "matches", "^A-[0-9]+$"), "A-12", True),
        (asks("$properties.x", "matches", "^A-[0-9]+$"), "A-", False),
        (asks("$properties.x", "not_matches", "^A-[0-9]+$"), "A-", True),
        (asks("$properties.x", "at_least", 10), "10.00", True),
        (asks("$properties.x", "above", 10), 10, False),
        (asks("$properties.x", "at_most", "10.5"), 10.5, True),
        (asks("$properties.x", "below", 10), "9 apples", False),
        (asks("$properties.x", "below", 10), None, False),
        (asks("$properties.x", "below", 10), True, False),
        (asks("$properties.x", "present"), 0, True),
        (asks("$properties.x", "present"), "", False),
        (asks("$properties.x", "missing"), [], True),
        (asks("$properties.x", "missing"), False, False),
    ],
)
def test_each_operator_asks_in_its_own_way(condition, found, expected):
    assert holds(condition, event(properties={"x": found})) is expected


@pytest.mark.parametrize(
    ("condition", "happened", "expected"),
    [
        (asks("event", "equals", "order_completed"), event(), True),
        (asks("event", "starts_with", "ORDER-"), event(), True),
        (asks("event", "equals", "Order Completed"), event(type="page"), False),
        (asks("name", "equals", "pricing"), event(type="page", name="Pricing"), True),
        (asks("type", "one_of", ["page", "screen"]), event(type="screen"), True),
        (asks("type", "not_equals", "track"), event(), False),
        (asks("revenue", "above", 5), event(properties={"value": 6}), True),
        (
            asks("$context.page.url?plan", "equals", "pro"),
            event(context={"page": {"url": "https://s.example/?plan=pro"}}),
            True,
        ),
        (
            asks("$properties.products[0].sku", "equals", "s"),
            event(properties={"products": [{"sku": "s"}]}),
            True,
        ),
        (
            asks("click_id.adct", "present"),
            event(context={"page": {"url": "https://s.example/?adct=1"}}),
            True,
        ),
        (asks('$["own field"]', "equals", "x"), event(**{"own field": "x"}), True),
    ],
)
def test_fields_are_those_of_the_mapping_language(condition, happened, expected):
    assert holds(condition, happened) is expected


# --- How it tells itself ---
@pytest.mark.parametrize(
    ("made", "told"),
    [
        (
            document(ORDERS, LARGE),
            "Only Order Completed and Signed Up events where properties.total is at least 10 are sent.",
        ),
        (
            document(LARGE, ORDERS, match="any"),
            "Only events where properties.total is at least 10 "
            'or the event is one of "Order Completed" or "Signed Up" are sent.',
        ),
        (document(asks("type", "equals", "page"), effect="deny"), "Every event is sent, except page events."),
        (
            document(asks("email", "missing"), effect="deny"),
            "Every event is sent, except events where the person's e-mail address is missing.",
        ),
        (
            document(asks("$context.page.url?ref", "equals", "x")),
            'Only events where the ref parameter of context.page.url is "x" are sent.',
        ),
        (
            document(asks("$properties.gift", "equals", True)),
            "Only events where properties.gift is true are sent.",
        ),
        (document(asks("event", "equals", 'Odd "name"')), 'Only "Odd "name"" events are sent.'),
        (
            document(asks("$properties.n", "one_of", list("abcdefgh"))),
            'Only events where properties.n is one of "a", "b", "c", "d", "e" or 3 more are sent.',
        ),
    ],
)
def test_it_is_one_sentence(made, told):
    assert problems_of(made, "adroll") == []
    assert sentence(made) == told


@pytest.mark.parametrize(
    ("made", "happened", "told"),
    [
        (
            document(ORDERS, LARGE),
            event(properties={"total": 5}),
            "sends only events where properties.total is at least 10; here properties.total is 5.",
        ),
        (
            document(ORDERS, LARGE),
            event(name="Product Viewed"),
            'sends only events where the event is one of "Order Completed" or "Signed Up"; '
            'here the event is "Product Viewed".',
        ),
        (
            document(LARGE, asks("$properties.plan", "equals", "pro"), match="any"),
            event(properties={"plan": "free"}),
            'sends only events where properties.total is at least 10 or properties.plan is "pro"; '
            'here properties.total is missing and properties.plan is "free".',
        ),
        (
            document(LARGE, effect="deny"),
            event(properties={"total": "12.00"}),
            "keeps out events where properties.total is at least 10; here properties.total is 12.00.",
        ),
    ],
)
def test_a_refusal_names_the_rule_what_was_found_and_what_to_do(made, happened, told):
    said = compile_filter(made, "adroll").refusal(happened, "AdRoll")

    step = "Change the destination's filter if such events are to be sent."
    assert said == f"The filter of AdRoll {told} {step}"


@pytest.mark.parametrize(
    ("field", "payload"),
    [
        ("email", {"traits": {"email": "anna@shop.example"}}),
        ("first_name", {"properties": {"first_name": "anna"}}),
        ("$properties.first_name", {"properties": {"first_name": "anna"}}),
        ("$traits.nickname", {"traits": {"nickname": "anna"}}),
        ("$userId", {"userId": "anna"}),
        ("ip", {"context": {"ip": "anna"}}),
    ],
)
def test_a_refusal_does_not_tell_who_it_was(field, payload):
    made = compile_filter(document(asks(field, "equals", "somebody else")), "adroll")

    said = made.refusal(event(**payload), "AdRoll")

    assert "anna" not in said
    assert "text of" in said
    assert made.reads_personal_data


def test_an_amount_is_told_and_what_may_be_a_telephone_number_is_not():
    made = compile_filter(document(asks("$properties.x", "below", 1)), "adroll")

    assert "properties.x is 250.50." in made.refusal(event(properties={"x": "250.50"}), "AdRoll")
    assert "properties.x is a number." in made.refusal(event(properties={"x": 15551234567}), "AdRoll")


def test_a_filter_that_can_not_be_used_sends_nothing():
    assert refuse_all("unknown operator").refusal(event(), "AdRoll") == (
        "The filter of AdRoll can't be used: unknown operator. Save it anew."
    )


# --- What it refuses to be ---
@pytest.mark.parametrize(
    ("made", "place", "told"),
    [
        ([], (), "object"),
        ({"conditions": [LARGE]}, ("effect",), "allow or deny"),
        ({"effect": "allow"}, ("conditions",), "1 to 20"),
        (document(), ("conditions",), "1 to 20"),
        (document(*[LARGE] * 21), ("conditions",), "1 to 20"),
        ({**document(LARGE), "matches": "all"}, ("matches",), "did you mean `match`"),
        (document("x"), ("conditions", 0), "object"),
        (document(LARGE, {**LARGE, "op": 1}), ("conditions", 1, "op"), "unknown key"),
        (document(asks("total", "present")), ("conditions", 0, "field"), "$properties.total"),
        (
            document(asks("$propertys.total", "present")),
            ("conditions", 0, "field"),
            "did you mean `properties`",
        ),
        (document(asks("$settings.key", "present")), ("conditions", 0, "field"), "reads the event only"),
        (document(asks(".sku", "present")), ("conditions", 0, "field"), "each"),
        (document(asks("$" + "a" * 300, "present")), ("conditions", 0, "field"), "field"),
        (document(asks({"jmespath": "x"}, "present")), ("conditions", 0, "field"), "field"),
        (document(asks("$properties.x", "equal", 1)), ("conditions", 0, "operator"), "did you mean `equals`"),
        (document(asks("$properties.x", "equals")), ("conditions", 0, "value"), "value is needed"),
        (document(asks("$properties.x", "equals", "")), ("conditions", 0, "value"), "value is needed"),
        (document(asks("$properties.x", "equals", "a\0")), ("conditions", 0, "value"), "value is needed"),
        (document(asks("$properties.x", "equals", "\ud800")), ("conditions", 0, "value"), "another one"),
        (document(asks("$properties.x", "equals", "a" * 501)), ("conditions", 0, "value"), "500"),
        (document(asks("$properties.x", "equals", 10**5000)), ("conditions", 0, "value"), "another one"),
        (document(asks("$properties.x", "equals", float("inf"))), ("conditions", 0, "value"), "another one"),
        (document(asks("$properties.x", "one_of", "a")), ("conditions", 0, "value"), "list"),
        (document(asks("$properties.x", "one_of", ["a"] * 201)), ("conditions", 0, "value"), "list"),
        (document(asks("$properties.x", "above", "much")), ("conditions", 0, "value"), "number"),
        (document(asks("$properties.x", "matches", "(")), ("conditions", 0, "value"), "RE2"),
        (
            document(asks("$properties.x", "matches", "((a{1000}){1000}){1000}")),
            ("conditions", 0, "value"),
            "RE2",
        ),
        (document(asks("$properties.x", "present", 1)), ("conditions", 0, "value"), "no value"),
        (document(asks("type", "equals", "Track")), ("conditions", 0, "value"), "no event type"),
        (document(asks("event", "contains", "_")), ("conditions", 0, "value"), "blank"),
    ],
)
def test_what_is_not_right_is_said_with_its_place(made, place, told):
    problems = problems_of(made, "adroll")

    assert [problem.path for problem in problems] == [place]
    assert told in problems[0].message


def test_all_that_is_not_right_is_said_at_once():
    made = document(asks("total", "equal", 1), asks("$properties.x", "above", "much"), effect="maybe")

    places = [problem.path for problem in problems_of(made, "adroll")]

    assert places == [
        ("effect",),
        ("conditions", 0, "field"),
        ("conditions", 0, "operator"),
        ("conditions", 1, "value"),
    ]


# --- For any event, and any document ---
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6)
FIELDS = st.sampled_from(
    [
        "type",
        "event",
        "name",
        "email",
        "revenue",
        "products",
        "timestamp",
        "click_id.x",
        "$properties",
        "$properties.x",
        "$properties.x[1].y",
        "$context.page.url?x",
        "$userId",
        '$["odd"]',
    ]
)
VALUES = {
    Takes.NOTHING: st.none(),
    Takes.TEXT: st.text("abc1_ ", min_size=1).filter(lambda text: text.strip(" _"))
    | st.integers(-99, 99)
    | st.booleans(),
    Takes.LIST: st.lists(st.sampled_from(["a", "b c", 3, True]), min_size=1, max_size=4),
    Takes.NUMBER: st.integers(-1000, 1000) | st.decimals(-9, 9, places=2).map(str),
    Takes.PATTERN: st.sampled_from(["a", "^x+$", "[0-9]+", "(?i)order"]),
}


@st.composite
def conditions(draw):
    operator = draw(st.sampled_from(sorted(OPERATORS)))
    field = draw(FIELDS)
    value = st.sampled_from(TYPES) if field == "type" else VALUES[OPERATORS[operator].takes]
    if field == "type" and OPERATORS[operator].takes is Takes.LIST:
        value = st.lists(value, min_size=1)
    elif field == "type" and OPERATORS[operator].takes in (Takes.NOTHING, Takes.NUMBER):
        value = VALUES[OPERATORS[operator].takes]
    return {"field": field, "operator": operator, "value": draw(value)}


FILTERS = st.builds(
    lambda effect, match, chosen: document(*chosen, effect=effect, match=match),
    st.sampled_from(["allow", "deny"]),
    st.sampled_from(["all", "any"]),
    st.lists(conditions(), min_size=1, max_size=5),
)
PAYLOADS = st.dictionaries(
    st.sampled_from(["properties", "traits", "context", "userId", "odd"]),
    JSON | st.dictionaries(st.sampled_from(["x", "page", "total", "products", "email"]), JSON),
)
EVENTS = st.builds(
    lambda type, name, payload: event(type=type, name=name, **payload),
    st.sampled_from(TYPES),
    st.text(),
    PAYLOADS,
)


@given(made=FILTERS, happened=EVENTS)
def test_no_event_makes_a_filter_raise(made, happened):
    said = compile_filter(made, "adroll").refusal(happened, "AdRoll")

    assert said is None or (said.startswith("The filter of AdRoll") and said.endswith("sent."))


@given(made=FILTERS, happened=EVENTS)
def test_deny_sends_exactly_what_allow_keeps_out(made, happened):
    other = {**made, "effect": "deny" if made["effect"] == "allow" else "allow"}

    assert is_sent(made, happened) is not is_sent(other, happened)


@given(condition=conditions(), happened=EVENTS)
def test_a_negated_operator_is_the_opposite_of_its_own(condition, happened):
    opposites = {
        "equals": "not_equals",
        "one_of": "none_of",
        "contains": "not_contains",
        "present": "missing",
    }
    opposites |= {"starts_with": "not_starts_with", "ends_with": "not_ends_with", "matches": "not_matches"}
    if condition["operator"] in opposites:
        other = {**condition, "operator": opposites[condition["operator"]]}
        assert holds(condition, happened) is not holds(other, happened)


@given(made=FILTERS)
def test_it_means_the_same_once_stored_and_read(made):
    again = json.loads(json.dumps(made))

    assert problems_of(again, "adroll") == []
    assert sentence(again) == sentence(made)
    assert "\n" not in sentence(made)


@given(
    made=JSON
    | st.builds(lambda conditions: document(*conditions), st.lists(JSON | conditions(), max_size=30))
)
def test_any_document_is_read_or_refused_in_words(made):
    for problem in problems_of(made, "adroll"):
        assert problem.message
