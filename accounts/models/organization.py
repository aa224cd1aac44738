"""A customer."""

from __future__ import annotations

import uuid

from django.core.validators import MinValueValidator
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
    event_days = models.PositiveSmallIntegerField(
        "days that events are kept",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="With their payloads and how their deliveries ended; what was not sent by then is "
        "cancelled. Empty: as long as the installation keeps them.",
    )
    attempt_days = models.PositiveSmallIntegerField(
        "days that attempts are kept",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Requests and answers. Empty: as long as the installation keeps them.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
