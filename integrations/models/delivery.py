"""Deliveries of events: unfinished ones, ended ones, and the attempts of both."""

from __future__ import annotations

from django.db import models

from delivery.models import AttemptRow, QueueRow, RecordRow, ResultRow


class Delivery(QueueRow):
    """One unfinished delivery of one event, or of its part, to one destination. Hot: it goes when it ends."""

    organization_id = models.UUIDField()
    pipeline_id = models.UUIDField()
    event_id = models.UUIDField()
    part = models.SmallIntegerField(db_default=0)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["lane_id", "due_at"], name="delivery_due"),
            models.Index(fields=["event_id"], name="delivery_event"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DeliveryResult(ResultRow):
    """How one delivery ended. Cold."""

    organization_id = models.UUIDField()
    pipeline_id = models.UUIDField()
    event_id = models.UUIDField()
    part = models.SmallIntegerField(db_default=0)

    def __str__(self) -> str:
        return f"{self.outcome} {self.id}"


class Attempt(AttemptRow):
    """One HTTP request to a vendor. Cold."""

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


class DeliveryRecord(RecordRow):
    """A view over Delivery and DeliveryResult."""

    pipeline = models.ForeignKey("Pipeline", on_delete=models.DO_NOTHING, db_constraint=False)
    destination = models.ForeignKey("Destination", on_delete=models.DO_NOTHING, db_constraint=False)
    event_id = models.UUIDField()
    part = models.SmallIntegerField()

    class Meta(RecordRow.Meta):
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.outcome} {self.id}"
