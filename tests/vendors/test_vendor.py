"""The compiled vendor's public API: plan, render, requests, judge, settings."""

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from delivery.core.outcome import Verdict
from delivery.core.response import Failure, Response
from integrations.core.event import TYPES, Event
from integrations.core.vendor import (
    BatchRequest,
    DefinitionError,
    Element,
    Mode,
    Planned,
    Refused,
    Rejected,
    RejectReason,
    Skipped,
    SkipReason,
    UnknownOutcome,
    Vendor,
    compile_vendor,
)
from integrations.services.catalogue import catalogue
from tests.vendors.samples import NOW, event_of

VENDORS = {slug: file.vendor for slug, file in catalogue().items()}
ADROLL, PARTNERSTACK = VENDORS["adroll"], VENDORS["partnerstack"]
SETTINGS: dict[str, object] = {
    "advertisable_eid": "ADV",
    "pixel_eid": "PIX",
    "server_access_token": "s3cr/et token",
}
PAGE: dict[str, Any] = {
    "type": "page",
    "anonymousId": "a-1",
    "timestamp": "2024-01-15T10:30:00Z",
    "context": {
        "ip": "203.0.113.7",
        "page": {"url": "https://e.example/p"},
        "providers": {"adroll": {"adct": "c"}},
    },
}


def acme(
    *, settings: dict[str, Any] | None = None, when: dict[str, Any] | None = None, **operation: Any
) -> Vendor:
    """A small vendor with one operation."""
    declared = {
        "method": "POST",
        "url": "https://api.example.com/v1",
        "fields": {"name": "$event"},
        **operation,
    }
    return compile_vendor(
        {
            "slug": "acme",
            "name": "Acme",
            "about": "A vendor of tests.",
            "docs": [],
            "verified_on": "2026-11-21",
            "consent": {"classification": "analytics"},
            "questionnaire": {
                "identifiers": ["user id"],
                "event_endpoint": "x",
                "identity_endpoint": "x",
                "consent_classification": "x",
                "validation_method": "x",
            },
            "settings": {
                "key": {"type": "string", "label": "Key", "secret": True},
                "base": {"type": "url", "label": "Address"},
                **(settings or {}),
            },
            "operations": {"event": declared},
            "events": [{"rule": "any", "when": when or {"type": ["track"]}, "operation": "event"}],
            "fallback": "drop",
            "test_mode": {"supported": True},
            "examples": [],
        }
    )


def track(name: str = "Hello", **extra: Any) -> Event:
    return event_of(
        {"type": "track", "event": name, "anonymousId": "a", "timestamp": "2024-01-15T10:30:00Z", **extra}
    )


def rendered(
    vendor: Vendor, event: Event, values: dict[str, object] | None = None, mode: Mode = Mode.LIVE
) -> Element:
    element = vendor.render(event, values or {}, now=NOW, mode=mode)
    assert isinstance(element, Element), element
    return element


def sent(
    vendor: Vendor, elements: list[Element], values: dict[str, object] | None = None
) -> list[BatchRequest]:
    items = vendor.requests(elements, values or {}, mode=Mode.LIVE)
    assert all(isinstance(item, BatchRequest) for item in items), items
    return [item for item in items if isinstance(item, BatchRequest)]


def test_plan_names_operation_and_rule_or_the_reason() -> None:
    assert ADROLL.plan(event_of(PAGE), SETTINGS) == Planned(operation="event", rule="page")
    skipped = ADROLL.plan(track("Nothing Known"), SETTINGS)
    assert isinstance(skipped, Skipped)
    assert skipped.reason is SkipReason.UNMAPPED
    assert '"Nothing Known"' in skipped.sentence


def test_a_sign_up_without_click_says_where_to_capture_it() -> None:
    skipped = PARTNERSTACK.plan(track("Signed Up"), {})

    assert isinstance(skipped, Skipped)
    assert skipped.reason is SkipReason.MISSING_CLICK_ID
    assert "Capture ps_xid on the landing page and pass it in properties.ps_xid." in skipped.sentence


def test_a_batch_is_cut_at_a_hundred() -> None:
    element = rendered(ADROLL, event_of(PAGE), SETTINGS)

    requests = sent(ADROLL, [element] * 250, SETTINGS)

    assert [len(request.members) for request in requests] == [100, 100, 50]
    assert requests[1].members[0] == 100
    assert len(json.loads(requests[0].request.body)) == 100


