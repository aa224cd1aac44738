"""Deliveries of messages: unfinished ones, ended ones, and the attempts of both."""

from __future__ import annotations

from django.db import models

from delivery.models import AttemptRow, QueueRow, RecordRow, ResultRow


class Origin(models.TextChoices):
    """Why a message is sent to an endpoint."""

    EVENT = "event", "It happened"
    TEST = "test", "Test"
    RESEND = "resend", "Sent again"
    RECOVERY = "recovery", "Recovered"


class MessageDelivery(QueueRow):
    """One unfinished delivery of one message to one subscription. Hot: the row goes when it ends."""

    organization_id = models.UUIDField()
    message_id = models.UUIDField()
    event_type = models.TextField()
    origin = models.TextField(choices=Origin)

    class Meta:
        verbose_name_plural = "message deliveries"
        indexes = [
            models.Index(fields=["lane_id", "due_at"], name="message_delivery_due"),
            models.Index(fields=["message_id"], name="message_delivery_message"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class MessageDeliveryResult(ResultRow):
    """How one delivery ended. Cold."""

    organization_id = models.UUIDField()
    message_id = models.UUIDField()
    event_type = models.TextField()
    origin = models.TextField(choices=Origin)

    def __str__(self) -> str:
        return f"{self.outcome} {self.id}"


class MessageAttempt(AttemptRow):
    """One HTTP request to an endpoint. Cold."""

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


class MessageDeliveryRecord(RecordRow):
    """A view over MessageDelivery and its results."""

    subscription = models.ForeignKey("Subscription", on_delete=models.DO_NOTHING, db_constraint=False)
    message_id = models.UUIDField()
    event_type = models.TextField()
    origin = models.TextField(choices=Origin)

    class Meta(RecordRow.Meta):
        verbose_name = "webhook delivery"
        verbose_name_plural = "Delivery History"

    def __str__(self) -> str:
        return f"{self.event_type} {self.outcome}"
