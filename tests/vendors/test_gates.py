"""`skip_unless`: one value, or several of which any one is enough."""

from copy import deepcopy
from typing import Any

import pytest

from integrations.core.vendor import Planned, Skipped, compile_vendor
from integrations.services.catalogue import catalogue
from tests.vendors.samples import event_of

SIGN_UP: dict[str, Any] = {
    "type": "track",
    "event": "Signed Up",
    "timestamp": "2024-01-15T10:30:00Z",
    "userId": "u-1",
}


def gated(*sources: str) -> Any:
    """PartnerStack whose sign-ups need one of these values."""
    document = deepcopy(catalogue()["partnerstack"].vendor.document)
    document["events"][0]["skip_unless"] = list(sources)  # type: ignore[index]
    return compile_vendor(document)


@pytest.mark.parametrize("properties", [{"ps_xid": "x"}, {"coupon": "SAVE"}])
def test_any_of_several_values_opens_the_gate(properties: dict[str, str]) -> None:
    vendor = gated("click_id.ps_xid", "coupon")

    assert isinstance(vendor.plan(event_of({**SIGN_UP, "properties": properties}), {}), Planned)


def test_without_any_of_them_the_event_is_skipped_with_the_first_ones_name() -> None:
    skipped = gated("click_id.ps_xid", "coupon").plan(event_of(SIGN_UP), {})

    assert isinstance(skipped, Skipped)
    assert skipped.reason == "missing_click_id"
    assert "Capture ps_xid on the landing page and pass it in properties.ps_xid." in skipped.sentence
