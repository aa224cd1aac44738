"""What a person decides about held deliveries."""

from __future__ import annotations

from uuid import UUID

from delivery.core.outcome import Outcome
from delivery.doorbell import ring
from delivery.queue import end_held, send_held
from integrations.services.lanes import TABLES


def send_again(delivery_id: UUID) -> bool:
    """Send a held delivery again. False when it is held no more."""
    sent = send_held(TABLES, delivery_id)
    if sent:
        ring()
    return sent


def mark_delivered(delivery_id: UUID, who: str) -> bool:
    """It was found at the vendor: end it as delivered."""
    return end_held(TABLES, delivery_id, Outcome.DELIVERED, f"Marked as delivered by {who}.")


def cancel(delivery_id: UUID, who: str) -> bool:
    """It is not to be sent any more."""
    return end_held(TABLES, delivery_id, Outcome.CANCELLED, f"Cancelled by {who}.")
