"""Reading back: a vendor file says how an event's arrival is asked for, and this request asks."""

import base64
from typing import Any

import pytest

from delivery.core.outcome import Verdict
from delivery.core.response import Response
from integrations.core.vendor import BatchRequest, DefinitionError, Element, Mode, Rejected
from integrations.services.catalogue import catalogue
from tests.vendors.samples import NOW, event_of
from tests.vendors.test_auth import vendor_with

LOOK: dict[str, Any] = {
    "after_s": 60,
    "url": "https://api.example.com/v1/{$messageId}",
    "responses": [{"status": 200, "verdict": "delivered"}, {"status": 404, "verdict": "again"}],
}
EVENT = event_of(
    {
        "type": "track",
        "event": "Signed Up",
        "userId": "user/1",
        "messageId": "m 1",
        "properties": {"ps_xid": "x-1"},
    }
)
NO_KEY = {"query": "k", "value": "v"}


def test_it_asks_for_the_event_with_the_credentials_of_its_own() -> None:
    vendor = catalogue()["partnerstack"].vendor
    settings: dict[str, object] = {
        "public_key": "pk-1234",
        "secret_key": "sk-1234",
        "tracking_token": "tt-1234",
    }

    asking = vendor.read_back(EVENT, settings, now=NOW, mode=Mode.LIVE)
    assert isinstance(asking, Element)
    (request,) = vendor.requests([asking], settings, mode=Mode.LIVE)

    assert isinstance(request, BatchRequest)
    assert (request.operation, request.request.method) == ("conversion (read back)", "GET")
    assert request.request.url == "https://api.partnerstack.com/api/v2/customers/user%2F1"
    assert dict(request.request.headers) == {
        "Authorization": f"Basic {base64.b64encode(b'pk-1234:sk-1234').decode()}"
    }
    assert vendor.operation("conversion").read_back.after_s == 360  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, Verdict.DELIVERED), (404, Verdict.AGAIN), (503, Verdict.FAILED), (401, Verdict.REJECTED)],
)
def test_its_own_rules_read_the_answer(status: int, verdict: Verdict) -> None:
    vendor = vendor_with(NO_KEY, on_unknown_outcome="verify", read_back=LOOK)

    (found,) = vendor.judge("event (read back)", Response(status=status), 1, now=NOW)

    assert found.verdict is verdict


def test_an_event_that_lacks_what_is_asked_for_says_so() -> None:
    vendor = vendor_with(
        NO_KEY,
        on_unknown_outcome="verify",
        read_back={**LOOK, "url": "https://api.example.com/{$properties.order_id}"},
    )

    asking = vendor.read_back(EVENT, {}, now=NOW, mode=Mode.LIVE)

    assert isinstance(asking, Rejected)
    assert "properties.order_id" in asking.reason


@pytest.mark.parametrize(
    "operation",
    [
        {"on_unknown_outcome": "verify"},
        {"on_unknown_outcome": "hold", "read_back": LOOK},
        {"read_back": LOOK},
    ],
)
def test_verify_and_read_back_need_each_other(operation: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError, match="need each other"):
        vendor_with(NO_KEY, **operation)
