"""Where a pipeline's data plane answers."""

from __future__ import annotations

import uuid

from django.db import models

from accounts.models import Organization


class Cluster(models.Model):
    """Where a pipeline's data plane answers: the base of every URL that is shown and of every file built."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="clusters")
    name = models.CharField(max_length=100)
    region = models.CharField(max_length=60, blank=True)
    base_url = models.URLField("public base URL", help_text="For example https://events.example.com")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="cluster_name_once_per_organization"
            )
        ]

    def __str__(self) -> str:
        return self.name
