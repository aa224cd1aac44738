"""A durable job that delivers stored events again."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from accounts.models import Organization
from integrations.core.replay import FAILED, FIRST_PAGE


def failed_outcomes() -> list[str]:
    """What is replayed unless somebody says otherwise."""
    return [outcome.value for outcome in FAILED]


class Replay(models.Model):
    """Makes new deliveries of stored events, by a filter or of those that somebody selected.

    It counts first and is then ready; `starts_itself` goes on without a person. `since` and `until` are of
    the events' receipt. `delivery_ids` or `event_ids` are the selection, null for a filter.
    `cancels_waiting`: it was cancelled with all that waits, and some of that is left.
    """

    class State(models.TextChoices):
        """Where it stands."""

        COUNTING = "counting", "Counting"
        READY = "ready", "Ready to start"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    OUTCOMES = [(outcome.value, outcome.value.capitalize()) for outcome in FAILED]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="replays")
    state = models.CharField(max_length=10, choices=State, default=State.COUNTING)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField()
    outcomes = ArrayField(models.CharField(max_length=10, choices=OUTCOMES), default=failed_outcomes)
    include_delivered = models.BooleanField(default=False)
    include_never_sent = models.BooleanField(default=False)
    event_type = models.CharField(max_length=20, blank=True, default="")
    event_name = models.TextField(blank=True, default="")
    delivery_ids = ArrayField(models.UUIDField(), null=True)
    event_ids = ArrayField(models.UUIDField(), null=True)
    starts_itself = models.BooleanField(default=False)
    asked_by = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    started_by = models.CharField(max_length=254, blank=True, default="")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, default="")
    cancels_waiting = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-asked_at"]
        indexes = [
            models.Index(fields=["organization", "-asked_at"], name="replay_asked"),
            models.Index(
                fields=["asked_at"],
                condition=models.Q(state__in=["counting", "running"]),
                name="replay_active",
            ),
        ]

    def __str__(self) -> str:
        return f"Replay of {self.asked_at:%Y-%m-%d %H:%M:%S} UTC"


class ReplayDestination(models.Model):
    """One destination's share of a replay: how far it is, and what was found.

    `counted_to` and `reached` are ids of the last delivery or event that the dry run and the replay looked
    at. `page` is how many are queued at once. The destination may be gone; its name stays. `due_at` is when
    it is taken on next, by the database's clock; `failures` counts steps in a row that broke and `trouble`
    says how the last one did. `is_begun`: a step of it is under way, or ended with its worker.
    `waits_since`: its lane has not come to rest since then.
    How its deliveries ended is appended to `integrations_replaydelta`, which has no model, and folded into
    `delivered`, `failed` and `cancelled` (services.replays.endings).
    """

    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="shares")
    destination_id = models.UUIDField()
    name = models.CharField(max_length=210)
    counted_to = models.UUIDField(null=True)
    is_counted = models.BooleanField(default=False)
    expected = models.JSONField(default=dict)
    reached = models.UUIDField(null=True)
    is_finished = models.BooleanField(default=False)
    tally = models.JSONField(default=dict)
    page = models.PositiveSmallIntegerField(default=FIRST_PAGE)
    due_at = models.DateTimeField(db_default=Now())
    failures = models.PositiveSmallIntegerField(default=0)
    trouble = models.TextField(default="")
    is_begun = models.BooleanField(default=False)
    waits_since = models.DateTimeField(null=True)
    delivered = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    cancelled = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["replay", "destination_id"], name="destination_once_per_replay")
        ]

    def __str__(self) -> str:
        return self.name
