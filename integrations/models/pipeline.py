"""One source of events in one environment."""

from __future__ import annotations

import uuid

from django.db import models

from accounts.models import Organization
from integrations.models.cluster import Cluster


class Pipeline(models.Model):
    """One source of events (web, iOS, Android, server) in one environment, in exactly one cluster.

    `config_version` changes in every transaction that changes what the pipeline does with an event; ingest
    reads it in its own transaction and plans anew when it differs.
    """

    class Kind(models.TextChoices):
        """What sends the events. Visitor facts are filled from the request for all but servers."""

        WEB = "web", "Web"
        IOS = "ios", "iOS"
        ANDROID = "android", "Android"
        SERVER = "server", "Server"

    class Environment(models.TextChoices):
        """What the events are for."""

        PRODUCTION = "production", "Production"
        STAGING = "staging", "Staging"
        DEVELOPMENT = "development", "Development"

    class ConsentPolicy(models.TextChoices):
        """What the absence of a signal means."""

        EXPLICIT = "explicit", "Explicit: no signal means no"
        IMPLIED = "implied", "Implied: no signal means yes"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="pipelines")
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="pipelines")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind)
    environment = models.CharField(max_length=12, choices=Environment, default=Environment.PRODUCTION)
    enabled = models.BooleanField(default=True, help_text="A disabled pipeline answers 403 to its senders.")
    consent_policy = models.CharField(max_length=10, choices=ConsentPolicy, default=ConsentPolicy.EXPLICIT)
    honours_gpc = models.BooleanField(
        "honours Global Privacy Control",
        default=True,
        help_text="A visitor's GPC signal is an opt-out of the sale and sharing categories.",
    )
    answers_207 = models.BooleanField(
        "answers 207 to a partly valid batch",
        default=False,
        help_text="MetaRouter's documented behaviour. Some SDKs resend everything that is not answered 200.",
    )
    config_version = models.BigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="pipeline_name_once_per_organization"
            )
        ]

    def __str__(self) -> str:
        return self.name
