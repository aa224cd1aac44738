"""Pipelines that send to the ordeal's receiver: some one event a request, one in batches."""

from __future__ import annotations

import json
from typing import Any

SINGLE, BATCH = 1, 20
LANES = (SINGLE, SINGLE, SINGLE, BATCH)

MAKE = """
organization = Organization.objects.create(name="Ordeal", slug="ordeal")
cluster = Cluster.objects.create(organization=organization, name="Local", base_url="http://127.0.0.1")
granted = ConsentCategory.objects.create(organization=organization, code="advertising", name="Advertising")
for number, document in enumerate({documents!r}):
    pipeline = Pipeline.objects.create(
        organization=organization, cluster=cluster, name=f"Lane {{number}}", kind="server"
    )
    revision = VendorRevision.objects.create(
        organization=organization, slug=f"receiver-{{number}}", name="Receiver", revision=1,
        document=document, sha256=str(number),
    )
    destination = Destination.objects.create(
        pipeline=pipeline, vendor_revision=revision, name="Receiver", mode="sandbox"
    )
    destination.consent_categories.add(granted)
    DestinationLane.objects.create(destination=destination)
    print(WriteKey.objects.create(pipeline=pipeline, key=f"ordeal_{{number}}").key)
"""


def make_sources() -> str:
    """The code that makes them in `manage.py shell`; it prints a write key a line."""
    documents = [json.dumps(_definition(number, size)) for number, size in enumerate(LANES)]
    return MAKE.format(documents=documents)


def _definition(number: int, size: int) -> dict[str, Any]:
    endpoint = "https://receiver.example/events"
    return {
        "slug": f"receiver-{number}",
        "name": "Receiver",
        "about": "The vendor of the ordeal.",
        "docs": [],
        "verified_on": "2026-11-26",
        "consent": {"classification": "advertising"},
        "questionnaire": {
            "identifiers": ["message id"],
            "event_endpoint": f"POST {endpoint}",
            "identity_endpoint": "none",
            "consent_classification": "advertising",
            "validation_method": "none",
        },
        "settings": {},
        "operations": {
            "event": {
                "method": "POST",
                "url": endpoint,
                "envelope": {"events": "$elements"},
                "batch": {"max_count": size},
                "fields": {"id": "$messageId"},
                "responses": [{"status": 200, "verdict": "delivered"}],
            }
        },
        "events": [{"rule": "any", "when": {"type": ["track"]}, "operation": "event"}],
        "fallback": "drop",
        "test_mode": {"supported": False},
        "examples": [],
    }
