"""A webhook with a row of every kind, for a world's organization."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import Organization
from delivery.ids import new_id
from tests.webhooks.endpoints import make_subscription
from webhooks import models as rows
from webhooks.models import Message, MessageAttempt, MessageDeliveryResult, Recovery, Subscription
from webhooks.services.messages import publish

PATHS: Mapping[type[Any], str] = {
    Subscription: "organization_id",
    rows.SubscriptionLane: "subscription__organization_id",
    Message: "organization_id",
    rows.MessageDelivery: "organization_id",
    MessageDeliveryResult: "organization_id",
    rows.MessageDeliveryRecord: "organization_id",
    MessageAttempt: "scope_id",
    Recovery: "subscription__organization_id",
}


def make_webhook(organization: Organization, *, mark: str, secret: str) -> Subscription:
    """One message that waits, one that failed with its attempt, and a recovery that runs."""
    subscription = make_subscription(
        organization,
        url=f"https://{mark}.example/hook",
        secrets={"current": f"whsec_{secret}", "previous": []},
        created_by=f"{mark} maker",
    )
    data = {"org_id": organization.id, "org_name": f"{mark} name"}
    for _ in range(2):
        publish(organization.id, "file.deployed", data, at=timezone.now())
    failed = rows.MessageDelivery.objects.filter(lane_id=subscription.id).latest("id")
    _fail(subscription, failed, mark)
    now = timezone.now()
    Recovery.objects.create(
        subscription=subscription,
        since=now - timedelta(hours=1),
        until=now,
        planned=1,
        started_at=now,
        started_by=f"{mark} starter",
        reason=f"{mark} reason",
    )
    return subscription


def _fail(subscription: Subscription, delivery: rows.MessageDelivery, mark: str) -> UUID:
    attempt = MessageAttempt.objects.create(
        id=new_id(timezone.now()),
        lane_id=subscription.id,
        scope_id=subscription.organization_id,
        delivery_ids=[delivery.id],
        operation=delivery.event_type,
        started_at=timezone.now(),
        method="POST",
        url=subscription.url,
        request_headers={"webhook-id": str(uuid4())},
        request_body=f'{{"of":"{mark}"}}',
        status=503,
        response_headers={},
        response_body=f"{mark} is down",
        verdict="failed",
        reason=f"{mark} answered 503.",
        dns_ms=1.0,
        connect_ms=2.0,
        tls_ms=5.0,
        first_byte_ms=9.0,
        total_ms=9.5,
    )
    MessageDeliveryResult.objects.create(
        id=delivery.id,
        lane_id=delivery.lane_id,
        outcome="exhausted",
        reason=f"{mark} answered 503.",
        attempts=3,
        attempt_ids=[attempt.id],
        ended_at=timezone.now(),
        organization_id=delivery.organization_id,
        message_id=delivery.message_id,
        event_type=delivery.event_type,
        origin=delivery.origin,
    )
    delivery.delete()
    return attempt.id
