"""Response rules on whole answers: what they mean for each event of a request."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.core.outcome import Verdict
from delivery.core.response import BODY_LIMIT, Response
from integrations.core.vendor import DefinitionError
from integrations.core.vendor.responses import (
    LONG_ANSWER,
    answer_limit,
    compile_rules,
    judge_response,
    sample_of,
)

NOW = datetime(2024, 1, 15, 10, 31, tzinfo=UTC)


def judged(
    rules: list[dict[str, Any]], status: int, body: object, members: int = 3, **more: Any
) -> list[tuple[str, str]]:
    """Verdict and reason of each member."""
    response = Response(status=status, body=body if isinstance(body, bytes) else json.dumps(body).encode())
    judgements = judge_response(
        compile_rules(rules, ("responses",)), response, "Acme", members=members, now=NOW, **more
    )
    return [(judgement.verdict.value, judgement.reason) for judgement in judgements]


BY_POSITION = [
    {
        "status": 200,
        "verdict": "delivered",
        "except": [
            {"each": "events", "when": "status=='failed'", "verdict": "rejected", "reason": "error_message"},
            {"each": "events", "when": "warning", "verdict": "delivered", "reason": "warning"},
        ],
    }
]


def test_results_in_the_requests_order_are_told_apart() -> None:
    events = [{"status": "processed"}, {"status": "failed", "error_message": "no id"}, {"warning": "old"}]

    assert judged(BY_POSITION, 200, {"events": events}) == [
        ("delivered", ""),
        ("rejected", "Acme answered 200 and named this event: no id"),
        ("delivered", "Acme took it and remarks: old"),
    ]


BY_INDEX = [
    {
        "status": [200, 400],
        "verdict": "delivered",
        "except": [
            {
                "each": "error.details",
                "index": "index",
                "when": "!isWarning",
                "verdict": "rejected",
                "reason": "errorMessage",
            }
        ],
    },
    {"status": 400, "verdict": "rejected", "reason": "error.message"},
]


def test_named_indices_are_refused_and_the_others_are_delivered_whatever_the_status() -> None:
    details = [
        {"index": 2, "errorMessage": "bad url"},
        {"index": "2", "errorMessage": "bad time"},
        {"index": 0, "errorMessage": "odd", "isWarning": True},
    ]

    assert judged(BY_INDEX, 400, {"error": {"details": details}}) == [
        ("delivered", ""),
        ("delivered", ""),
        ("rejected", "Acme answered 400 and named this event: bad url; bad time"),
    ]


def test_a_refusal_that_names_nobody_is_never_a_delivery() -> None:
    unplaced = {"error": {"message": "no such tag", "details": [{"index": 7, "errorMessage": "x"}]}}

    assert {verdict for verdict, _ in judged(BY_INDEX, 400, unplaced)} == {"rejected"}
    assert {verdict for verdict, _ in judged(BY_INDEX, 400, {"error": {"message": "no"}})} == {"rejected"}
    assert {verdict for verdict, _ in judged(BY_INDEX, 400, b"<html>")} == {"rejected"}


BY_FIELD = [
    {
        "status": 400,
        "verdict": "again",
        "except": [
            {"each": "events_with_invalid_fields", "verdict": "rejected", "sentence": "the value is invalid"},
            {"each": "silenced_events", "verdict": "rejected", "sentence": "silenced"},
        ],
    },
    {"status": 400, "verdict": "rejected", "reason": "error"},
]


def test_fields_with_indices_refuse_those_and_spare_the_rest() -> None:
    body = {"events_with_invalid_fields": {"time": [0], "ip": [0, 9]}, "silenced_events": [2]}

    assert judged(BY_FIELD, 400, body) == [
        (
            "rejected",
            "Acme answered 400 and named this event: time: the value is invalid; ip: the value is invalid",
        ),
        (
            "again",
            "Acme answered 400 and took none, because of others in the same request. "
            "Sent again without them.",
        ),
        ("rejected", "Acme answered 400 and named this event: silenced"),
    ]
    assert judged(BY_FIELD, 400, {"error": "no key"}, 1) == [("rejected", "Acme answered 400: no key")]


def test_entries_may_be_keyed_by_index() -> None:
    rules = [
        {"status": 207, "verdict": "delivered", "except": [{"each": "e", "verdict": "failed", "reason": "m"}]}
    ]

    assert [verdict for verdict, _ in judged(rules, 207, {"e": {"1": {"m": "busy"}}})] == [
        "delivered",
        "failed",
        "delivered",
    ]


def test_an_index_counts_within_the_array_that_the_entry_names() -> None:
    rules = [
        {
            "status": 201,
            "verdict": "delivered",
            "except": [
                {
                    "each": "errors",
                    "index": "index",
                    "array": "input_array",
                    "verdict": "rejected",
                    "reason": "type",
                }
            ],
        }
    ]
    arrays = {"events": [0, 2], "purchases": [1, 1]}
    errors = [{"type": "no name", "input_array": "purchases", "index": 1}]

    found = judged(rules, 201, {"errors": errors}, 3, arrays=arrays)

    assert [verdict for verdict, _ in found] == ["delivered", "rejected", "delivered"]


ATOMIC = [{"status": 400, "verdict": "split", "reason": "error.message"}]


def test_an_atomic_batch_is_halved_until_one_event_stands_alone() -> None:
    response = Response(status=400, body=b'{"error":{"message":"bad"}}')
    rules = compile_rules(ATOMIC, ())

    many = judge_response(rules, response, "Acme", members=5, now=NOW)
    alone = judge_response(rules, response, "Acme", members=1, now=NOW)

    assert [(one.verdict, one.most_together) for one in many] == [(Verdict.AGAIN, 3)] * 5
    assert "sent again in halves" in many[0].reason
    assert [(one.verdict, one.reason) for one in alone] == [(Verdict.REJECTED, "Acme answered 400: bad")]


XML = [
    {"status": 200, "body": {"contains": "<bad>0</bad>"}, "verdict": "delivered"},
    {"status": 200, "body": {"pattern": "<bad>[1-9]"}, "verdict": "rejected", "sentence": "a bad record."},
    {"status": 200, "verdict": "rejected", "reason": {"pattern": "<error>([^<]*)</error>"}},
]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<r><bad>0</bad></r>", ("delivered", "")),
        (b"<r><bad>12</bad></r>", ("rejected", "Acme answered 200: a bad record.")),
        (b"<r><error> Access denied </error></r>", ("rejected", "Acme answered 200: Access denied")),
        (b"", ("rejected", "Acme answered 200, but its body does not say that the event was taken.")),
    ],
)
def test_answers_that_are_no_json_are_read_as_text(body: bytes, told: tuple[str, str]) -> None:
    assert judged(XML, 200, body, 1) == [told]


def test_the_receipt_of_a_delivery_is_kept() -> None:
    rules = [{"status": 200, "verdict": "delivered", "receipt": "requestId"}]

    assert judged(rules, 200, {"requestId": "r-7"}, 1) == [("delivered", "Receipt of Acme: r-7.")]
    assert judged(rules, 200, {}, 1) == [("delivered", "")]


@pytest.mark.parametrize(
    ("declared", "headers", "body", "seconds"),
    [
        ({"header": "X-Reset", "as": "unix_s"}, {"x-reset": "1705314720"}, "{}", 60),
        ({"header": "X-Reset", "as": "unix_ms"}, {"X-Reset": "1705314720000"}, "{}", 60),
        ({"header": "X-Wait", "as": "ms"}, {"X-Wait": "1500"}, "{}", 1.5),
        ({"header": "X-Wait"}, {"X-Wait": "Mon, 15 Jan 2024 10:32:00 GMT"}, "{}", 60),
        ({"jmespath": "wait"}, {}, '{"wait": 7}', 7),
        ({"header": "X-Wait"}, {"Retry-After": "9"}, "{}", 9),
        ({"header": "X-Wait"}, {"X-Wait": "nan", "Retry-After": "9"}, "{}", 9),
        ({"header": "X-Wait"}, {"X-Wait": "-1", "Retry-After": "9"}, "{}", 9),
        ({"header": "X-Wait"}, {}, "{}", None),
    ],
)
def test_a_wait_may_stand_elsewhere_than_in_retry_after(
    declared: dict[str, str], headers: dict[str, str], body: str, seconds: float | None
) -> None:
    rules = compile_rules([{"status": 429, "verdict": "throttled", "retry_after": declared}], ())
    response = Response(status=429, headers=tuple(headers.items()), body=body.encode())

    judgement = judge_response(rules, response, "Acme", members=1, now=NOW)[0]

    assert (judgement.verdict, judgement.retry_after_s) == (Verdict.THROTTLED, seconds)


def test_long_answers_are_read_only_where_they_speak_of_every_event() -> None:
    assert answer_limit(compile_rules(BY_POSITION, ())) == LONG_ANSWER
    assert answer_limit(compile_rules(ATOMIC, ())) == BODY_LIMIT


def test_a_sample_must_be_what_its_rule_is_for() -> None:
    ok = {"status": "2xx", "body": {"jmespath": "code == `0`"}, "verdict": "delivered", "sample": {"code": 0}}
    bad = {"status": "2xx", "verdict": "rejected", "reason": "message", "sample": {"code": 7}}

    rules = compile_rules([ok, bad], ())

    assert sample_of(rules) == Response(status=200, body=b'{"code": 0}')
    for wrong in ([{**ok, "sample": {"code": 1}}], [{**bad, "sample": "x"}, ok]):
        with pytest.raises(DefinitionError, match="sample"):
            compile_rules([*wrong], ("responses",))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"status": 400, "verdict": "again"}, "`again` is for the events that `except` does not name"),
        ({"verdict": "rejected", "reason": {"pattern": "<e>"}}, "exactly one group"),
        ({"verdict": "rejected", "body": {"pattern": "(?=a)"}}, "no regular expression of RE2"),
        ({"verdict": "rejected", "body": {"pattern": "a" * 301}}, "1 to 300 characters"),
        ({"verdict": "delivered", "except": [{"each": "a[", "verdict": "failed"}]}, "no valid JMESPath"),
    ],
)
def test_rules_that_are_refused(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        compile_rules([rule], ("responses",))

    assert message in str(caught.value)


answers = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["events", "status", "index", "error", "details", "0", "silenced_events"]), inner
        )
    ),
    max_leaves=15,
)


@settings(deadline=None)
@given(answers, st.sampled_from([200, 207, 400, 503]), st.integers(1, 4))
def test_any_answer_judges_every_member(body: object, status: int, members: int) -> None:
    for rules in (BY_POSITION, BY_INDEX, BY_FIELD, ATOMIC):
        assert len(judged(rules, status, body, members)) == members
