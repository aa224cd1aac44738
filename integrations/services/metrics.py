"""Counts by hour, read from the cold tables, and what waits, read from the hot one.

Cost: every event of the asked pipelines in the asked hours is read twice (once for its count, once for its
skips) and every result of their destinations once, by the indexes on (pipeline_id, id) and (lane_id, id), in
the day partitions that the UUIDv7 bounds name. Never more than seven days. Counters will replace it.

An hour is the one in which the event came, for its deliveries too: received, planned, skipped and outcomes of
an hour belong to the same events. Results of deleted destinations are not read.
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
from delivery.partitions import first_id

LONGEST = timedelta(days=7)
HOUR_OF_ID = (
    "date_trunc('hour', to_timestamp("
    "('x' || left(translate(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0), 'UTC')"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelineHour:
    """What came in one hour. `planned` counts the deliveries that were planned for it."""

    hour: datetime
    received: int
    planned: int


@dataclass(kw_only=True, slots=True)
class DestinationHour:
    """What became of one hour's events at one destination: skips by reason, ended deliveries by outcome."""

    hour: datetime
    skipped: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(map(str, Outcome), 0))


def pipeline_hours(
    pipeline_ids: Collection[UUID], *, since: datetime, until: datetime
) -> Mapping[UUID, list[PipelineHour]]:
    """The hours in which something came, in order; one query."""
    query = """
        SELECT pipeline_id, date_trunc('hour', received_at, 'UTC'), count(*), sum(planned)
        FROM integrations_event
        WHERE pipeline_id = any(%s) AND id >= %s AND id < %s
        GROUP BY 1, 2 ORDER BY 2
    """
    hours: dict[UUID, list[PipelineHour]] = defaultdict(list)
    for pipeline_id, hour, received, planned in _rows(query, pipeline_ids, since, until):
        hours[pipeline_id].append(PipelineHour(hour=hour, received=received, planned=planned))
    return hours


def destination_hours(
    pipeline_ids: Collection[UUID], destination_ids: Collection[UUID], *, since: datetime, until: datetime
) -> Mapping[UUID, list[DestinationHour]]:
    """The hours in which an event was skipped or delivered or otherwise ended, in order; two queries."""
    found: dict[tuple[UUID, datetime], DestinationHour] = {}

    def hour_of(destination_id: UUID, hour: datetime) -> DestinationHour:
        return found.setdefault((destination_id, hour), DestinationHour(hour=hour))

    wanted = set(destination_ids)
    for destination_id, hour, reason, count in _rows(SKIPS, pipeline_ids, since, until):
        if destination_id in wanted:
            hour_of(destination_id, hour).skipped[reason] = count
    for destination_id, hour, outcome, count in _rows(OUTCOMES, destination_ids, since, until):
        hour_of(destination_id, hour).outcomes[outcome] = count
    hours: dict[UUID, list[DestinationHour]] = defaultdict(list)
    for (destination_id, _), one in sorted(found.items(), key=lambda item: item[0][1]):
        hours[destination_id].append(one)
    return hours


SKIPS = """
    SELECT (skip ->> 'destination')::uuid, date_trunc('hour', received_at, 'UTC'), skip ->> 'reason', count(*)
    FROM integrations_event, jsonb_array_elements(skips) AS skip
    WHERE pipeline_id = any(%s) AND id >= %s AND id < %s
    GROUP BY 1, 2, 3
"""
OUTCOMES = f"""
    SELECT lane_id, {HOUR_OF_ID}, outcome, count(*)
    FROM integrations_deliveryresult
    WHERE lane_id = any(%s) AND id >= %s AND id < %s
    GROUP BY 1, 2, 3
"""  # noqa: S608 (the expression is made here)


def _rows(query: str, ids: Collection[UUID], since: datetime, until: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [list(ids), first_id(since), first_id(until)])
        return list(cursor.fetchall())