def test_a_batch_is_cut_at_its_bytes_and_one_too_large_is_refused() -> None:
    vendor = acme(envelope="array", batch={"max_count": 10, "max_bytes": 1_000})
    small, large = rendered(vendor, track("x" * 300)), rendered(vendor, track("x" * 1_000))

    items = vendor.requests([small, large, small, small, small], {}, mode=Mode.LIVE)

    assert [item.members for item in items] == [(0, 2, 3), (4,), (1,)]
    assert isinstance(items[2], Refused)
    assert items[2].code is RejectReason.TOO_LARGE
    assert "at most 1000 are allowed" in items[2].reason
    assert all(len(item.request.body) <= 1_000 for item in items if isinstance(item, BatchRequest))


def test_one_event_of_a_batch_may_have_a_limit_of_its_own() -> None:
    batch = {"max_count": 10, "max_bytes": 10_000}
    vendor = acme(envelope="array", batch=batch, limits={"element_bytes": 500})
    small, large = rendered(vendor, track("x" * 300)), rendered(vendor, track("x" * 1_000))

    items = vendor.requests([small, large, small], {}, mode=Mode.LIVE)

    assert [item.members for item in items] == [(0, 2), (1,)]
    assert isinstance(items[1], Refused)
    assert "at most 500 are allowed" in items[1].reason


def test_purchases_and_other_events_do_not_share_a_request() -> None:
    purchase = event_of({**PAGE, "type": "track", "event": "Order Completed"})
    elements = [rendered(ADROLL, event_of(PAGE), SETTINGS), rendered(ADROLL, purchase, SETTINGS)]

    assert [request.operation for request in sent(ADROLL, elements * 2, SETTINGS)] == ["event", "purchase"]
    assert ADROLL.operations["purchase"].on_unknown_outcome is UnknownOutcome.HOLD
    assert ADROLL.retry_on_unknown("event") is True
    assert ADROLL.retry_on_unknown("purchase") is False


def test_an_envelope_carries_declared_parts_around_the_events() -> None:
    vendor = acme(
        envelope={"data": {"events": "$elements"}, "test_code": {"constant": "T", "when": {"mode": "test"}}},
        batch={"max_count": 10},
    )
    element = rendered(vendor, track())

    live = vendor.requests([element, element], {}, mode=Mode.LIVE)[0]
    test = vendor.requests([element], {}, mode=Mode.TEST)[0]

    assert isinstance(live, BatchRequest) and isinstance(test, BatchRequest)
    assert live.request.body == b'{"data":{"events":[{"name":"Hello"},{"name":"Hello"}]}}'
    assert test.request.body == b'{"data":{"events":[{"name":"Hello"}]},"test_code":"T"}'


def test_gzip_is_the_same_bytes_each_time_and_readable_in_the_log() -> None:
    vendor = acme(gzip={"over_bytes": 10})
    first, second = (sent(vendor, [rendered(vendor, track())])[0].request for _ in range(2))

    assert first.body == second.body
    assert gzip.decompress(first.body) == first.logged_body == b'{"name":"Hello"}'
    assert ("Content-Encoding", "gzip") in first.headers


def test_a_form_body_keeps_the_order_of_the_file() -> None:
    vendor = acme(body="form", fields={"b": "$event", "a": ["x y", "z"], "empty": "$properties.none"})

    request = sent(vendor, [rendered(vendor, track("é&"))])[0].request

    assert request.body == b"b=%C3%A9%26&a=x%20y%2Cz"
    assert request.headers == (("Content-Type", "application/x-www-form-urlencoded"),)


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ({"bearer": "$settings.key"}, "Bearer k-1"),
        (
            {"header": "Authorization", "scheme": "Klaviyo-API-Key", "value": "$settings.key"},
            "Klaviyo-API-Key k-1",
        ),
        ({"header": "Authorization", "value": "$settings.key"}, "k-1"),
        (
            {"basic": {"user": "$settings.key", "password": "$settings.base"}},
            "Basic " + base64.b64encode(b"k-1:").decode(),
        ),
    ],
)
def test_headers_of_authentication(auth: object, header: str) -> None:
    vendor = acme(auth=auth)

    request = sent(vendor, [rendered(vendor, track())], {"key": "k-1"})[0].request

    assert dict(request.headers)["Authorization"] == header


