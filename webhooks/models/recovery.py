"""A durable job that sends again what failed."""

from __future__ import annotations

import uuid

from django.db import models

from webhooks.models.subscription import Subscription


class Recovery(models.Model):
    """Sends the messages of one subscription again that failed since a time and have not arrived since.

    `planned` is how many there were when it began, `queued` how many are queued by now; `reached` is the last
    delivery it has looked at.
    """

    class State(models.TextChoices):
        """Where it stands."""

        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subscription = models.ForeignKey(
        Subscription, verbose_name="webhook", on_delete=models.CASCADE, related_name="recoveries"
    )
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    planned = models.PositiveIntegerField()
    queued = models.PositiveIntegerField(default=0)
    reached = models.UUIDField(null=True, editable=False)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=254)
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-started_at"]
        verbose_name = "webhook recovery"
        verbose_name_plural = "webhook recoveries"

    def __str__(self) -> str:
        return f"Recovery since {self.since:%Y-%m-%d %H:%M} UTC"
