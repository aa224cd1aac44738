"""What `manage.py check --deploy` says of this app's settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register(deploy=True)
def egress_addresses_are_named(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Customers with a firewall ask for them."""
    if settings.EGRESS_ADDRESSES:
        return []
    hint = "List the public addresses that this installation sends from, separated by commas."
    return [Warning("EGRESS_ADDRESSES is not set.", hint=hint, id="webhooks.W001")]


@register(deploy=True)
def no_host_is_on_trial(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """What is sent to them is neither encrypted nor kept from this network."""
    if not settings.WEBHOOK_TRIAL_HOSTS:
        return []
    hint = "Unset it in production: every customer could send webhooks to these hosts, also over plain http."
    return [Warning("WEBHOOK_TRIAL_HOSTS is set.", hint=hint, id="webhooks.W002")]
