"""What the answers of analytics and messaging vendors mean: most name the events that they refuse."""

from datetime import UTC, datetime

import pytest

from delivery.core.outcome import Verdict
from delivery.core.response import Response
from integrations.services.catalogue import catalogue
from tests.vendors.samples import NOW

TAKEN, REFUSED, AGAIN, FAILED = Verdict.DELIVERED, Verdict.REJECTED, Verdict.AGAIN, Verdict.FAILED

AMPLITUDE_NAMES = b"""{"code":400,"error":"Invalid field values on some events",
"events_with_invalid_fields":{"time":[1]},"events_with_missing_fields":{"event_type":[1]}}"""
AMPLITUDE_THROTTLES = b'{"code":429,"error":"Too many requests","throttled_events":[0]}'
MIXPANEL_NAMES = b"""{"code":400,"error":"some data points failed validation","num_records_imported":2,
"failed_records":[{"index":0,"insert_id":"i","field":"properties.time","message":"time is invalid"}]}"""
CUSTOMERIO_NAMES = (
    b'{"errors":[{"batch_index":2,"reason":"invalid","field":"name","message":"name is too long"}]}'
)
KLAVIYO_SAYS = (
    b'{"errors":[{"id":"1","code":"invalid","title":"Invalid input.","detail":"Invalid email address"}]}'
)


@pytest.mark.parametrize(
    ("slug", "operation", "status", "body", "verdicts"),
    [
        ("segment-http-api", "event", 200, b'{"success":true}', [TAKEN, TAKEN, TAKEN]),
        ("segment-http-api", "event", 400, b'{"message":"too large"}', [AGAIN, AGAIN, AGAIN]),
        ("amplitude", "event", 200, b'{"code":200}', [TAKEN, TAKEN, TAKEN]),
        ("amplitude", "event", 400, AMPLITUDE_NAMES, [AGAIN, REFUSED, AGAIN]),
        ("amplitude", "event", 400, b'{"code":400,"error":"Invalid API key"}', [REFUSED, REFUSED, REFUSED]),
        ("amplitude", "event", 413, b'{"code":413}', [AGAIN, AGAIN, AGAIN]),
        ("amplitude", "event", 429, AMPLITUDE_THROTTLES, [FAILED, AGAIN, AGAIN]),
        ("mixpanel", "event", 200, b'{"code":200,"num_records_imported":3}', [TAKEN, TAKEN, TAKEN]),
        ("mixpanel", "event", 400, MIXPANEL_NAMES, [REFUSED, TAKEN, TAKEN]),
        ("mixpanel", "event", 400, b'{"code":400,"error":"bad JSON"}', [REFUSED, REFUSED, REFUSED]),
        ("mixpanel", "profile", 200, b'{"error":"no $token","status":0}', [AGAIN, AGAIN, AGAIN]),
        ("mixpanel", "profile", 200, b'{"error":null,"status":1}', [TAKEN, TAKEN, TAKEN]),
        ("customerio", "item", 200, b"{}", [TAKEN, TAKEN, TAKEN]),
        ("customerio", "item", 207, CUSTOMERIO_NAMES, [TAKEN, TAKEN, REFUSED]),
        ("hubspot-custom-events", "contact", 207, b'{"errors":[{"message":"bad"}]}', [AGAIN, AGAIN, AGAIN]),
        ("hubspot-custom-events", "contact", 200, b'{"status":"COMPLETE"}', [TAKEN, TAKEN, TAKEN]),
        ("ga4-measurement-protocol", "event", 204, b"", [TAKEN, TAKEN, TAKEN]),
        ("ga4-measurement-protocol", "event", 503, b"", [FAILED, FAILED, FAILED]),
    ],
)
def test_an_answer_to_a_batch_of_three(
    slug: str, operation: str, status: int, body: bytes, verdicts: list[Verdict]
) -> None:
    answer = Response(status=status, body=body)

    judgements = catalogue()[slug].vendor.judge(operation, answer, 3, now=NOW)

    assert [judgement.verdict for judgement in judgements] == verdicts


@pytest.mark.parametrize(
    ("slug", "operation", "status", "body", "verdict", "words"),
    [
        ("klaviyo", "event", 202, b"", TAKEN, ""),
        ("klaviyo", "event", 400, KLAVIYO_SAYS, REFUSED, "Klaviyo answered 400: Invalid email address"),
        ("klaviyo", "profile", 401, b"", REFUSED, "lacks the scope profiles:write"),
        ("klaviyo", "event", 429, b"", Verdict.THROTTLED, "429"),
        ("attentive", "purchase", 200, b"", TAKEN, ""),
        ("attentive", "purchase", 403, b"", REFUSED, "Check the custom app in Attentive."),
        ("hubspot-custom-events", "event", 204, b"", TAKEN, ""),
        ("hubspot-custom-events", "event", 400, b'{"message":"no such event"}', REFUSED, "no such event"),
        ("iterable", "event", 200, b'{"msg":"","code":"Success","params":null}', TAKEN, ""),
        (
            "iterable",
            "event",
            200,
            b'{"msg":"bad","code":"BadParams"}',
            REFUSED,
            "Iterable answered 200: bad",
        ),
        (
            "iterable",
            "purchase",
            409,
            b'{"msg":"forgotten","code":"ForgottenUserError"}',
            REFUSED,
            "forgotten",
        ),
        ("customerio", "item", 400, b'{"errors":[{"message":"no name"}]}', REFUSED, "no name"),
        ("braze", "event", 404, b"", REFUSED, "nobody answers at this REST endpoint"),
        (
            "ga4-measurement-protocol",
            "event",
            200,
            b'{"validationMessages":[{"fieldPath":"events","description":"name is reserved"}]}',
            REFUSED,
            "name is reserved",
        ),
        ("ga4-measurement-protocol", "event", 200, b'{"validationMessages":[]}', TAKEN, ""),
    ],
)
def test_an_answer_to_one_event(
    slug: str, operation: str, status: int, body: bytes, verdict: Verdict, words: str
) -> None:
    judgement = catalogue()[slug].vendor.judge(operation, Response(status=status, body=body), 1, now=NOW)[0]

    assert judgement.verdict is verdict
    assert words in judgement.reason


def test_braze_counts_in_the_list_that_it_names() -> None:
    body = b'{"message":"success","errors":[{"type":"no currency","input_array":"events","index":1}]}'
    arrays = {"attributes": (0,), "events": (1, 2)}

    judgements = catalogue()["braze"].vendor.judge(
        "event", Response(status=201, body=body), 3, now=NOW, arrays=arrays
    )

    assert [judgement.verdict for judgement in judgements] == [TAKEN, TAKEN, REFUSED]
    assert judgements[2].reason == "Braze answered 201 and named this event: no currency"


def test_braze_says_when_to_come_back_in_a_header_of_its_own() -> None:
    now = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    answer = Response(status=429, body=b"", headers=(("X-RateLimit-Reset", "1705314660"),))

    judgement = catalogue()["braze"].vendor.judge("event", answer, 1, now=now)[0]

    assert (judgement.verdict, judgement.retry_after_s) == (Verdict.THROTTLED, 60)
