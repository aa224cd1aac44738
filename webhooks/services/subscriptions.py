"""Creates, changes, switches, tests and removes subscriptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.core.principal import Principal
from accounts.models import Organization
from accounts.services import audit
from accounts.services.tokens import email_of
from delivery.doorbell import ring
from delivery.ending import cancel_waiting
from delivery.queue import retry_lane_now
from webhooks.core.event_types import CHOSEN, TEST
from webhooks.core.policy import POLICIES, STANDARD
from webhooks.core.secrets import SigningSecrets
from webhooks.models import MessageDelivery, Origin, Subscription, SubscriptionLane
from webhooks.services import messages
from webhooks.services.secrets import new_secret
from webhooks.services.switching import locked, switch
from webhooks.services.tables import TABLES
from webhooks.services.urls import checked_url

DELETED = "The webhook was deleted."


@transaction.atomic
def create_subscription(
    by: Principal,
    organization: Organization,
    *,
    url: str,
    event_types: Iterable[str],
    enabled: bool = True,
    policy: str = STANDARD,
    breaker_only_observes: bool = False,
    disable_after_days: int | None = None,
) -> tuple[Subscription, str]:
    """A subscription with its lane, and the text of its secret, which is told here and never again."""
    subscription = Subscription(
        organization=organization, enabled=enabled, breaker_only_observes=breaker_only_observes
    )
    text = new_secret()
    _apply(subscription, event_types=event_types, policy=policy, disable_after_days=disable_after_days)
    subscription.url = checked_url(url)  # before anything is locked: a look-up may take seconds
    _refuse_one_too_many(organization)
    subscription.secrets = SigningSecrets(current=text).stored()
    subscription.secret_made_at = timezone.now()
    subscription.created_by = by.label
    subscription.save(force_insert=True)
    SubscriptionLane.objects.create(subscription=subscription)
    _told(by, "create", subscription, audit.differences({}, audit.snapshot(subscription)))
    return subscription, text


@transaction.atomic
def change_subscription(by: Principal, subscription: Subscription, **changes: Any) -> Subscription:
    """Any of url, event_types, enabled, policy, breaker_only_observes, disable_after_days.

    Attempts that wait go to the new URL, the next one at once if the breaker is open; all of them at once
    when the breaker only observes from now on.
    """
    url = _checked_if_new(subscription, changes.pop("url", None))
    stored = locked(subscription)
    before = audit.snapshot(stored)
    only_observed = stored.breaker_only_observes
    enabled = changes.pop("enabled", stored.enabled)
    _apply(stored, **changes)
    has_moved = url is not None and url != stored.url
    if url is not None:
        stored.url = url
    differences = audit.differences(before, audit.snapshot(stored))
    if differences:
        stored.save()
        _told(by, "update", stored, differences)
    if has_moved or (stored.breaker_only_observes and not only_observed):
        _let_probe(stored)
    switch(by, stored, enabled=enabled)
    return stored


@transaction.atomic
def enable_subscription(by: Principal, subscription: Subscription) -> Subscription:
    """Later messages are sent; what was cancelled stays so."""
    stored = locked(subscription)
    switch(by, stored, enabled=True)
    return stored


@transaction.atomic
def disable_subscription(by: Principal, subscription: Subscription) -> Subscription:
    """No message is queued any more, and what waits is cancelled with the reason."""
    stored = locked(subscription)
    switch(by, stored, enabled=False)
    return stored


@transaction.atomic
def remove_subscription(by: Principal, subscription: Subscription) -> None:
    """It goes, with its secrets; what waits is cancelled. Messages, deliveries and attempts stay."""
    stored = locked(subscription)
    before = audit.snapshot(stored)
    cancel_waiting(TABLES, stored.id, reason=DELETED)
    kept_id = stored.id
    stored.delete()
    stored.pk = kept_id
    _told(by, "delete", stored, audit.differences(before, {}))


@transaction.atomic
def send_test(by: Principal, subscription: Subscription) -> MessageDelivery:
    """A message of the type `webhook.test`, to this one, whatever it is subscribed to."""
    stored = locked(subscription)
    if not stored.enabled:
        raise ValidationError("The webhook is disabled: enable it, then send a test.")
    organization = stored.organization
    data = {
        "org_id": organization.id,
        "org_name": organization.name,
        "webhook_id": stored.id,
        "user_email": email_of(by),
    }
    message = messages.write_message(organization.id, TEST, data, at=timezone.now())
    (delivery,) = messages.send(message, [stored.id], Origin.TEST)
    _told(by, "test", stored, {})
    return delivery


@transaction.atomic
def try_now(by: Principal, subscription: Subscription) -> None:
    """Don't wait for the breaker's time: the next message is its probe."""
    _let_probe(subscription)
    _told(by, "close_breaker", subscription, {})


# --- Parts --------------------------------------------------------------------------------------------
def _apply(
    subscription: Subscription,
    *,
    event_types: Iterable[str] | None = None,
    policy: str | None = None,
    breaker_only_observes: bool | None = None,
    **days: int | None,
) -> None:
    if event_types is not None:
        subscription.event_types = _checked_types(event_types)
    if policy is not None:
        if policy not in POLICIES:
            raise ValidationError({"policy": f"Choose one of {', '.join(POLICIES)}."})
        subscription.policy = policy
    if breaker_only_observes is not None:
        subscription.breaker_only_observes = breaker_only_observes
    if "disable_after_days" in days:
        wanted = days["disable_after_days"]
        if wanted is not None and not 1 <= wanted <= 365:
            raise ValidationError({"disable_after_days": "Give days from 1 to 365, or nothing for never."})
        subscription.disable_after_days = wanted


def _checked_if_new(subscription: Subscription, url: str | None) -> str | None:
    """As it is stored. Asked before the row is locked: whoever publishes would wait for the look-up."""
    known = Subscription.objects.values_list("url", flat=True).get(pk=subscription.pk)
    return url if url is None or url == known else checked_url(url)


def _checked_types(event_types: Iterable[str]) -> list[str]:
    wanted = set(event_types)
    unknown = sorted(wanted - set(CHOSEN))
    if unknown:
        names = ", ".join(CHOSEN)
        raise ValidationError({"event_types": f"{unknown[0]!r} is no event type. There are: {names}."})
    if not wanted:
        raise ValidationError({"event_types": "Choose at least one event type."})
    return [name for name in CHOSEN if name in wanted]


def _refuse_one_too_many(organization: Organization) -> None:
    """Counted under a lock, so that two at once don't both come in."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    most = settings.WEBHOOKS_PER_ORGANIZATION
    if Subscription.objects.filter(organization=organization).count() >= most:
        number = "one webhook" if most == 1 else f"{most} webhooks"
        raise ValidationError(f"An organization has at most {number}: change the one that is there.")


def _let_probe(subscription: Subscription) -> None:
    retry_lane_now(TABLES, subscription.pk)
    transaction.on_commit(ring)


def _told(by: Principal, verb: str, subscription: Subscription, differences: audit.Differences) -> None:
    audit.record(
        by,
        f"{verb}:webhook_config",
        subscription,
        organization_id=subscription.organization_id,
        differences=differences,
    )
