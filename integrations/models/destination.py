"""One vendor account connected to a pipeline."""

from __future__ import annotations

import uuid

from django.db import models

from accounts.fields import EncryptedJSONField
from integrations.models.consent_category import ConsentCategory
from integrations.models.filter_field import FilterField
from integrations.models.mapping_changes_field import MappingChangesField
from integrations.models.pipeline import Pipeline
from integrations.models.vendor_revision import VendorRevision


class Destination(models.Model):
    """One vendor account connected to a pipeline: settings, secrets, consent categories, pinned revision."""

    class Mode(models.TextChoices):
        """Whether requests go to the vendor, to its test mode, or to the sandbox."""

        LIVE = "live", "Live"
        TEST = "test", "Test"
        SANDBOX = "sandbox", "Sandbox"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="destinations")
    vendor_revision = models.ForeignKey(VendorRevision, on_delete=models.PROTECT, related_name="destinations")
    name = models.CharField(max_length=100)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.LIVE)
    enabled = models.BooleanField(
        default=True, help_text="Disabling cancels what is waiting; pausing lets it wait."
    )
    settings = models.JSONField(default=dict, blank=True)
    secrets = EncryptedJSONField(default=dict, blank=True, editable=False)
    consent_categories = models.ManyToManyField(ConsentCategory, related_name="destinations", blank=True)
    delay_s = models.PositiveIntegerField(
        "delay (seconds)",
        default=0,
        help_text="Waits this long before the first attempt. A change holds for later events.",
    )
    max_age_s = models.PositiveIntegerField(
        "maximum age (seconds)",
        null=True,
        blank=True,
        help_text="Older events are refused before sending, waiting ones too. Empty: only the vendor's limit "
        "counts. Where both are set, the shorter.",
    )
    filter = FilterField()
    mapping_changes = MappingChangesField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "name"], name="destination_name_once_per_pipeline")
        ]

    def __str__(self) -> str:
        return self.name
