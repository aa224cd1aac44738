"""The dashboard's figures of the last day come from the counters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from accounts.core.permissions import Role
from integrations.admin.day_figures import day_figures
from integrations.core.counts import Counts, Measure
from integrations.services.counters import write_counts
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.samples import Samples

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
PIPELINE, DESTINATION = uuid4(), uuid4()


def count(measure: Measure, number: int, *, hours_ago: int = 0, reason: str = "") -> None:
    counts = Counts()
    hour = NOW.replace(minute=0) - timedelta(hours=hours_ago)
    counts.add(hour, PIPELINE, PIPELINE, DESTINATION, measure, reason=reason, number=number)
    write_counts(counts)


def test_it_sums_up_24_hours_and_no_more() -> None:
    count(Measure.STORED, 7)
    count(Measure.DUPLICATE, 2, hours_ago=23)
    count(Measure.REFUSED, 1, reason="too_large")
    count(Measure.STORED, 500, hours_ago=24)
    count(Measure.SKIPPED, 3, reason="consent")
    count(Measure.SKIPPED, 4, reason="bot")
    count(Measure.DELIVERED, 5)
    count(Measure.REJECTED, 1)
    count(Measure.EXHAUSTED, 1)
    count(Measure.CANCELLED, 6)

    figures = {one["title"]: one["value"] for one in day_figures([PIPELINE], now=NOW)["figures"]}

    assert figures == {
        "Received": 10,
        "Refused at the door": 1,
        "Duplicates": 2,
        "Skipped by consent": 3,
        "Filtered": 0,
        "Unmapped": 0,
        "Skipped otherwise": 4,
        "Delivered": 5,
        "Failed": 2,
        "Cancelled": 6,
        "Tried again": 0,
    }


def test_its_bars_are_24_hours_in_order_the_highest_fills_the_picture() -> None:
    count(Measure.STORED, 10)
    count(Measure.DELIVERED, 5, hours_ago=1)

    chart = day_figures([PIPELINE], now=NOW)["chart"]

    assert len(chart) == 24
    assert chart[-1]["hour"] == NOW.replace(minute=0)
    assert chart[-1]["said"] == "10 received, 0 delivered, 0 failed"
    assert [bar["height"] for bar in chart[-1]["bars"]] == [60, 0, 0]
    assert [bar["height"] for bar in chart[-2]["bars"]] == [0, 30, 0]


def test_a_member_sees_the_numbers_of_their_own_pipelines_only(sign_in: SignIn, samples: Samples) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    counts = Counts()
    counts.add(now, samples.organization.id, samples.pipeline.id, None, Measure.STORED, number=4711)
    counts.add(now, PIPELINE, PIPELINE, None, Measure.STORED, number=8000)
    write_counts(counts)

    body = sign_in(Role.READ_ONLY).get("/admin/").content.decode()

    assert "<span>Received</span><b>4711</b>" in body
    assert "4711 received, 0 delivered, 0 failed" in body
