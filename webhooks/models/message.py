"""One webhook notification, as it is kept."""

from __future__ import annotations

from django.db import models


class Message(models.Model):
    """One notification: bytes that never change. Cold: append-only, partitioned by the day in `id`."""

    id = models.UUIDField(primary_key=True)
    organization_id = models.UUIDField()
    event_type = models.TextField()
    made_at = models.DateTimeField(help_text="When that happened which it tells of.")
    body = models.BinaryField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.event_type} {self.id}"
