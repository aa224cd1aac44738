"""Every operation of the OpenAPI document, and how to ask for each on a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Model
from drf_spectacular.generators import SchemaGenerator

from accounts.models import ApiToken, AuditEntry, Invitation, Member, Organization
from integrations import models as rows
from integrations.models import VendorRevision
from tests.integrations.admin.samples import Samples
from tests.integrations.services.test_custom_vendors import TEXT
from webhooks.models import MessageDeliveryRecord, Recovery, Subscription

PERMISSION = re.compile(r"Permission: `([a-z_]+:[a-z_]+)`")
UNCHANGED = {"GET"}

# Which rows a path is about, by its first word.
SUBJECTS: Mapping[str, type[Model]] = {
    "attempts": rows.Attempt,
    "audit": AuditEntry,
    "clusters": rows.Cluster,
    "consent-categories": rows.ConsentCategory,
    "deliveries": rows.DeliveryRecord,
    "destinations": rows.Destination,
    "events": rows.Event,
    "invitations": Invitation,
    "members": Member,
    "organizations": Organization,
    "personal-tokens": ApiToken,
    "pipelines": rows.Pipeline,
    "replays": rows.Replay,
    "tokens": ApiToken,
    "tracking-files": rows.TrackingFile,
    "vendor-questionnaires": rows.VendorQuestionnaire,
    "vendors": VendorRevision,
    "webhook-deliveries": MessageDeliveryRecord,
    "webhook-recoveries": Recovery,
    "webhooks": Subscription,
    "write-keys": rows.WriteKey,
}
EVENT = {"event": {"type": "page", "userId": "u"}}
SINCE = {"since": "2026-01-01T00:00:00Z"}
BODIES: Mapping[str, Any] = {
    "destinations/preview": EVENT,
    "destinations/test": EVENT,
    "tracking-files/deployments": {"build": 1},
    "vendor-questionnaires/preview": EVENT,
    "vendors/revisions": {"document": TEXT},
    "webhooks/count-failed": SINCE,
}
CHANGES: Mapping[str, Any] = {
    "clusters": {"name": "Mine"},
    "consent-categories": {"name": "Mine"},
    "destinations": {"name": "Mine"},
    "members": {"role": "admin"},
    "organizations": {"name": "Mine"},
    "pipelines": {"name": "Mine"},
    "vendor-questionnaires": {"answers": {"name": "mine"}},
    "webhooks": {"event_types": ["file.config_saved"]},
    "tracking-files": {"draft": {"settings": {"library_name": "mine"}}},
}

# What stands in a path for a row.
PLACES: Mapping[str, Callable[[Any], Any]] = {
    "id": lambda row: row.pk,
    "slug": lambda vendor: vendor.slug,
    "revision": lambda vendor: vendor.revision,
    "file_id": lambda file: file.pk,
    "number": lambda file: file.builds.get().number,
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    id: str
    permissions: tuple[str, ...]
    queries: tuple[str, ...]

    def __str__(self) -> str:
        return self.id

    @property
    def resource(self) -> str:
        return self.path.removeprefix("/api/v1/").split("/")[0]

    @property
    def is_of_a_row(self) -> bool:
        return "{" in self.path

    @property
    def writes(self) -> bool:
        return self.method not in UNCHANGED

    def on(self, row: Any) -> str:
        """The path for one row."""
        return re.sub(r"\{(\w+)\}", lambda name: str(PLACES[name[1]](row)), self.path)

    def body(self, samples: Samples) -> Any:
        """What would be right to send, with the relations of these samples."""
        if not self.writes or self.method == "DELETE":
            return None
        if self.method == "PATCH":
            return CHANGES[self.resource]
        if self.is_of_a_row:
            return BODIES.get(f"{self.resource}/{self.path.rsplit('/', 1)[1]}", {})
        return new_row(self.resource, samples)


def new_row(resource: str, samples: Samples) -> Any:
    """The body that makes a row beside those of the samples. KeyError for a resource unknown here."""
    organization = str(samples.organization.id)
    return {
        "clusters": {"organization": organization, "name": "New", "base_url": "https://new.example"},
        "consent-categories": {"organization": organization, "code": "new", "name": "New"},
        "destinations": {
            "pipeline": str(samples.pipeline.id),
            "vendor": "partnerstack",
            "name": "New",
            "settings": {"tracking_token": "t", "public_key": "p", "secret_key": "s"},
            "consent_categories": [samples.category.code],
        },
        "invitations": {"organization": organization, "email": "new@new.example", "role": "read_only"},
        "personal-tokens": {"organization": organization, "name": "New", "scopes": ["read:member"]},
        "pipelines": {"cluster": str(samples.cluster.id), "name": "New", "kind": "web"},
        "replays": {"organization": organization, "pipeline": str(samples.pipeline.id), **SINCE},
        "tokens": {"organization": organization, "name": "New", "scopes": ["read:member"]},
        "webhook-recoveries": {"webhook": str(_webhook(samples).id), **SINCE},
        "webhooks": {
            "organization": organization,
            "url": "https://new.example/hook",
            "event_types": ["file.deployed"],
        },
        "tracking-files": {"pipeline": str(samples.pipeline.id)},
        "vendor-questionnaires": {"organization": organization, "name": "New"},
        "vendors": {"organization": organization, "document": TEXT},
        "write-keys": {"pipeline": str(samples.pipeline.id)},
    }[resource]


def _webhook(samples: Samples) -> Subscription:
    return Subscription.objects.get(organization=samples.organization)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document, as it is served."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


@cache
def every_operation() -> tuple[Operation, ...]:
    """All of them, in the document's order."""
    return tuple(_operations())


def _operations() -> Iterator[Operation]:
    for path, methods in document()["paths"].items():
        for method, told in methods.items():
            yield Operation(
                method=method.upper(),
                path=path,
                id=told["operationId"],
                permissions=tuple(PERMISSION.findall(told["description"])),
                queries=tuple(one["name"] for one in told.get("parameters", ()) if one["in"] == "query"),
            )
