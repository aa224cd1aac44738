"""What the operators of the installation switched, and who still lives."""

from __future__ import annotations

from django.db import models


class OperatorSwitch(models.Model):
    """Intake or sending of the whole installation. Without a row it is on."""

    name = models.TextField(primary_key=True)
    is_stopped = models.BooleanField()
    reason = models.TextField(blank=True)
    changed_by = models.TextField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {'stopped' if self.is_stopped else 'on'}"


class Heartbeat(models.Model):
    """The last sign of life of a worker, or of beat."""

    name = models.TextField(primary_key=True)
    kind = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