def test_parameters_of_a_path_are_segments_and_a_lists_objects_stand_in_brackets() -> None:
    items = {"each": "products", "item": {"sku": ".sku", "quantity": ".quantity"}}
    vendor = acme(
        method="GET",
        url="https://api.example.com/c",
        query={"v": "1"},
        parameters="path",
        fields={"order": {"from": "order_id"}, "missing": "$properties.nothing", "items": items},
    )
    products = [{"sku": "a/b", "quantity": 1}, {"sku": "c]:", "quantity": 2}]

    element = rendered(vendor, track(properties={"order_id": "O 1", "products": products}))

    path = "/c/order:O%201/[sku:a%2Fb/quantity:1][sku:c%5D%3A/quantity:2]?v=1"
    assert sent(vendor, [element])[0].request.url == f"https://api.example.com{path}"


def test_inserted_parts_of_a_path_are_encoded() -> None:
    vendor = acme(url="https://api.example.com/v1/events:ingest/{$properties.id}")
    render = lambda value: vendor.render(track(properties={"id": value}), {}, now=NOW, mode=Mode.LIVE)  # noqa: E731

    assert render("a/b?c=%").url == "https://api.example.com/v1/events:ingest/a%2Fb%3Fc%3D%25"
    assert isinstance(render(".."), Rejected)
    assert isinstance(render(None), Rejected)


@pytest.mark.parametrize(
    ("mode", "base", "url"),
    [
        (Mode.TEST, "https://eu.example.com", "https://api.example.com/check"),
        (Mode.LIVE, "https://eu.example.com", "https://eu.example.com/v1"),
        (Mode.LIVE, "", "https://api.example.com/v1"),
    ],
)
def test_the_first_url_whose_condition_holds_is_used(mode: Mode, base: str, url: str) -> None:
    vendor = acme(
        url=[
            {"when": {"mode": "test"}, "url": "https://api.example.com/check"},
            {"when": {"set": "$settings.base"}, "url": "{$settings.base}/v1"},
            {"url": "https://api.example.com/v1"},
        ]
    )
    values: dict[str, object] = {"base": base}

    (item,) = vendor.requests([rendered(vendor, track(), values, mode)], values, mode=mode)

    assert isinstance(item, BatchRequest)
    assert item.request.url == url


def test_every_form_of_a_secret_is_declared() -> None:
    element = rendered(ADROLL, event_of(PAGE), SETTINGS)
    request = sent(ADROLL, [element], SETTINGS)[0].request

    assert {"s3cr/et token", "s3cr%2Fet%20token", "s3cr%2Fet+token"} <= set(request.secrets)
    values: dict[str, object] = {"public_key": "pk_1", "secret_key": "sk_1"}
    sale = track(
        "Order Completed", userId="u", properties={"order_id": "O-1234", "revenue": 1, "currency": "USD"}
    )
    basic = sent(PARTNERSTACK, [rendered(PARTNERSTACK, sale, values)], values)[0].request
    assert base64.b64encode(b"pk_1:sk_1").decode() in basic.secrets


def test_a_header_with_a_line_break_is_rejected_without_showing_it() -> None:
    vendor = acme(auth={"bearer": "$settings.key"})
    items = vendor.requests([rendered(vendor, track())], {"key": "secret\r\nX-Evil: 1"}, mode=Mode.LIVE)

    assert isinstance(items[0], Refused)
    assert "Authorization" in items[0].reason and "secret" not in items[0].reason


def test_a_missing_setting_is_named() -> None:
    rejected = ADROLL.render(event_of(PAGE), {**SETTINGS, "server_access_token": ""}, now=NOW, mode=Mode.LIVE)

    assert isinstance(rejected, Rejected)
    assert rejected.code is RejectReason.SETTINGS
    assert "Server access token (server_access_token)" in rejected.reason


