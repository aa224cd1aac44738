"""Consent: which events may go to which destinations, and what people are told when they may not."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.consent import Carrier, Category, Policy, Refusal, Signals, read_signals, refusal

ADVERTISING = Category(
    code="advertising", name="Advertising", is_sale_or_sharing=True, cmp_codes=("C0004", "marketing")
)
ANALYTICS = Category(code="analytics", name="Analytics", cmp_codes=("C0002",))
EXPLICIT, IMPLIED = Policy.EXPLICIT, Policy.IMPLIED

GRANTED = (True, True)  # under explicit, under implied
REFUSED = (False, False)
SILENT = (False, True)

NEXT_STEP = "Nothing to do unless the visitor changes their choice."
FAIL_CLOSED = "What can't be read counts as a refusal. Correct what the sender writes there."


def is_granted(context: object, policy: Policy, *categories: Category, **options: Any) -> bool:
    return refusal(read_signals(context, **options), categories or (ADVERTISING,), policy) is None


def answers(context: object, *categories: Category, **options: Any) -> tuple[bool, bool]:
    """Whether the event is granted under explicit and under implied."""
    return (
        is_granted(context, EXPLICIT, *categories, **options),
        is_granted(context, IMPLIED, *categories, **options),
    )


def sentence(context: object, policy: Policy = EXPLICIT, category: Category = ADVERTISING) -> str:
    found = refusal(read_signals(context), (category,), policy)
    assert found is not None
    assert found.category == category.code
    return found.sentence


def opt_out(**codes: object) -> dict[str, object]:
    return {"consent": {"optOut": codes}}


def preferences(**codes: object) -> dict[str, object]:
    return {"consent": {"categoryPreferences": codes}}


def management(**lists: object) -> dict[str, object]:
    return {"consentManagement": lists}


# One carrier


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        pytest.param({}, SILENT, id="no signal at all"),
        pytest.param(None, SILENT, id="no context"),
        pytest.param({"consent": None, "consentManagement": None}, SILENT, id="null objects"),
        pytest.param({"consent": {}, "consentManagement": {}}, SILENT, id="empty objects"),
        pytest.param({"consent": [], "consentManagement": []}, SILENT, id="PHP's empty objects"),
        pytest.param(opt_out(advertising="true"), REFUSED, id="opted out"),
        pytest.param(opt_out(advertising=True), REFUSED, id="opted out, boolean"),
        pytest.param(opt_out(advertising="false"), GRANTED, id="not opted out"),
        pytest.param(opt_out(advertising=False), GRANTED, id="not opted out, boolean"),
        pytest.param(opt_out(analytics="true"), SILENT, id="another code opted out"),
        pytest.param(opt_out(), SILENT, id="empty optOut"),
        pytest.param({"consent": {"optOut": []}}, SILENT, id="optOut as PHP's empty object"),
        pytest.param({"consent": {"optOut": None}}, SILENT, id="null optOut"),
        pytest.param({"consent": {"explicit": "true"}}, SILENT, id="explicit names no code"),
        pytest.param(
            {"consent": {"explicit": "true", "optOut": {"analytics": "false"}}},
            SILENT,
            id="explicit, and another code",
        ),
        pytest.param(
            {"consent": {"explicit": "false", "optOut": {"advertising": "false"}}},
            GRANTED,
            id="explicit false decides nothing",
        ),
        pytest.param({"consent": {"explicit": [{}]}}, SILENT, id="an unreadable explicit decides nothing"),
        pytest.param(preferences(advertising=True), GRANTED, id="preferred"),
        pytest.param(preferences(advertising="true"), GRANTED, id="preferred, string"),
        pytest.param(preferences(advertising=False), REFUSED, id="not preferred"),
        pytest.param(preferences(advertising="false"), REFUSED, id="not preferred, string"),
        pytest.param(preferences(analytics=True), SILENT, id="preferences without the code"),
        pytest.param(preferences(Advertising=True), SILENT, id="codes are compared exactly"),
        pytest.param(preferences(), SILENT, id="empty preferences name nothing"),
        pytest.param(management(allowedConsentIds=["advertising"]), GRANTED, id="allowed id"),
        pytest.param(management(deniedConsentIds=["advertising"]), REFUSED, id="denied id"),
        pytest.param(
            management(allowedConsentIds=["analytics"], deniedConsentIds=["social"]),
            SILENT,
            id="other ids allowed and denied",
        ),
        pytest.param(
            management(allowedConsentIds=["advertising"], deniedConsentIds=["advertising"]),
            REFUSED,
            id="an id both allowed and denied",
        ),
        pytest.param(
            management(allowedConsentIds={"C0004": "Targeting Cookies"}), GRANTED, id="allowed names by id"
        ),
        pytest.param(management(allowedConsentIds=[], deniedConsentIds=[]), SILENT, id="empty id lists"),
        pytest.param(preferences(C0004=True), GRANTED, id="the CMP's code grants"),
        pytest.param(opt_out(marketing="true"), REFUSED, id="the CMP's code refuses"),
        pytest.param(
            preferences(advertising=True, C0004=False), REFUSED, id="two codes of a category differ"
        ),
    ],
)
def test_one_carrier_decides_under_each_policy(context: object, expected: tuple[bool, bool]) -> None:
    assert answers(context) == expected


@pytest.mark.parametrize("value", [True, "true", "TRUE", " True ", 1, 1.0, "1"])
def test_yes_is_understood_in_each_spelling(value: object) -> None:
    assert answers(preferences(advertising=value)) == GRANTED
    assert answers(opt_out(advertising=value)) == REFUSED


@pytest.mark.parametrize("value", [False, "false", "False", " FALSE\n", 0, 0.0, "0"])
def test_no_is_understood_in_each_spelling(value: object) -> None:
    assert answers(preferences(advertising=value)) == REFUSED
    assert answers(opt_out(advertising=value)) == GRANTED


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "yes",
        "no",
        "granted",
        "\x00",
        2,
        -1,
        0.5,
        float("nan"),
        pytest.param(10**5000, id="too long to print"),
        [],
        [True],
        {},
        {"true": 1},
    ],
)
def test_an_answer_that_is_neither_is_a_refusal_of_its_category(value: object) -> None:
    assert answers(preferences(advertising=value)) == REFUSED
    assert answers(opt_out(advertising=value)) == REFUSED
    assert answers(preferences(advertising=value, analytics=True), ANALYTICS) == GRANTED


@pytest.mark.parametrize(
    "context",
    [
        pytest.param("consent", id="context is a string"),
        pytest.param({"consent": "granted"}, id="consent is a string"),
        pytest.param({"consent": True}, id="consent is a boolean"),
        pytest.param({"consentManagement": 5}, id="consentManagement is a number"),
        pytest.param({"consent": {"optOut": ["advertising"]}}, id="optOut is a list"),
        pytest.param({"consent": {"optOut": "true"}}, id="optOut is a string"),
        pytest.param(
            {"consent": {"categoryPreferences": '{"advertising": false}'}}, id="preferences as text"
        ),
        pytest.param(management(deniedConsentIds="advertising"), id="denied ids as a string"),
        pytest.param(management(deniedConsentIds=["social", None]), id="a null among denied ids"),
        pytest.param(management(deniedConsentIds=[["advertising"]]), id="a list among denied ids"),
        pytest.param(management(allowedConsentIds=True), id="allowed ids as a boolean"),
        pytest.param(management(allowedConsentIds={"advertising": False}), id="answers among allowed names"),
        pytest.param(management(allowedConsentIds={"advertising": "false"}), id="answers as allowed names"),
    ],
)
def test_a_carrier_of_the_wrong_shape_is_a_refusal_of_every_category(context: object) -> None:
    assert answers(context, ADVERTISING) == REFUSED
    assert answers(context, ANALYTICS) == REFUSED


# Several carriers, several categories


@pytest.mark.parametrize(
    ("consent", "consent_management", "expected"),
    [
        pytest.param(
            {"optOut": {"advertising": "false"}, "categoryPreferences": {"advertising": True}},
            {"allowedConsentIds": ["C0004"]},
            GRANTED,
            id="all agree",
        ),
        pytest.param(
            {"optOut": {"advertising": "true"}, "categoryPreferences": {"advertising": True}},
            {"allowedConsentIds": ["C0004"]},
            REFUSED,
            id="optOut against the others",
        ),
        pytest.param(
            {"optOut": {"advertising": "false"}, "categoryPreferences": {"advertising": False}},
            {"allowedConsentIds": ["C0004"]},
            REFUSED,
            id="preferences against the others",
        ),
        pytest.param(
            {"optOut": {"advertising": "false"}, "categoryPreferences": {"advertising": True}},
            {"deniedConsentIds": ["C0004"]},
            REFUSED,
            id="a denied id against the others",
        ),
        pytest.param(
            {"optOut": {"advertising": "maybe"}, "categoryPreferences": {"advertising": True}},
            {},
            REFUSED,
            id="an unreadable answer against a grant",
        ),
        pytest.param(
            {"optOut": 7, "categoryPreferences": {"advertising": True}},
            {},
            REFUSED,
            id="an unreadable carrier against a grant",
        ),
        pytest.param(
            {"optOut": {}, "categoryPreferences": {"advertising": True}},
            {"allowedConsentIds": ["C0001"], "deniedConsentIds": []},
            GRANTED,
            id="silent carriers leave a grant alone",
        ),
    ],
)
def test_any_refusal_wins_among_carriers(
    consent: object, consent_management: object, expected: tuple[bool, bool]
) -> None:
    assert answers({"consent": consent, "consentManagement": consent_management}) == expected


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (preferences(advertising=True, analytics=True), GRANTED),
        (preferences(advertising=True, analytics=False), REFUSED),
        (preferences(advertising=False, analytics=True), REFUSED),
        (preferences(advertising=True), SILENT),
        ({}, SILENT),
    ],
)
def test_every_category_of_a_destination_must_be_granted(
    context: object, expected: tuple[bool, bool]
) -> None:
    assert answers(context, ADVERTISING, ANALYTICS) == expected
    assert answers(context, ANALYTICS, ADVERTISING) == expected


def test_the_refusal_names_the_category_that_was_refused() -> None:
    signals = read_signals(preferences(advertising=True, analytics=False))

    found = refusal(signals, (ADVERTISING, ANALYTICS), EXPLICIT)

    assert found is not None
    assert found.category == "analytics"


@pytest.mark.parametrize("policy", Policy)
def test_a_destination_without_categories_gets_nothing(policy: Policy) -> None:
    signals = read_signals(preferences(advertising=True))

    assert refusal(signals, (), policy) == Refusal(
        category="",
        sentence="This destination belongs to no consent category, so nobody can have consented to it. "
        "Choose its categories.",
    )


def test_a_policy_read_as_text_is_the_policy() -> None:
    assert refusal(Signals(), (ADVERTISING,), "implied") is None  # type: ignore[arg-type]
    assert refusal(Signals(), (ADVERTISING,), "explicit") is not None  # type: ignore[arg-type]


# Global Privacy Control


@pytest.mark.parametrize("value", [True, "true", "1", 1, "yes", "", {}, []])
def test_gpc_of_any_value_but_false_opts_out_of_sale_and_sharing(value: object) -> None:
    context = {"consent": {"gpc": value, "categoryPreferences": {"advertising": True, "analytics": True}}}

    assert answers(context, ADVERTISING) == REFUSED
    assert answers(context, ANALYTICS) == GRANTED


@pytest.mark.parametrize("value", [False, "false", "0", 0, None])
def test_gpc_turned_off_is_no_grant(value: object) -> None:
    assert answers({"consent": {"gpc": value}}) == SILENT


def test_the_sec_gpc_header_opts_out_of_sale_and_sharing() -> None:
    context = {"consent": {"gpc": False, "categoryPreferences": {"advertising": True, "analytics": True}}}

    assert answers(context, ADVERTISING, gpc_header=True) == REFUSED
    assert answers(context, ANALYTICS, gpc_header=True) == GRANTED


def test_a_pipeline_that_does_not_honour_gpc_reads_the_other_carriers_only() -> None:
    granted = read_signals(preferences(advertising=True), gpc_header=True)
    refused = read_signals(preferences(advertising=False), gpc_header=True)

    assert refusal(granted, (ADVERTISING,), EXPLICIT, honour_gpc=False) is None
    assert refusal(refused, (ADVERTISING,), EXPLICIT, honour_gpc=False) is not None


# Carriers decoded elsewhere


def test_a_decoded_tcf_string_is_a_carrier_like_the_others() -> None:
    category = Category(code="advertising", name="Advertising", cmp_codes=("tcf:3", "tcf:4"))
    both = Carrier(field="context.consent.tcString", answers={"tcf:3": True, "tcf:4": True})
    one = Carrier(field="context.consent.tcString", answers={"tcf:3": True, "tcf:4": False})
    broken = Carrier(field="context.consent.tcString", answers={}, fault="can't be decoded")
    context = preferences(advertising=True)

    assert answers({}, category, decoded=(both,)) == GRANTED
    assert answers(context, category, decoded=(one,)) == REFUSED
    assert answers(context, category, decoded=(broken,)) == REFUSED


# Sentences


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (
            preferences(advertising=False),
            'Consent for "Advertising" was refused: '
            f"context.consent.categoryPreferences.advertising is false. {NEXT_STEP}",
        ),
        (
            opt_out(C0004="TRUE"),
            f'Consent for "Advertising" was refused: context.consent.optOut.C0004 is "TRUE". {NEXT_STEP}',
        ),
        (
            management(deniedConsentIds=["C0002", "C0004"]),
            'Consent for "Advertising" was refused: '
            f"context.consentManagement.deniedConsentIds names C0004. {NEXT_STEP}",
        ),
        (
            preferences(advertising="yes"),
            'Consent for "Advertising" can\'t be read: '
            'context.consent.categoryPreferences.advertising is "yes", '
            f"and only true and false are understood. {FAIL_CLOSED}",
        ),
        (
            {"consent": {"optOut": ["advertising"]}},
            'Consent for "Advertising" can\'t be read: '
            f"context.consent.optOut is a list, and an object belongs there. {FAIL_CLOSED}",
        ),
        (
            management(deniedConsentIds="C0004"),
            'Consent for "Advertising" can\'t be read: '
            'context.consentManagement.deniedConsentIds is "C0004", '
            f"and a list of strings belongs there. {FAIL_CLOSED}",
        ),
        (
            {"consent": {"gpc": "1"}},
            'Consent for "Advertising" was refused by Global Privacy Control: context.consent.gpc is "1", '
            "and the category counts as sale or sharing. "
            "Nothing to do unless the visitor turns the control off.",
        ),
        (
            {},
            'No consent signal for "Advertising": the event carries no consent at all. '
            "The pipeline's policy is explicit, so an event must carry a grant "
            "(for example context.consent.categoryPreferences.advertising = true).",
        ),
        (
            {"consent": {"explicit": "true", "optOut": {"analytics": "false"}}},
            'No consent signal for "Advertising": it is not named in '
            "context.consent.optOut or context.consent.explicit. "
            "The pipeline's policy is explicit, so an event must carry a grant "
            "(for example context.consent.categoryPreferences.advertising = true).",
        ),
    ],
)
def test_a_refusal_says_what_was_found_and_what_to_do(context: object, expected: str) -> None:
    assert sentence(context) == expected


def test_the_header_is_named_when_it_refused() -> None:
    found = refusal(read_signals({}, gpc_header=True), (ADVERTISING,), IMPLIED)

    assert found is not None
    assert found.sentence.startswith(
        'Consent for "Advertising" was refused by Global Privacy Control: the Sec-GPC header is 1, '
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (2, "2"),
        (0.5, "0.5"),
        pytest.param(10**5000, "a number", id="too long to print"),
        (float("inf"), "a number"),
        ([False], "a list"),
        ({"a": 1}, "an object"),
        ("no\x00\ud800", r'"no\u0000\ud800"'),
        ("jane.doe@example.com, +1 555 0100", '"jane.doe@example.com"'),
    ],
)
def test_what_was_found_is_shown_short_and_in_plain_ascii(value: object, shown: str) -> None:
    assert f"advertising is {shown}, and only" in sentence(preferences(advertising=value))


# Properties

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=8,
)
CODES = st.sampled_from(["advertising", "C0004", "marketing", "analytics", "C0002", "social"])
ANSWERS = st.dictionaries(CODES, st.booleans() | st.sampled_from(["true", "false", 1, 0, "x", None]))
IDS = st.lists(CODES, max_size=3)


def contexts(garbage: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Contexts with any of the carriers, where garbage may stand in the place of each."""
    consent = st.fixed_dictionaries(
        {},
        optional={
            "explicit": st.booleans() | garbage,
            "optOut": ANSWERS | garbage,
            "categoryPreferences": ANSWERS | garbage,
            "gpc": st.booleans() | garbage,
        },
    )
    ids = st.fixed_dictionaries(
        {}, optional={"allowedConsentIds": IDS | garbage, "deniedConsentIds": IDS | garbage}
    )
    return st.fixed_dictionaries(
        {}, optional={"consent": consent | garbage, "consentManagement": ids | garbage}
    )


