"""A past for a database, made in SQL: events with their deliveries and attempts, spread over many days.

Rows are those that the product writes, with short payloads and bodies, so that ten million of each fit on a
disk. One delivery in a hundred was rejected and one exhausted, one event in ten has a skip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import md5
from typing import Any

from django.db import connection

from benchmarks.pipelines import Source
from delivery.partitions import make_partitions
from integrations.core.counts import Counts, Measure, hour_of
from integrations.models import WriteKey
from integrations.services.counters import fold_counts, write_counts
from integrations.services.message_keys import claim_message_ids
from integrations.services.partitions import COLD_TABLES
from s2sadmin.embedded.processes import say

CHUNK, THREADS, KEYS = 20_000, 2, 5_000
TOLD = 50  # parts between two signs of progress
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Past:
    """So many events of these pipelines, in turn and evenly between two moments, each with one delivery.

    The last `waiting` ones have not ended: half are held, half wait for a retry in an hour.
    """

    name: str
    sources: Sequence[Source]
    events: int
    since: datetime
    until: datetime
    waiting: int = 0

    def message_id(self, number: int) -> str:
        """Of this event, counted from 0."""
        return md5(f"{self.name}{number}".encode(), usedforsecurity=False).hexdigest()

    def number_at(self, at: datetime) -> int:
        """The first event that is not before this moment."""
        share = (at - self.since) / (self.until - self.since)
        return min(max(round(share * self.events), 0), self.events)

    @property
    def pipelines(self) -> dict[str, list[Any]]:
        """What rows carry of their pipelines, by column."""
        keys = dict(WriteKey.objects.values_list("pipeline_id", "id"))
        rows = [one.pipeline for one in self.sources]
        return {
            "organizations": [row.organization_id for row in rows],
            "pipelines": [row.id for row in rows],
            "keys": [keys[row.id] for row in rows],
            "lanes": [one.destination.id for one in self.sources],
        }


# As delivery.ids makes them: an event's is the first of its millisecond, its delivery's the second. The row's
# number stands for the random bits.
ID = """
CREATE OR REPLACE FUNCTION past_id(ms bigint, counter bigint, number bigint) RETURNS uuid
IMMUTABLE LANGUAGE sql AS $$
    SELECT (lpad(to_hex(ms), 12, '0') || '7000' || to_hex(32768 + counter)
            || lpad(to_hex(number), 12, '0'))::uuid
$$
"""
ROWS = """
    SELECT n, md5(%(name)s || n) AS message_id, p.*, to_timestamp(ms / 1000.0) AS at,
           past_id(ms, 0, n) AS event_id, past_id(ms, 1, n) AS delivery_id,
           past_id(ms + 200, 0, n) AS attempt_id,
           CASE n %% 100 WHEN 0 THEN 'rejected' WHEN 1 THEN 'exhausted' ELSE 'delivered' END AS outcome,
           CASE WHEN n %% 100 < 2 THEN 'The vendor answered 400: the currency is not one of ISO 4217.'
                ELSE '' END AS reason,
           n >= %(ended)s AS is_waiting
    FROM generate_series(%(first)s::bigint, %(last)s) AS n
    CROSS JOIN LATERAL (SELECT %(since_ms)s + n * %(span_ms)s / %(events)s AS ms) AS moment
    JOIN unnest(%(organizations)s::uuid[], %(pipelines)s::uuid[], %(keys)s::uuid[], %(lanes)s::uuid[])
        WITH ORDINALITY AS p(organization_id, pipeline_id, write_key_id, lane_id, place)
        ON p.place = n %% %(sources)s + 1
"""
EVENTS = f"""
INSERT INTO integrations_event
    (id, organization_id, pipeline_id, write_key_id, type, name, message_id, user_id, anonymous_id,
     received_at, plan_version, planned, skips, payload)
SELECT event_id, organization_id, pipeline_id, write_key_id, 'track', 'Order Completed', message_id,
       'user-' || n %% 100000, '', at, 1, 1,
       CASE n %% 10 WHEN 0 THEN jsonb_build_array(jsonb_build_object('destination', lane_id,
           'reason', 'consent', 'sentence', 'The visitor did not consent.')) ELSE '[]' END,
       json_build_object('type', 'track', 'event', 'Order Completed', 'messageId', message_id,
           'userId', 'user-' || n %% 100000, 'timestamp', at,
           'properties', json_build_object('order_id', n, 'revenue', 129.9, 'currency', 'EUR'))
FROM ({ROWS}) AS r
"""
RESULTS = f"""
INSERT INTO integrations_deliveryresult
    (id, organization_id, pipeline_id, lane_id, event_id, outcome, reason, attempts, attempt_ids, ended_at)
SELECT delivery_id, organization_id, pipeline_id, lane_id, event_id, outcome, reason, 1, ARRAY[attempt_id],
       at + interval '0.3 s'
FROM ({ROWS}) AS r WHERE NOT is_waiting
"""
ATTEMPTS = f"""
INSERT INTO integrations_attempt
    (id, lane_id, scope_id, delivery_ids, operation, mode, started_at, method, url, request_headers,
     request_body, status, response_headers, response_body, verdict, reason, dns_ms, connect_ms, tls_ms,
     first_byte_ms, total_ms)
