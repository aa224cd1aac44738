"""The closed list of what messages tell of, each with its JSON Schema and an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

ID = {"type": "string", "format": "uuid"}
TEXT = {"type": "string"}
URL = {"type": "string", "format": "uri"}
COUNT = {"type": "integer", "minimum": 1}

_ORGANIZATION = {"org_id": ID, "org_name": TEXT}
_PIPELINE = {"pipeline_id": ID, "pipeline_name": TEXT}
_DESTINATION = {**_ORGANIZATION, **_PIPELINE, "destination_id": ID, "destination_name": TEXT}
_FILE = {
    "analytics_file_id": ID,
    **_ORGANIZATION,
    **_PIPELINE,
    "writekey": TEXT,
    "cluster_id": ID,
    "cluster_name": TEXT,
}
_FILE_END = {
    "file_hosting_type": {"type": "string", "enum": ["mr_hosted", "self_hosted"]},
    "user_email": TEXT,
}

_ACME = {"org_id": "0198c0de-0000-7000-8000-000000000001", "org_name": "Acme Corp"}
_SHOP = {"pipeline_id": "0198c0de-0000-7000-8000-000000000002", "pipeline_name": "Web shop"}
_ADS = {
    **_ACME,
    **_SHOP,
    "destination_id": "0198c0de-0000-7000-8000-000000000005",
    "destination_name": "Retargeting",
}
_SHOP_FILE = {
    "analytics_file_id": "0198c0de-0000-7000-8000-000000000003",
    **_ACME,
    **_SHOP,
    "writekey": "wk-abc123",
    "cluster_id": "0198c0de-0000-7000-8000-000000000004",
    "cluster_name": "US East",
}
_SOMEBODY = {"file_hosting_type": "mr_hosted", "user_email": "dana@acme.example"}
_AT = "2026-03-18T10:30:00Z"


@dataclass(frozen=True, kw_only=True, slots=True)
class EventType:
    """One kind of message. `is_chosen`: subscriptions name it; a test goes to whoever asks for it."""

    name: str
    about: str
    data: Json
    example_data: Json
    is_chosen: bool = True

    @property
    def schema(self) -> Json:
        """JSON Schema (2020-12) of the whole body. New members may come: it allows them."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.name,
            "description": self.about,
            **_object(
                {
                    "event_type": {"const": self.name},
                    "timestamp": {"type": "string", "format": "date-time"},
                    "data": _object(self.data),
                }
            ),
        }

    @property
    def example(self) -> Json:
        """A whole body."""
        return {"event_type": self.name, "timestamp": _AT, "data": self.example_data}


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties)}


TEST = "webhook.test"

_ALL = (
    EventType(
        name="file.config_saved",
        about="A tracking file configuration was saved and a new file is ready for review.",
        data={**_FILE, **_FILE_END},
        example_data={**_SHOP_FILE, **_SOMEBODY},
    ),
    EventType(
        name="file.deployed",
        about="A tracking file was deployed to a cluster and is now live.",
        data={**_FILE, "source_url": URL, "cdn_url": URL, **_FILE_END},
        example_data={
            **_SHOP_FILE,
            "source_url": "https://us-east.acme.example/v1/pipelines/wk-abc123/file",
            "cdn_url": "https://cdn.acme.example/shop.js",
            **_SOMEBODY,
        },
    ),
    EventType(
        name="destination.breaker_opened",
        about="Requests to a destination failed in a row: its deliveries wait.",
        data={**_DESTINATION, "reason": TEXT},
        example_data={
            **_ADS,
            "reason": "10 requests in a row failed: deliveries wait, and a probe goes in 60 s.",
        },
    ),
    EventType(
        name="destination.breaker_closed",
        about="A destination answers again: its deliveries go on.",
        data={**_DESTINATION, "reason": TEXT},
        example_data={**_ADS, "reason": "The probe was answered: deliveries go on."},
    ),
    EventType(
        name="destination.paused",
        about="A destination's credentials were refused in a row: its deliveries wait until it is resumed.",
        data={**_DESTINATION, "reason": TEXT},
        example_data={
            **_ADS,
            "reason": "5 requests in a row were answered 401, so the credentials no longer hold. "
            "Correct them, then resume.",
        },
    ),
    EventType(
        name="delivery.exhausted",
        about="Deliveries to a destination used up their attempts. One message tells of all at once.",
        data={
            **_DESTINATION,
            "count": COUNT,
            "delivery_ids": {"type": "array", "items": ID, "minItems": 1, "maxItems": 100},
            "reason": TEXT,
        },
        example_data={
            **_ADS,
            "count": 1,
            "delivery_ids": ["0198c0de-0000-7000-8000-000000000006"],
            "reason": "Answered 503: a fault on the other side. Given up after 8 attempts: send it again "
            "once the other side works.",
        },
    ),
    EventType(
        name=TEST,
        about="Somebody asked for a test. It goes to one endpoint, whatever that is subscribed to.",
        data={**_ORGANIZATION, "webhook_id": ID, "user_email": TEXT},
        example_data={
            **_ACME,
            "webhook_id": "0198c0de-0000-7000-8000-000000000007",
            "user_email": "dana@acme.example",
        },
        is_chosen=False,
    ),
)

EVENT_TYPES: Mapping[str, EventType] = {one.name: one for one in _ALL}
CHOSEN: tuple[str, ...] = tuple(one.name for one in _ALL if one.is_chosen)
