"""Enables and disables subscriptions; what waits in a disabled one's lane is cancelled visibly."""

from __future__ import annotations

from accounts.core.principal import Principal
from accounts.services import audit
from delivery.ending import cancel_waiting
from webhooks.models import Subscription
from webhooks.services.tables import TABLES

DISABLED = "The webhook was disabled."


def locked(subscription: Subscription) -> Subscription:
    """The row as the database has it, held until the commit: no message is queued for it meanwhile."""
    return Subscription.objects.select_for_update().get(pk=subscription.pk)


def switch(by: Principal, subscription: Subscription, *, enabled: bool, reason: str = "") -> None:
    """Within a transaction that has locked it. Enabling sends later messages; what was cancelled stays so."""
    if subscription.enabled is enabled:
        return
    before = audit.snapshot(subscription)
    subscription.enabled = enabled
    subscription.disabled_reason = "" if enabled else reason
    subscription.failing_since = None
    subscription.save(update_fields=["enabled", "disabled_reason", "failing_since"])
    if not enabled:
        cancel_waiting(TABLES, subscription.id, reason=reason or DISABLED)
    audit.record(
        by,
        "enable:webhook_config" if enabled else "disable:webhook_config",
        subscription,
        organization_id=subscription.organization_id,
        differences=audit.differences(before, audit.snapshot(subscription)),
    )