SELECT attempt_id, lane_id, organization_id, ARRAY[delivery_id], 'event', 'sandbox', at + interval '0.2 s',
       'POST', 'https://events.example.com/collect', '{{"Content-Type": "application/json"}}',
       format('{{"version":"1","id":"%%s","order":"%%s"}}', message_id, n),
       CASE reason WHEN '' THEN 200 ELSE 400 END, '{{"Content-Type": "application/json"}}', '{{"ok": true}}',
       CASE reason WHEN '' THEN 'delivered' ELSE 'rejected' END, reason, 0.1, 0.4, 1.5, 40.2, 41.3
FROM ({ROWS}) AS r
"""
WAITING = f"""
INSERT INTO integrations_delivery
    (id, organization_id, pipeline_id, lane_id, event_id, due_at, attempts, attempt_ids, reason, held_at)
SELECT delivery_id, organization_id, pipeline_id, lane_id, event_id,
       CASE n %% 2 WHEN 0 THEN timestamptz '9999-01-01 00:00Z' ELSE now() + interval '1 hour' END, 1,
       ARRAY[attempt_id], reason, CASE n %% 2 WHEN 0 THEN now() END
FROM ({ROWS}) AS r WHERE is_waiting
"""


def write_past(past: Past) -> None:
    """Write it into the current database, as if beat had made its partitions and vacuumed them day by day."""
    days = [past.since.date() + n * DAY for n in range((past.until.date() - past.since.date()).days + 1)]
    for table in COLD_TABLES:
        make_partitions(table, days)
    _autovacuum("autovacuum_enabled = off", do="SET")  # while it grows that fast it would only be in the way
    execute(ID)
    values = {
        **past.pipelines,
        "name": past.name,
        "events": past.events,
        "ended": past.events - past.waiting,
        "since_ms": int(past.since.timestamp() * 1000),
        "span_ms": int((past.until - past.since).total_seconds() * 1000),
        "sources": len(past.sources),
    }
    chunks = [
        partial(_write_chunk, {**values, "first": first, "last": min(first + CHUNK, past.events) - 1})
        for first in range(0, past.events, CHUNK)
    ]
    _run(chunks)


def write_keys(past: Past) -> None:
    """The message ids of its last two days, which the check for duplicates looks into."""
    for at in (past.until - DAY, past.until):
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        numbers = range(past.number_at(midnight), past.number_at(midnight + DAY))
        for first in range(0, len(numbers), KEYS):
            part = numbers[first : first + KEYS]
            sources = [past.sources[n % len(past.sources)].pipeline.id for n in part]
            claim_message_ids(list(zip(sources, map(past.message_id, part), strict=True)), now=at)


def count_past(past: Past, *, days: int) -> None:
    """Counters of the days before its end, of every pipeline in every hour."""
    of = past.pipelines
    owners = list(zip(of["organizations"], of["pipelines"], of["lanes"], strict=True))
    each = max(past.events // (days * 24) // len(owners), 1)
    for day in range(days):
        counts = Counts()
        for number in range(24):
            hour = hour_of(past.until) - day * DAY - number * HOUR
            for organization_id, pipeline_id, lane_id in owners:
                counts.add(hour, organization_id, pipeline_id, None, Measure.STORED, number=each)
                for measure in (Measure.PLANNED, Measure.DELIVERED, Measure.ATTEMPTS):
                    counts.add(hour, organization_id, pipeline_id, lane_id, measure, number=each)
        write_counts(counts)
    fold_counts()


def vacuum() -> None:
    """Each table by itself, as autovacuum does it: it knows no partitioned table as a whole."""
    _autovacuum("autovacuum_enabled", do="RESET")
    tables = [name for (name,) in execute("SELECT relname FROM pg_stat_user_tables WHERE n_tup_ins > 0")]
    _run([partial(execute, f"VACUUM (ANALYZE) {table}") for table in tables])
    execute("CHECKPOINT")


def execute(query: str, values: Any = None) -> list[tuple[Any, ...]]:
    """Run one statement; its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall()) if cursor.description else []


def _autovacuum(setting: str, *, do: str) -> None:
    query = "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = %s::regclass"
    for table in COLD_TABLES:
        for (partition,) in execute(query, [table]):
            execute(f"ALTER TABLE {partition} {do} ({setting})")


def _write_chunk(values: dict[str, Any]) -> None:
    for query in (EVENTS, RESULTS, ATTEMPTS, WAITING):
        execute(query, values)


def _run(jobs: Sequence[Callable[[], object]]) -> None:
    """Two at a time, as there are two cores, saying now and then how far it is."""
    with ThreadPoolExecutor(THREADS) as pool:
        for number, _ in enumerate(pool.map(_apart, jobs), start=1):
            if number % TOLD == 0:
                say(f"  {number} of {len(jobs)}")


def _apart(job: Callable[[], object]) -> None:
    """In a thread with a connection of its own."""
    try:
        job()
    finally:
        connection.close()
