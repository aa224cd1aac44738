"""An organization's webhook endpoint, and its lane."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.fields import EncryptedJSONField
from accounts.models import Organization
from delivery.models import LaneRow
from webhooks.core.policy import POLICIES, STANDARD


class Subscription(models.Model):
    """An endpoint with the event types it is told of and its signing secrets.

    `secrets` is `{"current": text, "previous": [{"secret": text, "until": ISO time}]}`, previous ones newest
    first. `failing_since` is when the first message was given up that no other has arrived after.
    """

    POLICIES = [(name, policy.title) for name, policy in POLICIES.items()]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="webhook_subscriptions"
    )
    url = models.CharField("endpoint URL", max_length=2048, help_text="https, a public host name.")
    event_types = ArrayField(models.CharField(max_length=60), help_text="At least one.")
    enabled = models.BooleanField(
        default=True,
        help_text="Disabling cancels what is waiting. Enabling sends what happens from then on.",
    )
    disabled_reason = models.TextField(blank=True, default="", editable=False)
    policy = models.CharField("attempts", max_length=20, choices=POLICIES, default=STANDARD)
    breaker_only_observes = models.BooleanField(
        "the breaker only observes",
        default=False,
        help_text="An open breaker is recorded and mailed (at most once an hour); messages go on.",
    )
    disable_after_days = models.PositiveSmallIntegerField(
        "disable after days of failure",
        null=True,
        blank=True,
        help_text="Empty: never by itself.",
    )
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    secrets = EncryptedJSONField(default=dict, editable=False)
    secret_made_at = models.DateTimeField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=254, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "webhook"

    def __str__(self) -> str:
        return self.url


class SubscriptionLane(LaneRow):
    """A subscription's lane. Its id is the subscription's.

    `notice_due_at`: its people are to be mailed then of how it stands (services.notices); `noticed_at`: when
    they were last. They stand here because who announces an opening has this row locked, and not the other.
    """

    subscription = models.OneToOneField(
        Subscription, primary_key=True, db_column="id", on_delete=models.CASCADE, related_name="lane"
    )
    id = None  # type: ignore[assignment]
    notice_due_at = models.DateTimeField(null=True)
    noticed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Lane of {self.subscription}"
