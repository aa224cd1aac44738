"""Admin pages of webhooks: Settings > Webhooks > Delivery History."""

from webhooks.admin.delivery import MessageDeliveryAdmin
from webhooks.admin.recovery import RecoveryAdmin
from webhooks.admin.subscription import SubscriptionAdmin

__all__ = ["MessageDeliveryAdmin", "RecoveryAdmin", "SubscriptionAdmin"]
