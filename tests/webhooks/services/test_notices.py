"""Who is mailed when a webhook was disabled without anybody's doing."""

from __future__ import annotations

from smtplib import SMTPServerDisconnected

import pytest

from accounts.core.permissions import Role
from tests.integrations.admin.samples import make_user
from tests.webhooks.endpoints import make_subscription
from webhooks.models import Subscription
from webhooks.services import notices

pytestmark = pytest.mark.django_db
REASON = "Disabled by the endpoint: it answered 410 (gone). Correct the URL, then enable it."


@pytest.fixture
def disabled():
    """A webhook that the engine disabled, with an Admin, a Deployment Manager and a reader."""
    subscription = make_subscription()
    for role in (Role.ADMIN, Role.DEPLOYMENT_MANAGER, Role.READ_ONLY):
        make_user(f"{role}@shop.example", subscription.organization, role)
    Subscription.objects.filter(pk=subscription.pk).update(
        enabled=False, disabled_reason=REASON, notice_due=True
    )
    return subscription


def test_those_who_may_enable_it_are_mailed_once(disabled, mailoutbox):
    assert (notices.send_notices(), notices.send_notices()) == (1, 0)

    assert [sorted(mail.to) for mail in mailoutbox] == [
        ["admin@shop.example", "deployment_manager@shop.example"]
    ]
    assert REASON in mailoutbox[0].body and disabled.url in mailoutbox[0].body
    assert f"/admin/webhooks/subscription/{disabled.pk}/change/" in mailoutbox[0].body


def test_a_mail_that_the_server_does_not_take_is_tried_again(disabled, mailoutbox, monkeypatch):
    def refuse(*_):
        raise SMTPServerDisconnected("away")

    with monkeypatch.context() as away:
        away.setattr(notices, "send_mail", refuse)
        assert notices.send_notices() == 0

    assert notices.send_notices() == 1
    assert len(mailoutbox) == 1


def test_one_that_was_enabled_again_needs_no_mail(disabled, mailoutbox):
    Subscription.objects.filter(pk=disabled.pk).update(enabled=True)

    assert (notices.send_notices(), mailoutbox) == (1, [])
