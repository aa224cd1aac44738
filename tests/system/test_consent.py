"""Without consent nothing leaves, and the event says why."""

from __future__ import annotations

import pytest

from tests.system.router import CATEGORIES, GRANTED, Database, Router, new_user, order, visitor
from tests.system.running import eventually
from tests.system.vendors import Vendors

REFUSED = {"categoryPreferences": dict.fromkeys(CATEGORIES, True) | {"advertising": False}}
VENDORS = ("adroll", "audiohook", "partnerstack")


@pytest.mark.parametrize("consent", [None, {}, REFUSED, GRANTED | {"gpc": True}])
def test_it_sends_nothing_without_consent(
    router: Router, sandbox: Vendors, database: Database, consent: object
) -> None:
    refused, agreed = new_user(), new_user()

    assert router.submit(order(refused, context=visitor(consent=consent))).status_code == 200
    assert (
        router.submit(order(agreed)).status_code == 200
    )  # what was sent later arrives, so nothing is on its way

    for vendor in VENDORS:
        (received,) = eventually(lambda vendor=vendor: sandbox.received(vendor))  # type: ignore[misc]
        assert agreed in str(received["body"])
        assert database.ending(refused, vendor) is None
    query = "SELECT planned, skips FROM integrations_event WHERE user_id = %s"
    ((planned, skips),) = database.rows(query, refused)
    assert (planned, [skip["reason"] for skip in skips]) == (0, ["consent"] * 3)
