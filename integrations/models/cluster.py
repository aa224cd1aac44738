"""Where a pipeline's data plane answers."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.db import models

from accounts.models import Organization
from integrations.core.served.hosts import is_site


def validate_sites(sites: object) -> None:
    """A list of domains."""
    if not isinstance(sites, list):
        raise ValidationError("Give a list of domains.")
    for site in sites:
        if not (isinstance(site, str) and is_site(site)):
            raise ValidationError(
                f"{site} is no domain: give it like shop.example, without https:// and path."
            )


class Cluster(models.Model):
    """Where a pipeline's data plane answers: the base of every URL that is shown and of every file built."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="clusters")
    name = models.CharField(max_length=100)
    region = models.CharField(max_length=60, blank=True)
    base_url = models.URLField("public base URL", help_text="For example https://events.example.com")
    sites = models.JSONField(
        "sites that may read the cross-domain id",
        default=list,
        blank=True,
        validators=[validate_sites],
        help_text='Domains with all below them, for example ["shop.example"].',
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="cluster_name_once_per_organization"
            )
        ]

    def __str__(self) -> str:
        return self.name
