"""One frozen revision of a vendor definition."""

from __future__ import annotations

import uuid

from django.db import models

from accounts.models import Organization


class VendorRevision(models.Model):
    """One revision of a vendor's definition, built in (organization is null) or made by an organization.

    The document is the YAML text; it never changes. A changed definition is the next revision.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="vendor_revisions"
    )
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=100)
    revision = models.PositiveIntegerField()
    document = models.TextField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "slug", "revision"],
                nulls_distinct=False,
                name="vendor_revision_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} r{self.revision}"
