"""Mails an organization's people when a webhook's breaker opened, or it was disabled without their doing."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest, Now
from django.urls import reverse
from django.utils import timezone

from accounts.core.permissions import Role, allows
from accounts.models import Member
from delivery.doorbell import wake
from webhooks.models import Subscription, SubscriptionLane

TASK = "webhooks.send_notices"
TOLD = [role for role in Role if allows(role, "update:webhook_config")]  # who may mend it
QUIET = timedelta(hours=1)  # an endpoint that fails now and then opens its breaker often
TRIED_FOR = timedelta(minutes=5)  # longer than a mail server may take
DISABLED = """{reason}

What happens meanwhile is not sent, and will not be by itself."""
OPENED = """{failures} attempts in a row failed, so its breaker opened: messages wait, and one of them goes \
out as a probe every few minutes. When the endpoint answers it with 2xx, the others follow by themselves.

Repair the endpoint; its answers stand in the Delivery History. Then press Try now."""
OBSERVED = """{failures} attempts in a row failed, so its breaker opened. It only observes: messages go on \
to the endpoint.

Repair the endpoint; its answers stand in the Delivery History."""
TEXT = """{what}

Endpoint: {url}
Organization: {organization}
Its page: {page}
"""
log = logging.getLogger(__name__)


def note_disabling(lane_id: UUID) -> None:
    """Its people are mailed after the commit that disables it."""
    _note(SubscriptionLane.objects.filter(pk=lane_id), Now())


def note_opening(lane_id: UUID) -> None:
    """Its people are mailed after the commit in which its breaker opened.

    An hour after the last mail at the earliest, and not at all when it has closed by then. That it was
    disabled in the same transaction is told at once.
    """
    enabled = SubscriptionLane.objects.filter(pk=lane_id, subscription__enabled=True)
    _note(enabled, Greatest(Now(), F("noticed_at") + QUIET))


def send_notices() -> int:
    """Send the mails that are due, with no transaction open; returns how many webhooks needed no more.

    Should the mail server not take one, that is tried again in five minutes, and the others by the beat.
    """
    done = 0
    due = SubscriptionLane.objects.filter(notice_due_at__lte=timezone.now())
    for key in due.values_list("pk", flat=True):
        until = timezone.now() + TRIED_FOR
        if not due.filter(pk=key).update(notice_due_at=until):
            continue  # another worker has it
        subscription = Subscription.objects.select_related("organization", "lane").filter(pk=key).first()
        told = _told(subscription) if subscription else None
        if subscription and told and not _mail(subscription, *told):
            break
        _finish(key, until, is_mailed=told is not None)
        done += 1
    return done


# --- Parts --------------------------------------------------------------------------------------------
def _note(lane: QuerySet[SubscriptionLane], due_at: Now | Greatest) -> None:
    lane.update(notice_due_at=due_at)
    transaction.on_commit(lambda: wake(TASK))


def _finish(key: UUID, until: datetime, *, is_mailed: bool) -> None:
    """What was noted while it was mailed is due still."""
    lane = SubscriptionLane.objects.filter(pk=key)
    lane.filter(notice_due_at=until).update(notice_due_at=None)
    if is_mailed:
        lane.update(noticed_at=timezone.now())


def _mail(subscription: Subscription, subject: str, what: str) -> bool:
    """Whether the mail server took it, or nobody is there to be told."""
    organization = subscription.organization
    members = Member.objects.filter(organization=organization, role__in=TOLD, user__is_active=True)
    people = list(members.values_list("user__email", flat=True))
    if not people:
        return True
    path = reverse("admin:webhooks_subscription_change", args=[subscription.pk])
    page = settings.PUBLIC_URL.rstrip("/") + path
    text = TEXT.format(what=what, url=subscription.url, organization=organization, page=page)
    try:
        send_mail(subject, text, None, people)
    except (SMTPException, OSError) as error:
        log.warning("The mail server did not take a notice (%s): it is tried again.", error)
        return False
    return True


def _told(subscription: Subscription) -> tuple[str, str] | None:
    """Subject and text of how it stands at this moment; None where nobody need be told."""
    lane = subscription.lane
    if not subscription.enabled:
        reason = subscription.disabled_reason  # empty when a person did it
        return ("A webhook was disabled", DISABLED.format(reason=reason)) if reason else None
    if lane.breaker_state == "closed":
        return None
    text = OBSERVED if subscription.breaker_only_observes else OPENED
    return "A webhook does not answer", text.format(failures=lane.breaker_failures)
