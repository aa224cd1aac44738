"""Counts by hour, from the counters, and what they add up to.

An hour is the one in which the event came, for its deliveries too: received, planned, skipped and outcomes of
an hour belong to the same events. Only attempts and retries are of the hour in which they were made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from delivery.core.outcome import Outcome
from integrations.core.counts import Measure
from integrations.services.counters import DELTAS, HOURLY

LONGEST = timedelta(days=31)
OF_PIPELINE = (Measure.STORED, Measure.DUPLICATE, Measure.REFUSED)


@dataclass(kw_only=True, slots=True)
class PipelineHour:
    """What came in one hour; `planned` counts the deliveries that were planned for it."""

    hour: datetime
    stored: int = 0
    duplicates: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    planned: int = 0

    @property
    def received(self) -> int:
        """Everything that came, whatever became of it."""
        return self.stored + self.duplicates + sum(self.refused.values())


@dataclass(kw_only=True, slots=True)
class DestinationHour:
    """What became of one hour's events at one destination: skips by reason, ended deliveries by outcome."""

    hour: datetime
    planned: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(map(str, Outcome), 0))
    attempts: int = 0
    retries: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """One number: deltas that were not folded yet are in it."""

    hour: datetime
    pipeline_id: UUID
    destination_id: UUID | None
    measure: Measure
    reason: str
    count: int


def counted(pipeline_ids: Collection[UUID], *, since: datetime, until: datetime) -> list[Counted]:
    """All numbers of these pipelines in hours from `since` on and before `until`, in order; one query.

    One statement sees each delta either in the one table or in the other, however they are being folded.
    """
    query = f"""
        SELECT hour, pipeline_id, destination_id, measure, reason, sum(count)::bigint
        FROM ({_part(HOURLY)} UNION ALL {_part(DELTAS)}) AS counts
        GROUP BY 1, 2, 3, 4, 5 ORDER BY 1
    """  # noqa: S608 (names are made here)
    asked: list[Any] = [list(pipeline_ids), since, until]
    with connection.cursor() as cursor:
        cursor.execute(query, [*asked, *asked])
        return [
            Counted(
                hour=hour,
                pipeline_id=pipeline_id,
                destination_id=destination_id,
                measure=Measure(measure),
                reason=reason,
                count=count,
            )
            for hour, pipeline_id, destination_id, measure, reason, count in cursor.fetchall()
        ]


def pipeline_hours(numbers: Collection[Counted]) -> Mapping[UUID, list[PipelineHour]]:
    """The hours in which something came, in order, by pipeline."""
    hours: dict[UUID, dict[datetime, PipelineHour]] = defaultdict(dict)
    for one in numbers:
        if one.measure not in (*OF_PIPELINE, Measure.PLANNED):
            continue
        of_pipeline = hours[one.pipeline_id]
        hour = of_pipeline.setdefault(one.hour, PipelineHour(hour=one.hour))
        match one.measure:
            case Measure.STORED:
                hour.stored += one.count
            case Measure.DUPLICATE:
                hour.duplicates += one.count
            case Measure.REFUSED:
                hour.refused[one.reason] = hour.refused.get(one.reason, 0) + one.count
            case Measure.PLANNED:
                hour.planned += one.count
    return {pipeline_id: list(found.values()) for pipeline_id, found in hours.items()}


def destination_hours(numbers: Collection[Counted]) -> Mapping[UUID, list[DestinationHour]]:
    """The hours in which something was counted for a destination, in order, by destination."""
    hours: dict[UUID, dict[datetime, DestinationHour]] = defaultdict(dict)
    for one in numbers:
        if one.destination_id is None:
            continue
        hour = hours[one.destination_id].setdefault(one.hour, DestinationHour(hour=one.hour))
        match one.measure:
            case Measure.PLANNED:
                hour.planned += one.count
            case Measure.SKIPPED:
                hour.skipped[one.reason] = hour.skipped.get(one.reason, 0) + one.count
            case Measure.ATTEMPTS:
                hour.attempts += one.count
            case Measure.RETRIES:
                hour.retries += one.count
            case outcome:
                hour.outcomes[outcome.value] += one.count
    return {destination_id: list(found.values()) for destination_id, found in hours.items()}


def _part(table: str) -> str:
    return (
        f"SELECT hour, pipeline_id, destination_id, measure, reason, count FROM {table} "  # noqa: S608
        "WHERE pipeline_id = any(%s) AND hour >= %s AND hour < %s"
    )
