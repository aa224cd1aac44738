"""Sends one message again."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.core.principal import Principal
from accounts.services import audit
from webhooks.models import Message, MessageDelivery, MessageDeliveryRecord, Origin, Subscription
from webhooks.services import messages
from webhooks.services.switching import locked

UNFINISHED = frozenset({"waiting", "retrying", "sending", "held"})


@transaction.atomic
def resend(by: Principal, record: MessageDeliveryRecord) -> MessageDelivery:
    """A new delivery of the same message to the same webhook: the same id and body, signed anew."""
    if record.outcome in UNFINISHED:
        raise ValidationError("It is still being tried: wait for its end, then send it again.")
    subscription = Subscription.objects.filter(id=record.subscription_id).first()
    if subscription is None:
        raise ValidationError("Its webhook was deleted, so there is nowhere to send it.")
    if not locked(subscription).enabled:
        raise ValidationError("The webhook is disabled: enable it, then send this again.")
    message = Message.objects.filter(id=record.message_id).first()
    if message is None:
        raise ValidationError("The message is no longer stored: its retention ended.")
    (delivery,) = messages.send(message, [subscription.id], Origin.RESEND)
    audit.record(
        by,
        "resend:webhook_delivery",
        subscription,
        organization_id=record.organization_id,
        differences={"message": (None, f"{message.event_type} msg_{message.id.hex}")},
    )
    return delivery
