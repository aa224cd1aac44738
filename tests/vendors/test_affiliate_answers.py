"""What the answers of pixels and affiliate networks mean: many say 200 or 204 to what they refuse."""

import pytest

from delivery.core.outcome import Verdict
from delivery.core.response import Response
from integrations.services.catalogue import catalogue
from tests.vendors.samples import NOW

GOOD = b"<response><unique_id>u-1</unique_id><summary><good>3</good><bad>0</bad></summary></response>"
BAD = b"<response><unique_id>u-1</unique_id><summary><good>0</good><bad>3</bad></summary></response>"
DENIED = b"<response><error>Access denied</error></response>"
PARTLY = b'{"batchId":"b","failedOrders":[{"errors":[{"field":"awc","message":"invalid"}]}]}'


@pytest.mark.parametrize(
    ("slug", "operation", "status", "body", "verdict", "words"),
    [
        ("everflow", "conversion", 200, b"", Verdict.DELIVERED, ""),
        ("everflow", "conversion", 204, b"", Verdict.REJECTED, "Look it up in Everflow's conversion report."),
        ("everflow", "event", 204, b"", Verdict.REJECTED, "Everflow answered 204"),
        ("everflow", "event", 503, b"", Verdict.FAILED, "503"),
        ("rakuten", "order", 200, GOOD, Verdict.DELIVERED, ""),
        ("rakuten", "order", 200, BAD, Verdict.REJECTED, "a record of the order was refused"),
        (
            "rakuten",
            "order",
            200,
            DENIED,
            Verdict.REJECTED,
            "Rakuten Advertising answered 200: Access denied",
        ),
        ("rakuten", "order", 400, b"<html>", Verdict.REJECTED, "Check the merchant id."),
        ("singular", "event", 200, b'{"status":"ok"}', Verdict.DELIVERED, ""),
        (
            "singular",
            "revenue_v2",
            200,
            b'{"status":"error","reason":"bad n"}',
            Verdict.REJECTED,
            "Singular answered 200: bad n",
        ),
        (
            "impact",
            "conversion",
            200,
            b'{"Status":"QUEUED","QueuedUri":"/Advertisers/x"}',
            Verdict.DELIVERED,
            "",
        ),
        (
            "impact",
            "conversion",
            200,
            b'{"Status":"ERROR","Message":"no campaign"}',
            Verdict.REJECTED,
            "no campaign",
        ),
        ("impact", "conversion", 401, b"", Verdict.REJECTED, "Check account SID and auth token."),
        ("awin", "order", 200, b'{"batchId":"b"}', Verdict.DELIVERED, ""),
        ("awin", "order", 206, PARTLY, Verdict.REJECTED, "Awin answered 206: invalid"),
        ("awin", "order", 429, b"", Verdict.THROTTLED, "429"),
        ("taboola", "actions", 204, b"", Verdict.DELIVERED, ""),
        ("taboola", "postback", 400, b"", Verdict.REJECTED, "unchanged value of tblci"),
        ("vibe", "event", 400, b'{"message":"bad aid"}', Verdict.REJECTED, "Vibe answered 400: bad aid"),
        ("podscribe", "event", 204, b"", Verdict.DELIVERED, ""),
        ("partnerize", "conversion", 200, b"", Verdict.DELIVERED, ""),
        ("cj-affiliate", "conversion", 500, b"", Verdict.FAILED, "500"),
    ],
)
def test_an_answer_to_one_event(
    slug: str, operation: str, status: int, body: bytes, verdict: Verdict, words: str
) -> None:
    answer = Response(status=status, body=body)

    judgement = catalogue()[slug].vendor.judge(operation, answer, 1, now=NOW)[0]

    assert judgement.verdict is verdict
    assert words in judgement.reason


def test_a_partly_refused_batch_of_orders_is_sent_again_in_halves() -> None:
    judgements = catalogue()["awin"].vendor.judge("order", Response(status=206, body=PARTLY), 2, now=NOW)

    assert [(judgement.verdict, judgement.most_together) for judgement in judgements] == [
        (Verdict.AGAIN, 1),
        (Verdict.AGAIN, 1),
    ]
