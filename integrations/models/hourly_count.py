"""What happened in one hour, kept longer than the events that it happened to."""

from __future__ import annotations

from django.db import models


class HourlyCount(models.Model):
    """A number by hour, pipeline, destination, measure and reason (see integrations.core.counts.Measure).

    Transactions append to the table `integrations_countdelta`, which has no model; services.counters folds
    it into this one. Ids are no foreign keys: counts outlive what they name.
    """

    hour = models.DateTimeField()
    organization_id = models.UUIDField(null=True)
    pipeline_id = models.UUIDField(null=True, help_text="Null for what came under no known write key.")
    destination_id = models.UUIDField(null=True)
    measure = models.TextField()
    reason = models.TextField()
    count = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["organization_id", "hour"], name="hourly_count_organization"),
            models.Index(fields=["hour"], name="hourly_count_hour"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline_id", "hour", "destination_id", "measure", "reason"],
                nulls_distinct=False,
                name="hourly_count_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.measure} {self.hour:%Y-%m-%d %H}"
