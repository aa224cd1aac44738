"""Mails an organization's people when a webhook of theirs was disabled without their doing."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.models import Member
from webhooks.models import Subscription

TASK = "webhooks.send_notices"
TOLD = (Role.ADMIN, Role.DEPLOYMENT_MANAGER)  # who may enable it again
TEXT = """{reason}

Endpoint: {url}
Organization: {organization}

What happened meanwhile was not sent and will not be by itself: {page}
"""
log = logging.getLogger(__name__)


def send_notices() -> int:
    """How many webhooks were told of. A mail that the server does not take is tried again by the beat."""
    told = 0
    for key in Subscription.objects.filter(notice_due=True).values_list("pk", flat=True):
        with transaction.atomic():
            waiting = Subscription.objects.select_for_update(of=["self"], skip_locked=True)
            found = waiting.select_related("organization").filter(pk=key, notice_due=True).first()
            if found is not None and _mail(found):
                Subscription.objects.filter(pk=key).update(notice_due=False)
                told += 1
    return told


def _mail(subscription: Subscription) -> bool:
    """Whether the mail server took it. One that was enabled again meanwhile needs no mail."""
    members = Member.objects.filter(
        organization=subscription.organization, role__in=TOLD, user__is_active=True
    )
    people = list(members.values_list("user__email", flat=True))
    if subscription.enabled or not people:
        return True
    path = reverse("admin:webhooks_subscription_change", args=[subscription.pk])
    text = TEXT.format(
        reason=subscription.disabled_reason,
        url=subscription.url,
        organization=subscription.organization,
        page=settings.PUBLIC_URL.rstrip("/") + path,
    )
    try:
        send_mail("A webhook was disabled", text, None, people)
    except (SMTPException, OSError) as error:
        log.warning("The mail server did not take a notice (%s): it is tried again.", error)
        return False
    return True
