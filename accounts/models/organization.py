"""A customer."""

from __future__ import annotations

import uuid

from django.db import models


class Organization(models.Model):
    """A customer: the wall that no object is visible across."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    auto_deploys = models.BooleanField(
        "may auto-deploy to a cluster",
        default=True,
        help_text="Tracking files may be uploaded to the cluster. Switched by staff of the installation.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
