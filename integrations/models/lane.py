"""The lane of a destination, and the moments its breaker opened and closed."""

from __future__ import annotations

import uuid

from django.db import models

from delivery.models import LaneRow
from integrations.models.destination import Destination


class DestinationLane(LaneRow):
    """A destination's lane. Its id is the destination's."""

    destination = models.OneToOneField(
        Destination, primary_key=True, db_column="id", on_delete=models.CASCADE, related_name="lane"
    )
    id = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"Lane of {self.destination}"


class BreakerMoment(models.Model):
    """A moment at which a destination's breaker opened or closed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="breaker_moments")
    transition = models.TextField()
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.destination} {self.transition}"
