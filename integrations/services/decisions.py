"""What a person decides about held deliveries."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from django.db import transaction

from accounts.core.principal import Principal
from accounts.services import audit
from delivery.core.outcome import Outcome
from delivery.doorbell import ring
from delivery.ending import end_held, send_held
from integrations.models import Delivery
from integrations.services.lanes import TABLES


class Decision(StrEnum):
    """What can be decided about a held delivery."""

    SEND_AGAIN = "send_again"
    MARK_DELIVERED = "mark_delivered"
    CANCEL = "cancel"


@transaction.atomic
def decide(by: Principal, delivery_id: UUID, decision: Decision) -> bool:
    """Carry a decision out and audit it. False, and nothing is written, when it is held no more."""
    held = Delivery.objects.filter(id=delivery_id, held_at__isnull=False).first()
    if held is None or not _carry_out(held.id, decision, by.label):
        return False
    becomes = {Decision.SEND_AGAIN: "waiting", Decision.MARK_DELIVERED: "delivered"}.get(
        decision, "cancelled"
    )
    audit.record(
        by,
        f"{decision}:delivery",
        held,
        organization_id=held.organization_id,
        differences={"outcome": ("held", becomes)},
    )
    return True


def send_again(delivery_id: UUID) -> bool:
    """Send a held delivery again. False when it is held no more."""
    sent = send_held(TABLES, delivery_id)
    if sent:
        transaction.on_commit(ring)
    return sent


def mark_delivered(delivery_id: UUID, who: str) -> bool:
    """It was found at the vendor: end it as delivered."""
    return end_held(TABLES, delivery_id, Outcome.DELIVERED, f"Marked as delivered by {who}.")


def cancel(delivery_id: UUID, who: str) -> bool:
    """It is not to be sent any more."""
    return end_held(TABLES, delivery_id, Outcome.CANCELLED, f"Cancelled by {who}.")


def _carry_out(delivery_id: UUID, decision: Decision, who: str) -> bool:
    match decision:
        case Decision.SEND_AGAIN:
            return send_again(delivery_id)
        case Decision.MARK_DELIVERED:
            return mark_delivered(delivery_id, who)
    return cancel(delivery_id, who)
