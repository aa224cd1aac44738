"""Pipelines with destinations for tests, made as the product makes them."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from accounts.core.principal import system
from accounts.models import Organization
from integrations.core.facts import Facts, Incoming
from integrations.models import Cluster, ConsentCategory, Destination, Pipeline, WriteKey
from integrations.services.demo import DESTINATIONS
from integrations.services.destinations import Wanted, connect_destination
from integrations.services.vendors import load_catalogue, newest_revision
from integrations.services.write_keys import create_write_key

BY = system("a test")
GRANTED = {"consent": {"categoryPreferences": {"advertising": True}}}
VISITOR = {"ip": "203.0.113.7", "userAgent": "Mozilla/5.0"}
FACTS = Facts(ip="198.51.100.9", user_agent="curl/8")


def make_pipeline(*vendors: str, kind: str = "server", mode: str = "sandbox", **options: Any) -> Pipeline:
    """A pipeline of a new organization, with a write key and these vendors under `advertising`."""
    slug = uuid4().hex[:12]
    organization = Organization.objects.create(name=slug, slug=slug)
    cluster = Cluster.objects.create(organization=organization, name="Here", base_url="https://c.example")
    pipeline = Pipeline.objects.create(
        organization=organization, cluster=cluster, name=slug, kind=kind, **options
    )
    create_write_key(BY, pipeline)
    advertising = ConsentCategory.objects.create(
        organization=organization, code="advertising", name="Advertising", is_sale_or_sharing=True
    )
    for vendor in vendors:
        connect(pipeline, vendor, [advertising], mode=mode)
    return pipeline


def connect(
    pipeline: Pipeline,
    vendor: str,
    categories: list[ConsentCategory],
    *,
    mode: str = "sandbox",
    **values: Any,
) -> Destination:
    load_catalogue()
    revision = newest_revision(vendor)
    assert revision
    wanted = Wanted(
        name=revision.name,
        vendor_revision=revision,
        mode=mode,
        values=values or DESTINATIONS[vendor],
        categories=categories,
    )
    return connect_destination(BY, pipeline, wanted)


def key_of(pipeline: Pipeline) -> str:
    return WriteKey.objects.get(pipeline=pipeline, is_primary=True).key


def incoming(pipeline: Pipeline, **event: Any) -> Incoming:
    """One event with consent, as the doors pass it on."""
    raw = {"type": "track", "event": "Order Completed", "userId": "u-1", "context": {**GRANTED, **VISITOR}}
    return Incoming(key=key_of(pipeline), raw={**raw, **event}, size=500, needs_walk=False)


def stored(pipeline: Pipeline) -> list[dict[str, Any]]:
    """The pipeline's event rows as they were inserted: a test is one transaction, and now() stands still."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM integrations_event WHERE pipeline_id = %s ORDER BY ctid", [pipeline.id])
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{**row, "skips": json.loads(row["skips"])} for row in rows]


def planned(pipeline: Pipeline) -> list[UUID]:
    """The destinations of its unfinished deliveries."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT lane_id FROM integrations_delivery WHERE pipeline_id = %s", [pipeline.id])
        return [row[0] for row in cursor.fetchall()]
