"""A change of a destination that waits to be published."""

from __future__ import annotations

from django.db import models

from accounts.fields import EncryptedJSONField
from integrations.models.consent_category import ConsentCategory
from integrations.models.destination import Destination
from integrations.models.filter_field import FilterField
from integrations.models.mapping_changes_field import MappingChangesField
from integrations.models.vendor_revision import VendorRevision


class DestinationDraft(models.Model):
    """A destination as somebody would have it who may configure but not publish. One waits at a time."""

    destination = models.OneToOneField(Destination, on_delete=models.CASCADE, related_name="draft")
    vendor_revision = models.ForeignKey(VendorRevision, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    mode = models.CharField(max_length=10, choices=Destination.Mode)
    settings = models.JSONField(default=dict)
    secrets = EncryptedJSONField(default=dict)
    consent_categories = models.ManyToManyField(ConsentCategory, related_name="+")
    delay_s = models.PositiveIntegerField(default=0)
    filter = FilterField()
    mapping_changes = MappingChangesField()
    max_age_s = models.PositiveIntegerField(null=True)
    staged_by = models.CharField(max_length=254)
    staged_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Draft of {self.destination}"
