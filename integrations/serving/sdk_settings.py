"""What Segment's and RudderStack's browser SDKs fetch before their first event: where to send."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from integrations.core.served.facts import KeyFacts
from integrations.ingest.keys import first_key, header_key, missing_key
from integrations.ingest.reply import JSON, Refusal, Reply
from integrations.ingest.request import Request
from integrations.serving.hatch import Hatch
from integrations.serving.keys import facts_of, must_be_own_host

KEPT = {"Cache-Control": "public, max-age=300, stale-while-revalidate=86400"}
UNKNOWN_KEY = "The write key is unknown or revoked. Use a write key of this pipeline's page in the admin."


def segment_settings(request: Request, hatch: Hatch, path: dict[str, str]) -> Reply:
    """For `@segment/analytics-next`: only its own integration, which sends to the cluster; no metrics."""
    facts = _facts(request, hatch, path["key"])
    base = urlsplit(facts.base_url)
    segment = {
        "apiKey": path["key"],
        "apiHost": f"{base.netloc}{base.path.rstrip('/')}/v1",
        "protocol": base.scheme,
    }
    return _json({"integrations": {"Segment.io": segment}, "metrics": {"sampleRate": 0}})


def rudderstack_config(request: Request, hatch: Hatch, path: dict[str, str]) -> Reply:
    """For RudderStack's browser SDK: a source without destinations, and neither metrics nor error reports."""
    key = first_key(header_key(request), request.parameters().get("writeKey"))
    if not key:
        raise missing_key()
    source_id = str(_facts(request, hatch, key).pipeline_id)
    off = {"enabled": False}
    source = {
        "id": source_id,
        "name": source_id,
        "writeKey": key,
        "enabled": True,
        "workspaceId": source_id,
        "config": {"statsCollection": {"errors": off, "metrics": off}},
        "connections": [],
        "destinations": [],
        "dataplanes": {},
    }
    consent: dict[str, list[str]] = {"providers": []}
    return _json({"source": source, "updatedAt": "", "consentManagementMetadata": consent}).plus(
        {"Cache-Control": "private, max-age=300"}
    )


def _facts(request: Request, hatch: Hatch, key: str) -> KeyFacts:
    must_be_own_host(request, hatch)
    facts = facts_of(request, hatch, key)
    if facts is None:
        raise Refusal(404, "unknown_write_key", UNKNOWN_KEY)
    return facts


def _json(body: object) -> Reply:
    return Reply(200, msgspec.json.encode(body), JSON | KEPT)
