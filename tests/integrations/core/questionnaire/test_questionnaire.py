"""The questionnaire: every answer sets a key that is seen in what is sent, judged, asked or shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from delivery.core.response import Response
from integrations.core.normalise import normalise
from integrations.core.questionnaire import QUESTIONS, Kind, definition, read_answers
from integrations.core.vendor import Mode, Vendor, compile_vendor

from .filled import BATCH, GET

NOW = datetime(2026, 11, 26, 10, 1, tzinfo=UTC)
SETTINGS = {"credential": "k", "user": "u"}
PRODUCTS = [{"product_id": "a|b", "price": 1, "brand": "B"}, {"sku": "c", "price": "2.5", "quantity": 2}]
ORDER: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "userId": "u-1",
    "timestamp": "2026-11-26T10:00:00Z",
    "properties": {"order_id": "O-1", "revenue": 5.5, "colour": "red", "products": PRODUCTS},
    "context": {
        "ip": "203.0.113.7",
        "userAgent": "Mozilla/5.0",
        "page": {"url": "https://shop.example/?pxid=c1&other=c2"},
        "traits": {"email": " Jane@Example.com "},
        "consent": {"gpc": True},
        "providers": {"pixelry": {"vendor_id": "v-1"}},
    },
}
OTHER = {**ORDER, "event": "Wishlist Shared"}
NOBODY = {**ORDER, "userId": None, "anonymousId": "a-1", "context": {}}
ANSWERS = [
    Response(status=status, body=body)
    for status in (200, 202, 404, 423, 422)
    for body in (b"", b'{"status": "ok"}', b'{"status": "no", "error": {"message": "wrong"}, "why": "bad"}')
]


def vendor_of(answers: dict[str, Any]) -> Vendor:
    read, problems = read_answers(answers)
    assert problems == []
    document, problems = definition(read, slug="pixelry", today="2026-11-26")
    assert problems == []
    return compile_vendor(document)


def sent(vendor: Vendor, raw: dict[str, Any], mode: Mode) -> str:
    """The request that carries the event, or why there is none."""
    element = vendor.render(normalise(raw, received_at=NOW), SETTINGS, now=NOW, mode=mode)
    if not hasattr(element, "body"):
        return repr(element)
    requests = vendor.requests([element, element], SETTINGS, mode=mode)
    return repr([getattr(one, "request", one) for one in requests])


def behaviour(answers: dict[str, Any]) -> dict[str, Any]:
    """What the vendor does: requests of three events in two modes, judgements, and what the file gets."""
    vendor = vendor_of(answers)
    operation = vendor.operations["event"]
    return {
        "sent": [
            sent(vendor, raw, mode) for raw in (ORDER, OTHER, NOBODY) for mode in (Mode.LIVE, Mode.TEST)
        ],
        "judged": [vendor.judge("event", answer, 1, now=NOW) for answer in ANSWERS],
        "paced": operation.rate_limit,
        "repeats": (operation.on_unknown_outcome, operation.deduplication),
        "browser": (vendor.click_ids, vendor.identity_syncs),
        "settings": vendor.settings,
        "consent": vendor.consent,
        "said": {
            key: vendor.document.get(key)
            for key in ("name", "about", "docs", "prerequisites", "client_side_functions_lost")
        },
    }


FETCHED = {
    "identity": "fetch",
    "identity_url": "https://id.pixelry.example/id",
    "identity_path": "data.id",
    "identifiers": [*GET["identifiers"], {"identifier": "vendor_id", "parameter": "vid"}],  # type: ignore[misc]
}
COOKIE = {"identity": "cookie", "identity_cookie": "_px"}
TESTED = {"test": "query", "test_name": "debug"}
# question -> the form it changes, answers that it needs, and the other answer
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], Any]] = {
    "name": (GET, {}, "Pixelry Two"),
    "about": (GET, {}, "Something else."),
    "docs_url": (GET, {}, "https://docs.pixelry.example/"),
    "method": (GET, {}, "POST"),
    "url": (GET, {}, "https://other.pixelry.example/p.gif"),
    "body": (BATCH, {"batch_size": 1, "batch_field": "", "products_field": ""}, "form"),
    "batch_size": (BATCH, {}, 1),
    "batch_field": (BATCH, {}, "rows"),
    "url_length": (GET, {}, "150"),
    "parameter_length": (GET, {}, 3),
    "list_style": (GET, {}, "indexed"),
    "forbidden": (GET, {"escaping": "replace"}, "|"),
    "escaping": (GET, {"forbidden": "|"}, "reject"),
    "order": (GET, {}, "alphabetical"),
    "auth": (GET, {}, "header"),
    "auth_name": (GET, {}, "token"),
    "rate_limit": (GET, {}, 5),
    "ip_allow_list": (GET, {}, "yes"),
    "identifiers": (BATCH, {}, [{"identifier": "email", "parameter": "em", "form": "md5"}]),
    "needs_identifier": (BATCH, {"identifiers": BATCH["identifiers"]}, "no"),
    "click_id_parameter": (GET, {}, "other"),
    "click_id_days": (GET, {}, 7),
    "events": (GET, {}, [{"event": "Order Completed", "name": "sale"}]),
    "event_parameter": (GET, {}, "ev"),
    "other_events": (GET, {}, "pass"),
    "parameters": (
        GET,
        {"events": [{"event": "Order Completed", "name": "p"}]},
        [{"parameter": "when", "value": "timestamp", "form": "unix_ms"}],
    ),  # type: ignore[index]
    "products_field": (BATCH, {}, "contents"),
    "products": (GET, {}, [{"parameter": "brands", "value": "brand"}]),
    "custom_parameters": (GET, {}, "pass"),
    "identity": (GET, {**COOKIE, "identity": "none"}, "cookie"),
    "identity_url": (GET, FETCHED, "https://id2.pixelry.example/id"),
    "identity_method": (GET, FETCHED, "POST"),
    "identity_path": (GET, FETCHED, "id"),
    "identity_credentials": (GET, FETCHED, "yes"),
    "identity_cookie": (GET, COOKIE, "_other"),
    "identity_days": (GET, COOKIE, 30),
    "consent": (GET, {}, "analytics"),
    "opt_out_parameter": (GET, {}, "optout"),
    "opt_out_value": (GET, {"opt_out_parameter": "optout"}, "yes"),
    "test": (GET, {"test_name": "debug"}, "field"),
    "test_name": (GET, TESTED, "dry_run"),
    "test_value": (GET, TESTED, "1"),
    "test_url": (
        GET,
        {"test": "url", "test_url": "https://test.pixelry.example/"},
        "https://t2.pixelry.example/",
    ),
    "success_codes": (GET, {}, "202"),
    "success_field": (GET, {}, "status=ok"),
    "retry_codes": (GET, {}, "404"),
    "reason_field": (GET, {}, "why"),
    "dedup_parameter": (GET, {}, ""),
    "dedup_value": (GET, {}, "order_id"),
    "dedup_window": (GET, {}, "48 hours"),
    "lost": (GET, {}, ["chat"]),
}


def test_no_question_is_left_out():
    assert list(CHANGES) == [question.key for question in QUESTIONS]


@pytest.mark.parametrize("key", CHANGES)
def test_every_answer_changes_what_the_vendor_does_or_says(key):
    form, needed, answer = CHANGES[key]

    assert behaviour({**form, **needed, key: answer}) != behaviour({**form, **needed})


def test_a_get_vendor_gets_its_parameters_in_the_order_of_the_questionnaire():
    assert sent(vendor_of(GET), ORDER, Mode.LIVE).count(
        "https://px.pixelry.example/p.gif?api_key=k&e=purchase&mid=m-1&cid=c1"
        "&em=8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"
        "&oid=O-1&amount=5.5&ids=a%7Cb%2Cc&prices=1%2C2.5"
    )


def test_custom_parameters_are_the_properties_that_no_parameter_reads():
    assert "&colour=red'" in sent(vendor_of({**GET, "custom_parameters": "pass"}), ORDER, Mode.LIVE)
    assert "order_id" not in sent(vendor_of({**GET, "custom_parameters": "pass"}), ORDER, Mode.LIVE)
    assert "colour" not in sent(vendor_of(GET), ORDER, Mode.LIVE)


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"name": ""}, "name", "An answer is needed."),
        ({"url": "http://px.pixelry.example/"}, "url", "must begin with https://"),
        ({"url": "https://10/"}, "url", "needs a host name"),
        ({"url": "https://[1/"}, "url", "This is no address"),
        ({"url": "https://u:p@px.example/"}, "url", "Leave user, password"),
        ({"method": "PUT"}, "method", "Choose one of POST, GET."),
        ({"url_length": "long"}, "url_length", "Give a whole number."),
        ({"url_length": 7}, "url_length", "Give a number from 100 to 65,536."),
        ({"lost": ["cat"]}, "lost", "cat is none of the choices."),
        ({"events": "all"}, "events", "Give a list of rows."),
        ({"events": [{"event": "Lead"}]}, "events", "Fill this in"),
        ({"about": "x" * 501}, "about", "At most 500 characters"),
        ({"colour": "red"}, "colour", "There is no such question."),
    ],
)
def test_a_bad_answer_is_told_beside_its_question(changes, key, words):
    _, problems = read_answers({**GET, **changes})

    assert [problem.key for problem in problems] == [key]
    assert words in problems[0].sentence


@pytest.mark.parametrize(
    ("form", "changes", "key", "words"),
    [
        (GET, {"click_id_parameter": ""}, "click_id_parameter", "in which URL parameter"),
        (
            GET,
            {"identifiers": [{"identifier": "vendor_id", "parameter": "v"}]},
            "identity",
            "how the browser",
        ),
        (
            GET,
            {"identifiers": [{"identifier": "ip", "parameter": "i", "form": "md5"}]},
            "identifiers",
            "raw only",
        ),
        (
            GET,
            {"events": [{"event": "Lead", "name": "l", "required": "x"}]},
            "events",
            "none of your parameters",
        ),
        (BATCH, {"body": "form", "products_field": ""}, "batch_size", "A form carries one event."),
        (GET, {"dedup_parameter": "oid"}, "parameters", "`oid` is named twice"),
    ],
)
def test_answers_that_do_not_go_together_are_told(form, changes, key, words):
    answers, problems = read_answers({**form, **changes})
    assert problems == []

    _, problems = definition(answers, slug="x", today="2026-11-26")

    assert [problem.key for problem in problems] == [key]
    assert words in problems[0].sentence


def test_every_choice_of_every_question_compiles():
    everything = {"auth_name": "X-Key", **COOKIE, **FETCHED, **TESTED, "test_url": "https://t.example/"}
    for question in QUESTIONS:
        if question.kind is Kind.CHOICE:
            form, needed, _ = CHANGES[question.key]
            for value, _ in question.choices:
                answers = {**form, **everything, "click_id_parameter": "pxid", **needed, question.key: value}
                if value == "form":
                    answers |= {"batch_size": 1, "products_field": ""}
                if question.key == "identity":
                    answers["identifiers"] = GET["identifiers"]
                vendor_of(answers)