@pytest.mark.parametrize(
    ("mode", "sandbox_url", "code"),
    [(Mode.SANDBOX, "", RejectReason.NO_SANDBOX), (Mode.TEST, "", RejectReason.NO_TEST_MODE)],
)
def test_modes_that_lead_nowhere_are_refused(mode: Mode, sandbox_url: str, code: RejectReason) -> None:
    audiohook = VENDORS["audiohook"]
    event = event_of({**PAGE, "context": {**PAGE["context"], "userAgent": "UA"}})
    values: dict[str, object] = {"audiohook_id": "123e4567-e89b-12d3-a456-426614174000"}
    element = rendered(audiohook, event, values)

    refused = audiohook.requests([element, element], values, mode=mode, sandbox_url=sandbox_url)

    assert isinstance(refused[0], Refused)
    assert (refused[0].code, refused[0].members) == (code, (0, 1))


def test_test_mode_without_one_goes_to_the_sandbox() -> None:
    audiohook = VENDORS["audiohook"]
    event = event_of({**PAGE, "context": {**PAGE["context"], "userAgent": "UA"}})
    values: dict[str, object] = {"audiohook_id": "123e4567-e89b-12d3-a456-426614174000"}

    item = audiohook.requests(
        [rendered(audiohook, event, values)], values, mode=Mode.TEST, sandbox_url="http://127.0.0.1:8001/"
    )[0]

    assert isinstance(item, BatchRequest)
    assert item.request.url == (
        "http://127.0.0.1:8001/listen.audiohook.com/123e4567-e89b-12d3-a456-426614174000/pixel.png"
    )
    assert ("X-Sandbox-Original-Scheme", "https") in item.request.headers


@pytest.mark.parametrize(
    ("seconds", "code"), [(-604_801, RejectReason.TOO_OLD), (61, RejectReason.IN_FUTURE), (0, None)]
)
def test_time_rules(seconds: int, code: RejectReason | None) -> None:
    vendor = acme(time={"max_age_s": 604_800, "future_skew_s": 60})
    at = NOW + timedelta(seconds=seconds)
    event = Event(
        type="track", name="x", message_id="m", timestamp=at, received_at=NOW, payload={"event": "x"}
    )

    result = vendor.render(event, {}, now=NOW, mode=Mode.LIVE)

    assert (result.code if isinstance(result, Rejected) else None) is code


@pytest.mark.parametrize(
    ("vendors_s", "own_s", "named"),
    [
        (7_200, 3_600, "this destination's maximum age is 60 minutes. Send events sooner, or raise"),
        (None, 3_600, "this destination's maximum age is 60 minutes. Send events sooner, or raise"),
        (7_200, 86_400, "Acme takes at most 2 hours. Send events sooner."),
        (7_200, None, "Acme takes at most 2 hours. Send events sooner."),
    ],
)
def test_of_two_maximum_ages_the_shorter_counts(vendors_s: int | None, own_s: int | None, named: str) -> None:
    vendor = acme(time={"max_age_s": vendors_s} if vendors_s else {})
    at = NOW - timedelta(seconds=min(vendors_s or own_s, own_s or vendors_s) + 60)  # type: ignore[type-var]
    event = Event(
        type="track", name="x", message_id="m", timestamp=at, received_at=NOW, payload={"event": "x"}
    )

    result = vendor.render(event, {}, now=NOW, mode=Mode.LIVE, max_age_s=own_s)

    assert isinstance(result, Rejected)
    assert result.code is RejectReason.TOO_OLD
    assert named in result.reason


RULES = [
    {"status": 200, "body": {"jmespath": "code == `0`"}, "verdict": "delivered"},
    {"status": 200, "body": {"jmespath": "code == `40100`"}, "verdict": "throttled", "sentence": "too fast."},
    {"status": 200, "verdict": "rejected", "reason": "errors[0].message || message"},
    {"status": ["4xx"], "body": {"empty": True}, "verdict": "failed", "sentence": "an empty refusal."},
]


@pytest.mark.parametrize(
    ("status", "body", "verdict", "reason"),
    [
        (200, b'{"code":0}', Verdict.DELIVERED, ""),
        (200, b'{"code":40100}', Verdict.THROTTLED, "Acme answered 200: too fast."),
        (200, b'{"code":7,"message":"bad"}', Verdict.REJECTED, "Acme answered 200: bad"),
        (
            200,
            b"<html>",
            Verdict.REJECTED,
            "Acme answered 200, but its body does not say that the event was taken.",
        ),
        (418, b" ", Verdict.FAILED, "Acme answered 418: an empty refusal."),
        (400, b"{}", Verdict.REJECTED, "Answered 400: refused for good."),
        (503, b"", Verdict.FAILED, "Answered 503: a fault on the other side."),
    ],
)
def test_response_rules(status: int, body: bytes, verdict: Verdict, reason: str) -> None:
    judgements = acme(responses=RULES).judge("event", Response(status=status, body=body), 3, now=NOW)

    assert len(judgements) == 3
    assert (judgements[0].verdict, judgements[0].reason) == (verdict, reason)


