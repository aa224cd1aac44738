"""What a vendor's team was asked, and what it answered."""

from __future__ import annotations

import uuid

from django.db import models

from accounts.models import Organization
from integrations.models.vendor_revision import VendorRevision


class VendorQuestionnaire(models.Model):
    """Answers from which a custom vendor is made, filled in here or behind a link by the vendor's team.

    Answers that came by the link wait for review: a revision is made by a member only. The link's secret is
    kept as a hash.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="vendor_questionnaires"
    )
    name = models.CharField("vendor", max_length=100)
    slug = models.SlugField(max_length=60)
    answers = models.JSONField(default=dict, blank=True)
    link_digest = models.BinaryField(null=True, blank=True, editable=False)
    link_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)  # by the link, not reviewed yet
    answered_by = models.CharField(max_length=254, blank=True, editable=False)
    revision = models.ForeignKey(
        VendorRevision, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "slug"], name="one_questionnaire_per_vendor")
        ]

    def __str__(self) -> str:
        return f"Questionnaire of {self.name}"
