"""What a sender proves itself with."""

from __future__ import annotations

import uuid

from django.core.validators import RegexValidator
from django.db import models

from integrations.models.pipeline import Pipeline

KEY_PATTERN = r"^[A-Za-z0-9_-]{8,128}$"


class WriteKey(models.Model):
    """What a sender proves itself with. Several per pipeline, so that keys can be rotated; one is primary."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="write_keys")
    key = models.CharField(
        max_length=128,
        unique=True,
        validators=[RegexValidator(KEY_PATTERN, "Use 8 to 128 letters, digits, _ and -.")],
    )
    is_primary = models.BooleanField("primary", default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    file_fetched_at = models.DateTimeField(  # written at most once an hour
        "tracking file last fetched at", null=True, blank=True, editable=False
    )
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline"], condition=models.Q(is_primary=True), name="one_primary_key_per_pipeline"
            )
        ]

    def __str__(self) -> str:
        return self.key
