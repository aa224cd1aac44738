"""Sends again what failed since a time: durable jobs that take a step at a time and can be cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from accounts.core.principal import Principal
from accounts.services import audit
from delivery.doorbell import ring, wake
from delivery.ids import Ids
from delivery.partitions import first_id
from webhooks.models import MessageDelivery, Origin, Recovery, Subscription
from webhooks.services.switching import locked

TASK = "webhooks.recover"
STEP = 200  # messages that are queued in one transaction
DISABLED = "The webhook was disabled meanwhile."

# The last failed delivery of each message that has not arrived by another one, and is on no way now. It
# failed when it ended: its id is of when it was made, which may be a day of attempts earlier.
_FAILED = """
    SELECT DISTINCT ON (r.message_id) r.message_id, r.id, r.event_type
    FROM webhooks_messagedeliveryresult r
    WHERE r.lane_id = %(lane)s AND r.outcome IN ('exhausted', 'rejected')
      AND r.id >= %(kept)s AND r.id < %(until)s AND r.ended_at >= %(since)s
      AND NOT EXISTS (SELECT 1 FROM webhooks_messagedeliveryresult d
                      WHERE d.message_id = r.message_id AND d.lane_id = r.lane_id AND d.outcome = 'delivered')
      AND NOT EXISTS (SELECT 1 FROM webhooks_messagedelivery q
                      WHERE q.message_id = r.message_id AND q.lane_id = r.lane_id)
      AND EXISTS (SELECT 1 FROM webhooks_message m WHERE m.id = r.message_id)
    ORDER BY r.message_id, r.id DESC
"""


def count_failed(subscription: Subscription, *, since: datetime, until: datetime | None = None) -> int:
    """How many messages a recovery would send again: the dry run."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({_FAILED}) f",  # noqa: S608
            _bounds(subscription.id, since, until or timezone.now()),
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


@transaction.atomic
def start_recovery(by: Principal, subscription: Subscription, *, since: datetime) -> Recovery:
    """A job that begins at once. One at a time for each webhook."""
    stored, now = locked(subscription), timezone.now()
    if not stored.enabled:
        raise ValidationError("The webhook is disabled: enable it, then recover.")
    if since >= now:
        raise ValidationError({"since": "Give a time in the past."})
    if stored.recoveries.filter(state=Recovery.State.RUNNING).exists():
        raise ValidationError("A recovery of this webhook is running: wait for its end, or cancel it.")
    recovery = Recovery.objects.create(
        subscription=stored,
        since=since,
        until=now,
        planned=count_failed(stored, since=since, until=now),
        started_at=now,
        started_by=by.label,
    )
    transaction.on_commit(lambda: wake(TASK))
    _told(by, "recover", recovery, {"since": (None, since), "planned": (None, recovery.planned)})
    return recovery


@transaction.atomic
def cancel_recovery(by: Principal, recovery: Recovery) -> Recovery:
    """No more messages are queued; those that are stay."""
    stored = Recovery.objects.select_for_update().get(pk=recovery.pk)
    if stored.state == Recovery.State.RUNNING:
        _end(stored, Recovery.State.CANCELLED, f"Cancelled by {by.label}.")
        _told(by, "cancel_recovery", stored, {"queued": (None, stored.queued)})
    return stored


def run_recoveries() -> int:
    """Take every running job to its end, a step a transaction; how many messages were queued."""
    queued = 0
    while (step := _step()) is not None:
        queued += step
    return queued


@transaction.atomic
def _step() -> int | None:
    """One step of one job that nobody else is at; None when there is none."""
    running = Recovery.objects.filter(state=Recovery.State.RUNNING)
    recovery = running.select_for_update(skip_locked=True, of=("self",)).order_by("started_at").first()
    if recovery is None:
        return None
    subscription = Subscription.objects.select_for_update().get(pk=recovery.subscription_id)
    if not subscription.enabled:
        _end(recovery, Recovery.State.CANCELLED, DISABLED)
        return 0
    failed = _next_failed(recovery)
    _queue(subscription, failed)
    recovery.queued += len(failed)
    if len(failed) < STEP:
        _end(recovery, Recovery.State.DONE)
    else:
        recovery.reached = failed[-1][0]
        recovery.save(update_fields=["queued", "reached"])
    return len(failed)


def _next_failed(recovery: Recovery) -> Sequence[tuple[UUID, str]]:
    """Message and event type of the next ones, in the order in which they were written."""
    query = f"""
        SELECT f.message_id, f.event_type FROM ({_FAILED}) f
        WHERE f.message_id > %(reached)s ORDER BY f.message_id LIMIT %(step)s
    """  # noqa: S608
    bounds = _bounds(recovery.subscription_id, recovery.since, recovery.until)
    with connection.cursor() as cursor:
        cursor.execute(query, {**bounds, "reached": recovery.reached or UUID(int=0), "step": STEP})
        found: Sequence[tuple[UUID, str]] = cursor.fetchall()
    return found


def _queue(subscription: Subscription, failed: Sequence[tuple[UUID, str]]) -> None:
    now = timezone.now()
    ids = Ids(now)
    MessageDelivery.objects.bulk_create(
        MessageDelivery(
            id=ids.next(),
            lane_id=subscription.id,
            due_at=now,
            organization_id=subscription.organization_id,
            message_id=message_id,
            event_type=event_type,
            origin=Origin.RECOVERY,
        )
        for message_id, event_type in failed
    )
    transaction.on_commit(ring)


def _end(recovery: Recovery, state: Recovery.State, reason: str = "") -> None:
    recovery.state, recovery.reason, recovery.ended_at = state, reason, timezone.now()
    recovery.save(update_fields=["state", "reason", "ended_at", "queued"])


def _bounds(lane_id: UUID, since: datetime, until: datetime) -> dict[str, UUID | datetime]:
    kept = first_id(until - timedelta(days=settings.RETENTION_DAYS + 1))
    return {"lane": lane_id, "kept": kept, "since": since, "until": first_id(until)}


def _told(by: Principal, verb: str, recovery: Recovery, differences: audit.Differences) -> None:
    subscription = recovery.subscription
    audit.record(
        by,
        f"{verb}:webhook_delivery",
        subscription,
        organization_id=subscription.organization_id,
        differences=differences,
    )
