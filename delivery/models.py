"""Abstract tables of the engine. Apps make them concrete; the engine's SQL works on any of them."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from delivery.core.breaker import BreakerState
from delivery.core.outcome import Outcome


class QueueRow(models.Model):
    """One unfinished delivery. It goes when it ends.

    `due_at` is when it may be claimed. A claim moves it to the end of the lease, so that the delivery of a
    worker that died comes back by itself; `claim_id` fences the one that lost it. `flights` counts claims
    since the last recorded attempt: over 1, a worker died between claim and record. `held_at` is set when
    a person must decide; such a row is never due. `most_together` limits how many may share its next
    request, while a batch that is refused as a whole is being halved. `unsure_since`: a request left then
    and no answer came, so the other side is asked whether it arrived before it is sent again.
    """

    id = models.UUIDField(primary_key=True)
    lane_id = models.UUIDField()
    due_at = models.DateTimeField()
    claim_id = models.UUIDField(null=True)
    flights = models.SmallIntegerField(db_default=0)
    attempts = models.SmallIntegerField(db_default=0)
    attempt_ids = ArrayField(models.UUIDField(), db_default=models.Value([], ArrayField(models.UUIDField())))
    reason = models.TextField(db_default="")
    held_at = models.DateTimeField(null=True)
    most_together = models.SmallIntegerField(null=True)
    unsure_since = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class ResultRow(models.Model):
    """How one delivery ended. Append-only, partitioned by the day in `id`, which is the delivery's."""

    OUTCOMES = [(outcome.value, outcome.value) for outcome in Outcome]

    id = models.UUIDField(primary_key=True)
    lane_id = models.UUIDField()
    outcome = models.TextField(choices=OUTCOMES)
    reason = models.TextField()
    attempts = models.SmallIntegerField()
    attempt_ids = ArrayField(models.UUIDField())
    ended_at = models.DateTimeField()

    class Meta:
        abstract = True


class RecordRow(models.Model):
    """Every delivery, unfinished or ended, as one list: a view over an owner's queue and its results.

    `outcome` is one of the outcomes, or `waiting`, `retrying`, `sending`, `held` for unfinished ones.
    """

    STATES = [
        ("delivered", "Delivered"),
        ("rejected", "Rejected"),
        ("exhausted", "Exhausted"),
        ("cancelled", "Cancelled"),
        ("waiting", "Waiting"),
        ("retrying", "Retrying"),
        ("sending", "Sending"),
        ("held", "Held for a decision"),
    ]

    id = models.UUIDField(primary_key=True)
    organization_id = models.UUIDField()
    outcome = models.TextField(choices=STATES)
    reason = models.TextField()
    attempts = models.SmallIntegerField()
    attempt_ids = ArrayField(models.UUIDField())
    due_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        managed = False
        ordering = ["-id"]


class AttemptRow(models.Model):
    """One HTTP request for one delivery or a batch, with secrets masked. Append-only, partitioned by day.

    Phases are milliseconds since the request was handed over, null when that point was not reached.
    """

    id = models.UUIDField(primary_key=True)
    lane_id = models.UUIDField()
    scope_id = models.UUIDField(help_text="The organization.")
    delivery_ids = ArrayField(models.UUIDField())
    operation = models.TextField()
    mode = models.TextField(db_default="", help_text="live, test or sandbox, where there are modes.")
    started_at = models.DateTimeField()
    method = models.TextField()
    url = models.TextField()
    request_headers = models.JSONField()
    request_body = models.TextField()
    status = models.SmallIntegerField(null=True)
    response_headers = models.JSONField()
    response_body = models.TextField()
    verdict = models.TextField()
    reason = models.TextField()
    dns_ms = models.FloatField(null=True)
    connect_ms = models.FloatField(null=True)
    tls_ms = models.FloatField(null=True)
    first_byte_ms = models.FloatField(null=True)
    total_ms = models.FloatField()

    class Meta:
        abstract = True


class LaneRow(models.Model):
    """A lane's state: who holds it, its breaker, its tokens. Written by the holder, never by ingest.

    `pace` is what it learned of the other side's limit (delivery.core.pace.Pace); `is_quick`: its last
    request was answered soon; `refusals`: requests in a row that were refused for their credentials.
    `helper` is a second worker that the holder has asked for (delivery.helping).
    `ends_reason`: rows with ids below `ends_before` are being cancelled for it (delivery.ending).
    """

    STATES = [(state.value, state.value) for state in BreakerState]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    paused_reason = models.TextField(db_default="", blank=True)
    holder = models.UUIDField(null=True)
    held_until = models.DateTimeField(null=True)
    breaker_state = models.TextField(choices=STATES, db_default=BreakerState.CLOSED.value)
    breaker_failures = models.IntegerField(db_default=0)
    breaker_open_until = models.DateTimeField(null=True)
    tokens = models.FloatField(db_default=0.0)
    tokens_at = models.DateTimeField(null=True)
    throttled_until = models.DateTimeField(null=True)
    throttled_reason = models.TextField(db_default="")
    pace = models.JSONField(db_default=models.Value({}, models.JSONField()))
    is_quick = models.BooleanField(null=True)
    refusals = models.SmallIntegerField(db_default=0)
    help = models.TextField(db_default="")
    helper = models.UUIDField(null=True)
    helper_until = models.DateTimeField(null=True)
    ends_before = models.UUIDField(null=True)
    ends_reason = models.TextField(db_default="")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True
