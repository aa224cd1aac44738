"""Which endpoints fail, since when, and which are disabled for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from accounts.core.principal import Principal
from delivery.core.outcome import Outcome
from delivery.lanes import Ending
from webhooks.models import Subscription
from webhooks.services.notices import note_disabling
from webhooks.services.switching import switch

GONE = 410
GONE_REASON = "Disabled by the endpoint: it answered 410 (gone). Correct the URL, then enable it."


def note_endings(endings: Sequence[Ending], *, by: Principal, now: datetime) -> None:
    """In the transaction in which they ended."""
    arrived = {one.row.lane_id for one in endings if one.outcome is Outcome.DELIVERED}
    gone = {one.row.lane_id for one in endings if one.outcome is Outcome.REJECTED and one.status == GONE}
    failed = {one.row.lane_id for one in endings if one.outcome is Outcome.EXHAUSTED} - arrived
    for subscription in _locked(arrived, gone | failed):
        if subscription.id in arrived:
            subscription.failing_since = None
            subscription.save(update_fields=["failing_since"])
        if not subscription.enabled:
            continue
        if subscription.id in gone:
            _disable(by, subscription, GONE_REASON)
        elif subscription.id in failed:
            _note_failure(by, subscription, now)


def _locked(arrived: set[UUID], failed: set[UUID]) -> Sequence[Subscription]:
    """Those that change, in one order: two workers may record for the same webhooks at a time."""
    if not arrived and not failed:
        return ()
    changed = Q(id__in=arrived, failing_since__isnull=False) | Q(id__in=failed, enabled=True)
    return list(Subscription.objects.select_for_update().filter(changed).order_by("id"))


def _note_failure(by: Principal, subscription: Subscription, now: datetime) -> None:
    if subscription.failing_since is None:
        subscription.failing_since = now
        subscription.save(update_fields=["failing_since"])
    days = subscription.disable_after_days
    if days and now - subscription.failing_since >= timedelta(days=days):
        since = f"{subscription.failing_since:%Y-%m-%d %H:%M} UTC"
        reason = (
            f"Disabled after {days} days of failure: nothing arrived since {since}. "
            "Repair the endpoint, then enable it."
        )
        _disable(by, subscription, reason)


def _disable(by: Principal, subscription: Subscription, reason: str) -> None:
    switch(by, subscription, enabled=False, reason=reason)
    note_disabling(subscription.id)
