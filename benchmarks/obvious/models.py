"""Events that came in, and the attempts to send them."""

from __future__ import annotations

from django.db import models


class Event(models.Model):
    """One event as it came in."""

    message_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    payload = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Attempt(models.Model):
    """One request to the vendor."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="attempts")
    status = models.IntegerField(null=True)
    request_body = models.TextField()
    response_body = models.TextField()
    error = models.TextField(blank=True)
    duration_ms = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.status} for {self.event_id}"
