"""Rows and tables for tests of the engine: the concrete tables of integrations, filled by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection

from accounts.models import Organization
from delivery.ids import Ids
from delivery.lanes import Tables
from integrations.models import Cluster, Destination, DestinationLane, Pipeline, VendorRevision

TABLES = Tables(
    queue="integrations_delivery",
    results="integrations_deliveryresult",
    attempts="integrations_attempt",
    lanes="integrations_destinationlane",
    carried=("organization_id", "pipeline_id", "event_id"),
)
SCOPE = UUID("0192aaaa-0000-7000-8000-000000000001")


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def add_lane(**state: object) -> UUID:
    """The lane of a new destination, in this state."""
    slug = uuid4().hex[:12]
    organization = Organization.objects.create(name=slug, slug=slug)
    cluster = Cluster.objects.create(organization=organization, name=slug, base_url="https://c.example")
    pipeline = Pipeline.objects.create(organization=organization, cluster=cluster, name=slug, kind="server")
    revision = VendorRevision.objects.create(slug=slug, name=slug, revision=1, document="", sha256=slug)
    destination = Destination.objects.create(pipeline=pipeline, vendor_revision=revision, name=slug)
    DestinationLane.objects.create(destination=destination, **state)
    return destination.id


def add_rows(lane_id: UUID, count: int, *, due_in_s: float = -1.0) -> list[UUID]:
    """Unfinished deliveries of a lane."""
    due_at = database_now() + timedelta(seconds=due_in_s)
    now_ids = Ids(database_now())
    ids = [now_ids.next() for _ in range(count)]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO integrations_delivery (id, lane_id, due_at, organization_id, pipeline_id, event_id)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [(row_id, lane_id, due_at, SCOPE, SCOPE, row_id) for row_id in ids],
        )
    return ids


def outcomes(lane_id: UUID) -> dict[UUID, str]:
    """How this lane's deliveries ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, outcome FROM integrations_deliveryresult WHERE lane_id = %s", [lane_id])
        return dict(cursor.fetchall())


def waiting(lane_id: UUID) -> list[UUID]:
    """Its unfinished ones."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM integrations_delivery WHERE lane_id = %s ORDER BY id", [lane_id])
        return [row[0] for row in cursor.fetchall()]
