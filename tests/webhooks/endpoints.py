"""Organizations with a webhook endpoint, for tests."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts.models import Organization
from webhooks.core.signing import secret_text
from webhooks.models import Subscription, SubscriptionLane

SECRET = secret_text(b"k" * 32)


def make_organization(name: str = "Acme Corp") -> Organization:
    return Organization.objects.create(name=name, slug=uuid4().hex[:12])


def make_subscription(organization: Organization | None = None, **fields: Any) -> Subscription:
    """One with its lane, not checked: its URL may lead to this machine."""
    values = {
        "url": "https://hooks.acme.example/s2s",
        "event_types": ["file.config_saved", "file.deployed"],
        "secrets": {"current": SECRET, "previous": []},
        "secret_made_at": timezone.now(),
        **fields,
    }
    subscription = Subscription.objects.create(organization=organization or make_organization(), **values)
    SubscriptionLane.objects.create(subscription=subscription)
    return subscription
