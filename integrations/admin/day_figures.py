"""The last 24 hours in figures and bars, from the counters: the same cost with any history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from integrations.core.counts import Measure, hour_of
from integrations.core.skips import SkipReason
from integrations.services.metrics import OF_PIPELINE, Counted, counted

HOURS = 24
HIGHEST = 60  # of a bar, in the picture's units
FAILED = (Measure.REJECTED, Measure.EXHAUSTED)


def day_figures(pipeline_ids: Collection[UUID], *, now: datetime) -> dict[str, Any]:
    """`figures` to show as cards, and a `chart` of bars by hour: received, delivered and failed."""
    last = hour_of(now)
    first = last - timedelta(hours=HOURS - 1)
    numbers = counted(pipeline_ids, since=first, until=last + timedelta(hours=1))
    return {"figures": _figures(numbers), "chart": _chart(numbers, first)}


def _figures(numbers: Collection[Counted]) -> list[dict[str, Any]]:
    totals: Counter[Measure] = Counter()
    skips: Counter[str] = Counter()
    for one in numbers:
        totals[one.measure] += one.count
        if one.measure is Measure.SKIPPED:
            skips[one.reason] += one.count
    named = {SkipReason.CONSENT, SkipReason.FILTER, SkipReason.UNMAPPED}
    failed = sum(totals[measure] for measure in FAILED)
    return [
        {"title": "Received", "value": sum(totals[measure] for measure in OF_PIPELINE)},
        {"title": "Refused at the door", "value": totals[Measure.REFUSED]},
        {"title": "Duplicates", "value": totals[Measure.DUPLICATE]},
        {"title": "Skipped by consent", "value": skips[SkipReason.CONSENT]},
        {"title": "Filtered", "value": skips[SkipReason.FILTER]},
        {"title": "Unmapped", "value": skips[SkipReason.UNMAPPED]},
        {"title": "Skipped otherwise", "value": sum(skips.values()) - sum(skips[one] for one in named)},
        {"title": "Delivered", "value": totals[Measure.DELIVERED]},
        {"title": "Failed", "value": failed, "alarms": failed > 0},
        {"title": "Cancelled", "value": totals[Measure.CANCELLED]},
        {"title": "Tried again", "value": totals[Measure.RETRIES]},
    ]


def _chart(numbers: Collection[Counted], first: datetime) -> list[dict[str, Any]]:
    hours = [first + timedelta(hours=number) for number in range(HOURS)]
    sums: Counter[tuple[datetime, str]] = Counter()
    for one in numbers:
        if one.measure in OF_PIPELINE:
            sums[one.hour, "received"] += one.count
        elif one.measure is Measure.DELIVERED:
            sums[one.hour, "delivered"] += one.count
        elif one.measure in FAILED:
            sums[one.hour, "failed"] += one.count
    most = max([*sums.values(), 1])
    return [
        {
            "hour": hour,
            "x": 30 * number,
            "bars": [_bar(name, place, sums[hour, name], most) for place, name in enumerate(BARS)],
            "said": ", ".join(f"{sums[hour, name]} {name}" for name in BARS),
        }
        for number, hour in enumerate(hours)
    ]


BARS = ("received", "delivered", "failed")


def _bar(name: str, place: int, count: int, most: int) -> dict[str, Any]:
    height = max(round(HIGHEST * count / most), 1) if count else 0
    return {"name": name, "x": 8 * place, "y": HIGHEST - height, "height": height}
