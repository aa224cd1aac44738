"""A filter of a log list reads what it shows, however many rows there are beside it: counted in pages."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import QuerySet

from integrations.models import DeliveryRecord, Event

pytestmark = pytest.mark.django_db
ROWS, FEW_PAGES = 20_000, 100
ONE, BUSY, QUIET = uuid4(), uuid4(), uuid4()
NOW_MS = "(extract(epoch FROM now()) * 1000)::int8"
ID = f"(lpad(to_hex({NOW_MS} - n), 12, '0') || '70008000' || lpad(n::text, 12, '0'))::uuid"
EVENTS = f"""
    INSERT INTO integrations_event
        (id, organization_id, pipeline_id, write_key_id, type, name, message_id, user_id, anonymous_id,
         received_at, plan_version, planned, skips, payload)
    SELECT {ID}, %(one)s, %(busy)s, %(one)s, 'track', 'Order Completed', n, '', '', now(), 1, 0, '[]', '{{}}'
    FROM generate_series(1, %(rows)s) n
"""
RESULTS = f"""
    INSERT INTO integrations_deliveryresult
        (id, organization_id, pipeline_id, lane_id, event_id, outcome, reason, attempts, attempt_ids,
         ended_at)
    SELECT {ID}, %(one)s, %(busy)s, %(busy)s, gen_random_uuid(), 'delivered', '', 1, '{{}}', now()
    FROM generate_series(1, %(rows)s) n
"""


def fill(table: str, query: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, {"one": ONE, "busy": BUSY, "rows": ROWS})
        cursor.execute(f"ANALYZE {table}")


def pages_of(rows: QuerySet[Any]) -> int:
    """How many pages PostgreSQL touches for the first fifty of them."""
    plan = json.loads(rows[:50].explain(analyze=True, buffers=True, format="json"))[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def test_events_of_a_type_that_nobody_sent() -> None:
    rows = Event.objects.filter(type="identify")
    before = pages_of(rows)  # what earlier tests left behind is not meant

    fill("integrations_event", EVENTS)

    assert pages_of(rows) - before < FEW_PAGES


def test_deliveries_of_a_pipeline_that_has_none() -> None:
    rows = DeliveryRecord.objects.filter(pipeline_id=QUIET)
    before = pages_of(rows)  # what earlier tests left behind is not meant

    fill("integrations_deliveryresult", RESULTS)

    assert pages_of(rows) - before < FEW_PAGES
