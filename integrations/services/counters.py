"""Counters by hour: appended as deltas by every transaction, folded by beat, read as both together."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock

from django.conf import settings
from django.db import DatabaseError, connection

from delivery.appending import copy_rows
from delivery.ids import moment_of
from delivery.lanes import EndedApart, Ending, Flight
from integrations.core.counts import Counts, Measure, hour_of
from integrations.services.connections import leave_broken_connection

log = logging.getLogger(__name__)

DELTAS = "integrations_countdelta"
HOURLY = "integrations_hourlycount"
COLUMNS = {
    "hour": "timestamptz",
    "organization_id": "uuid",
    "pipeline_id": "uuid",
    "destination_id": "uuid",
    "measure": "text",
    "reason": "text",
    "count": "int8",
}
NAMES = ", ".join(COLUMNS)
KEY = "pipeline_id, hour, destination_id, measure, reason"
KEYLESS_S = 1.0
FOLD_MOST = 20_000  # deltas of one transaction


def write_counts(counts: Counts) -> None:
    """Append, in the caller's transaction. No shared row is touched."""
    rows = list(counts.rows())
    if rows:
        copy_rows(DELTAS, COLUMNS, rows)


def count_refused(key: str, numbers: Mapping[str, int]) -> None:
    """Events that were refused before storage saw them: numbers by reason, under the key they came with.

    Never raises: whoever is refused gets that answer even when it can't be counted. What came under no key
    is nobody's and costs nobody a query each: a process writes it once a second.
    """
    if not key:
        numbers = _keyless.take(numbers)
        if not numbers:
            return
    query = f"""
        INSERT INTO {DELTAS} ({NAMES})
        SELECT date_trunc('hour', now(), 'UTC'), p.organization_id, p.id, NULL, %s, r.reason, r.number
        FROM unnest(%s::text[], %s::bigint[]) AS r(reason, number)
        LEFT JOIN integrations_writekey k ON k.key = %s
        LEFT JOIN integrations_pipeline p ON p.id = k.pipeline_id
    """  # noqa: S608 (names are made here)
    try:
        leave_broken_connection()
        with connection.cursor() as cursor:
            cursor.execute(query, [Measure.REFUSED, list(numbers), list(numbers.values()), key])
    except DatabaseError as error:
        log.warning("%d refused events could not be counted: %s", sum(numbers.values()), error)


class Keyless:
    """Numbers by reason that wait for the next second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._numbers: Counter[str] = Counter()
        self._next_at = 0.0

    def take(self, numbers: Mapping[str, int]) -> Mapping[str, int]:
        """All that waits, these among it, when it is time; else nothing."""
        with self._lock:
            self._numbers.update(numbers)
            if (at := self._clock()) < self._next_at:
                return {}
            self._next_at = at + KEYLESS_S
            taken, self._numbers = self._numbers, Counter()
            return taken


_keyless = Keyless()


def count_recorded(endings: Sequence[Ending], flights: Sequence[Flight], *, now: datetime) -> None:
    """What a worker's recording transaction did to deliveries of events; appended in it."""
    counts = Counts()
    for ending in endings:
        row = ending.row
        organization_id, pipeline_id = row.carried[:2]
        measure = Measure(ending.outcome.value)
        counts.add(hour_of(moment_of(row.id)), organization_id, pipeline_id, row.lane_id, measure)
    this_hour = hour_of(now)
    for flight in flights:
        row = flight.rows[0]
        whose = row.carried[0], row.carried[1], row.lane_id
        counts.add(this_hour, *whose, Measure.ATTEMPTS)
        again = sum(row.attempts > 0 for row in flight.rows)
        if again and not flight.is_read_back:
            counts.add(this_hour, *whose, Measure.RETRIES, number=again)
    write_counts(counts)


def count_ended_apart(ended: Sequence[EndedApart]) -> None:
    """Deliveries that ended without a worker: cancelled, or decided by a person."""
    counts = Counts()
    for one in ended:
        organization_id, pipeline_id = one.counted[:2]
        measure = Measure(one.outcome.value)
        counts.add(one.hour, organization_id, pipeline_id, one.lane_id, measure, number=one.count)
    write_counts(counts)


def fold_counts() -> int:
    """Fold all deltas into the hourly table; how many. Each delta is folded once, whoever folds beside.

    One statement deletes deltas and adds them up: both happen or neither. Deltas that another folder has
    are passed over; hourly rows are locked in the order of their key, so that two can't deadlock.
    """
    folded = 0
    while True:
        found = _fold()
        folded += found
        if found < FOLD_MOST:
            return folded


def drop_old_counts(*, now: datetime) -> int:
    """Remove hours past COUNTER_RETENTION_DAYS; how many rows."""
    oldest = now - timedelta(days=settings.COUNTER_RETENTION_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {HOURLY} WHERE hour < %s", [oldest])  # noqa: S608
        return int(cursor.rowcount)


def _fold() -> int:
    query = f"""
        WITH gone AS (
            DELETE FROM {DELTAS} WHERE ctid = any(array(
                SELECT ctid FROM {DELTAS} LIMIT %s FOR UPDATE SKIP LOCKED))
            RETURNING *
        ), folded AS (
            INSERT INTO {HOURLY} AS h ({NAMES})
            SELECT hour, organization_id, pipeline_id, destination_id, measure, reason, sum(count)
            FROM gone GROUP BY organization_id, {KEY} ORDER BY {KEY}
            ON CONFLICT ({KEY}) DO UPDATE SET count = h.count + excluded.count
        )
        SELECT count(*) FROM gone
    """  # noqa: S608 (names are made here)
    with connection.cursor() as cursor:
        cursor.execute(query, [FOLD_MOST])
        row = cursor.fetchone()
    assert row
    return int(row[0])
