"""Checks an endpoint's URL before it is saved; at connect time its addresses are checked again."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError

from delivery.core.addresses import AddressPolicy
from delivery.http import system_resolve, unreachable
from webhooks.core.url_rules import broken_rules, canonical


def checked_url(url: str) -> str:
    """The URL as it is stored. ValidationError with a sentence for each rule that it breaks."""
    broken = faults_of(url)
    if broken:
        raise ValidationError({"url": broken})
    stored = canonical(url)
    policy = AddressPolicy(allowed_networks=tuple(settings.DELIVERY_ALLOWED_NETWORKS))
    refusal = unreachable(stored, policy=policy, resolve=system_resolve)
    if refusal is not None:
        raise ValidationError({"url": [refusal]})
    return stored


def faults_of(url: str) -> list[str]:
    """A sentence for each rule that it breaks as it is written; nothing is looked up."""
    return broken_rules(url, trial_hosts=settings.WEBHOOK_TRIAL_HOSTS)