CATEGORIES = st.lists(st.sampled_from([ADVERTISING, ANALYTICS]), min_size=1, max_size=2, unique=True)
POLICIES = st.sampled_from(Policy)
ADDED_REFUSALS = st.sampled_from(
    [
        ("consent", "optOut", {"advertising": "true"}),
        ("consent", "optOut", {"C0004": "true"}),
        ("consent", "categoryPreferences", {"advertising": False}),
        ("consent", "categoryPreferences", {"marketing": "unreadable"}),
        ("consent", "gpc", True),
        ("consentManagement", "deniedConsentIds", ["C0004"]),
    ]
)


def with_refusal(context: dict[str, Any], added: tuple[str, str, Any]) -> dict[str, Any]:
    """The same context with one refusal of advertising more, and nothing else taken away."""
    parent, key, value = added
    context = copy.deepcopy(context)
    carrier = context.setdefault(parent, {})
    if isinstance(value, dict):
        carrier.setdefault(key, {}).update(value)
    elif isinstance(value, list):
        carrier.setdefault(key, []).extend(value)
    else:
        carrier[key] = value
    return context


@given(
    context=contexts(ANY_JSON) | ANY_JSON, categories=CATEGORIES, policy=POLICIES, gpc_header=st.booleans()
)
def test_no_json_raises_and_every_sentence_can_be_stored(
    context: object, categories: list[Category], policy: Policy, gpc_header: bool
) -> None:
    found = refusal(read_signals(context, gpc_header=gpc_header), categories, policy)

    if found is not None:
        assert found.category in {category.code for category in categories}
        assert found.sentence.isascii()
        assert found.sentence.isprintable()


