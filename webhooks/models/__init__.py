"""Subscriptions, messages, their deliveries and attempts, and recoveries of what failed."""

from webhooks.models.delivery import (
    MessageAttempt,
    MessageDelivery,
    MessageDeliveryRecord,
    MessageDeliveryResult,
    Origin,
)
from webhooks.models.message import Message
from webhooks.models.recovery import Recovery
from webhooks.models.subscription import Subscription, SubscriptionLane

__all__ = [
    "Message",
    "MessageAttempt",
    "MessageDelivery",
    "MessageDeliveryRecord",
    "MessageDeliveryResult",
    "Origin",
    "Recovery",
    "Subscription",
    "SubscriptionLane",
]
