"""Deliveries of events: unfinished ones, ended ones, and the attempts of both."""

from __future__ import annotations

from django.db import models

from delivery.models import AttemptRow, QueueRow, RecordRow, ResultRow


class Delivery(QueueRow):
    """One unfinished delivery of one event, or of its part, to one destination. Hot: it goes when it ends.

    There is one at most; `replay_id` is the replay that made it, null for what ingest planned.
    """

    organization_id = models.UUIDField()
    pipeline_id = models.UUIDField()
    event_id = models.UUIDField()
    part = models.SmallIntegerField(db_default=0)
    replay_id = models.UUIDField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["lane_id", "due_at"], name="delivery_due"),
            models.Index(
                fields=["replay_id"], condition=models.Q(replay_id__isnull=False), name="delivery_replay"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event_id", "lane_id", "part"], name="delivery_once_unfinished")
        ]

    def __str__(self) -> str:
        return str(self.id)


class DeliveryResult(ResultRow):
    """How one delivery ended. Cold."""

    organization_id = models.UUIDField()
    pipeline_id = models.UUIDField()
    event_id = models.UUIDField()
    part = models.SmallIntegerField(db_default=0)
    replay_id = models.UUIDField(null=True)

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
    replay_id = models.UUIDField(null=True)

    class Meta(RecordRow.Meta):
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.outcome} {self.id}"