@given(context=contexts(st.nothing()), added=ADDED_REFUSALS, policy=POLICIES)
def test_one_refusal_anywhere_wins(
    context: dict[str, Any], added: tuple[str, str, Any], policy: Policy
) -> None:
    assert not is_granted(with_refusal(context, added), policy, ADVERTISING)


@given(context=contexts(st.nothing()), added=ADDED_REFUSALS, categories=CATEGORIES, policy=POLICIES)
def test_one_refusal_more_never_makes_a_grant(
    context: dict[str, Any], added: tuple[str, str, Any], categories: list[Category], policy: Policy
) -> None:
    before = is_granted(context, policy, *categories)
    after = is_granted(with_refusal(context, added), policy, *categories)

    assert before or not after


@given(context=contexts(ANY_JSON) | ANY_JSON, categories=CATEGORIES, gpc_header=st.booleans())
def test_implied_grants_all_that_explicit_grants(
    context: object, categories: list[Category], gpc_header: bool
) -> None:
    explicit, implied = answers(context, *categories, gpc_header=gpc_header)

    assert implied or not explicit


@given(context=contexts(ANY_JSON) | ANY_JSON, policy=POLICIES)
def test_a_destination_with_two_categories_gets_what_both_grant(context: object, policy: Policy) -> None:
    each = [is_granted(context, policy, category) for category in (ADVERTISING, ANALYTICS)]

    assert is_granted(context, policy, ADVERTISING, ANALYTICS) == all(each)


@given(context=contexts(ANY_JSON))
def test_reading_leaves_the_event_as_it_was(context: dict[str, Any]) -> None:
    before = repr(context)

    read_signals(context)

    assert repr(context) == before