def test_retry_after_is_read_in_both_forms() -> None:
    vendor = acme()
    in_seconds = Response(status=429, headers=(("retry-after", "30"),))
    as_date = Response(status=429, headers=(("Retry-After", "Mon, 15 Jan 2024 10:32:00 GMT"),))

    assert vendor.judge("event", in_seconds, 1, now=NOW)[0].retry_after_s == 30
    assert vendor.judge("event", as_date, 1, now=NOW)[0].retry_after_s == 60


def test_a_timeout_after_the_request_left_is_unknown() -> None:
    gone = Response(failure=Failure.TIMEOUT, detail="No answer in 10 s.", left=True)

    assert ADROLL.judge("purchase", gone, 1, now=NOW)[0].verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("values", "messages"),
    [
        (SETTINGS, []),
        (
            {},
            [
                "Advertisable EID is needed. Fill it in.",
                "Pixel EID is needed. Fill it in.",
                "Server access token is needed. Fill it in.",
            ],
        ),
        ({**SETTINGS, "email_form": "plain"}, ["E-mail addresses must be one of hashed, clear, both."]),
        (
            {**SETTINGS, "server_access_token": "abc"},
            ["Server access token must have at least 4 characters."],
        ),
        ({**SETTINGS, "pixel_eid": 5}, ["Pixel EID must be text."]),
        ({**SETTINGS, "pixl": "x"}, ["pixl is not a setting of this vendor (did you mean `pixel_eid`?)."]),
        (
            {**SETTINGS, "app_url": "https://10.0.0.1/"},
            ["Page address for app events must name a host such as events.example.com, not an IP address."],
        ),
    ],
)
def test_settings_are_checked(values: dict[str, object], messages: list[str]) -> None:
    found = [problem.message for problem in ADROLL.validate_settings(values)]

    assert [message.split(";")[0].split(", did")[0].rstrip(".") for message in found] == [
        message.rstrip(".") for message in messages
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://e.example.com",
        "ftp://e.example.com",
        "https://u:p@e.example.com",
        "https://127.0.0.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://0x7f.1",
        "https://[::1]",
        "https://localhost",
        "https://e.example.com/#x",
        "https://e..com",
        "https://1.2.3.4.",
        "https://e.example.com:0",
        "https://e.example.com:99999",
        "https://é.example",
        "https://",
        "https://-a.example",
        "https://a@b.example",
        "https:\\\\e.example.com",
        "javascript:x",
        "https://e.example.com\\@x",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    found = VENDORS["generic-post"].validate_settings({"url": url})

    assert [problem.field for problem in found] == ["url"]
    element = VENDORS["generic-post"].render(track(), {"url": url}, now=NOW, mode=Mode.LIVE)
    assert isinstance(element, Element)
    assert isinstance(VENDORS["generic-post"].requests([element], {"url": url}, mode=Mode.LIVE)[0], Refused)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"url": "http://api.example.com/"}, "must begin with https"),
        ({"url": "https://{$settings.key}.example.com/"}, "must begin with https"),
        ({"url": "{$settings.key}/x"}, "only when its type is url"),
        ({"url": "{$settings.base}.evil.example"}, "must begin with https"),
        ({"url": "https://api.example.com{$properties.x}"}, "must begin with https"),
        ({"method": "GET", "body": "json"}, "a GET has no body"),
        ({"parameters": "path"}, "belongs to `body: none`"),
        ({"batch": {"max_count": 5}}, "needs a JSON body and an envelope"),
        ({"envelope": {"a": "$elements", "b": "$elements"}}, "exactly once"),
        (
            {"auth": {"scheme": "x"}},
            "one of header, bearer, basic, query, oauth2, oauth1, checksum is needed",
        ),
        ({"auth": {"bearer": "$properties.x"}}, "only $settings and $mode are in reach"),
        (
            {"responses": [{"status": 200, "verdict": "delivered", "body": {"jmespath": "a["}}]},
            "no valid JMESPath",
        ),
        ({"any_of": [["nothing"]]}, "no field `nothing` is mapped"),
        ({"limits": {"list_style": "semicolon"}}, "`semicolon` is not known"),
    ],
)
def test_operations_that_are_refused(operation: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        acme(**operation)

    assert message in str(caught.value)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["\ud800", "..", "1e99"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
names = st.sampled_from(
    ["Order Completed", "Signed Up", "Product Viewed", "Order Refunded", "Products Searched", "x"]
)
known = st.fixed_dictionaries(
    {},
    optional={
        "properties": json_values
        | st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(
                ("products", "revenue", "currency", "email", "order_id", "ps_xid", "url"), json_values
            ),
        ),
        "context": json_values
        | st.fixed_dictionaries(
            {},
            optional={
                "ip": json_values,
                "userAgent": json_values,
                "page": st.fixed_dictionaries({"url": json_values}),
                "device": json_values,
                "os": json_values,
                "providers": st.fixed_dictionaries({"adroll": st.fixed_dictionaries({"adct": json_values})}),
            },
        ),
        "userId": json_values,
        "traits": json_values,
    },
)


@pytest.mark.parametrize("slug", VENDORS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(payload=known, kind=st.sampled_from(TYPES), name=names, values=json_values, full=st.booleans())
def test_no_event_and_no_settings_raise(
    slug: str, payload: dict[str, Any], kind: str, name: str, values: object, full: bool
) -> None:
    vendor = VENDORS[slug]
    example = vendor.document["example_settings"]
    chosen = {**example, **{key: values for key in vendor.settings if not full}}  # type: ignore[dict-item]
    event = Event(type=kind, name=name, message_id="m", timestamp=NOW, received_at=NOW, payload=payload)

    vendor.validate_settings(chosen)
    planned = vendor.plan(event, chosen)
    result = vendor.render(event, chosen, now=NOW, mode=Mode.TEST)

    assert isinstance(planned, Skipped) == isinstance(result, Skipped)
    if isinstance(result, Element):
        items = vendor.requests([result], chosen, mode=Mode.TEST, sandbox_url="http://127.0.0.1:8001")
        assert [member for item in items for member in item.members] == [0]


@settings(deadline=None)  # it asks every vendor
@given(
    body=st.binary(max_size=40) | st.sampled_from([b"[" * 9000, b'{"errors":[{}]}', b"null"]),
    status=st.integers(100, 599),
)
def test_no_answer_raises(body: bytes, status: int) -> None:
    for vendor in VENDORS.values():
        for operation in vendor.operations:
            assert len(vendor.judge(operation, Response(status=status, body=body), 2, now=NOW)) == 2


@pytest.mark.parametrize("slug", VENDORS)
def test_every_vendor_shows_what_it_sends_what_it_refuses_and_what_it_leaves_out(slug: str) -> None:
    examples = VENDORS[slug].document["examples"]
    kinds = {key for example in examples for key in ("requests", "rejected", "skipped") if key in example}  # type: ignore[attr-defined]
    ids = {"userId": "u", "event": "Nobody Knows It", "previousId": "p", "groupId": "g"}
    bare = [event_of({"type": type_, **ids}) for type_ in TYPES if type_ != "custom"]
    skips_nothing = not any(isinstance(VENDORS[slug].plan(event, {}), Skipped) for event in bare)

    assert kinds >= ({"requests", "rejected"} if skips_nothing else {"requests", "rejected", "skipped"})


@pytest.mark.parametrize("slug", ["adroll", "audiohook", "partnerstack"])
def test_every_rule_has_an_example(slug: str) -> None:
    vendor = VENDORS[slug]
    shown = set()
    for example in vendor.document["examples"]:  # type: ignore[attr-defined]
        planned = vendor.plan(event_of(example["event"]), {})
        shown |= {planned.rule} if isinstance(planned, Planned) and "requests" in example else set()

    assert {rule.name for rule in vendor.events.rules} - shown == set()


def test_the_clock_is_an_argument() -> None:
    later = datetime(2030, 1, 1, tzinfo=UTC)

    assert rendered(ADROLL, event_of(PAGE), SETTINGS) == ADROLL.render(
        event_of(PAGE), SETTINGS, now=later, mode=Mode.LIVE
    )
