"""The paths of webhooks under /api/v1/."""

from __future__ import annotations

from django.urls import include, path

from accounts.api.base import Router
from webhooks.api.deliveries import WebhookDeliveries
from webhooks.api.egress import EgressAddresses
from webhooks.api.event_types import EventTypes
from webhooks.api.recoveries import Recoveries
from webhooks.api.subscriptions import Subscriptions

router = Router()
router.register("webhooks", Subscriptions, "webhook")
router.register("webhook-deliveries", WebhookDeliveries, "webhook-delivery")
router.register("webhook-recoveries", Recoveries, "webhook-recovery")

urlpatterns = [
    path("", include(router.urls)),
    path("webhook-event-types", EventTypes.as_view(), name="webhook-event-types"),
    path("egress-addresses", EgressAddresses.as_view(), name="egress-addresses"),
]
