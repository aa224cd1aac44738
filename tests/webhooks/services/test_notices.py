"""Who is mailed when a webhook's breaker opened, or it was disabled without anybody's doing."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.db import connection
from django.utils import timezone

from accounts.core.permissions import Role
from tests.integrations.admin.samples import make_user
from tests.webhooks.endpoints import make_subscription
from webhooks.models import Subscription, SubscriptionLane
from webhooks.services import notices

pytestmark = pytest.mark.django_db
REASON = "Disabled by the endpoint: it answered 410 (gone). Correct the URL, then enable it."
MENDERS = ["admin@shop.example", "deployment_manager@shop.example", "integration_manager@shop.example"]


@pytest.fixture
def failing():
    """A webhook whose breaker has just opened, with a member of each role."""
    subscription = make_subscription()
    for role in Role:
        make_user(f"{role}@shop.example", subscription.organization, role)
    open_breaker(subscription)
    return subscription


@pytest.fixture
def disabled(failing):
    """One that the engine disabled."""
    Subscription.objects.filter(pk=failing.pk).update(enabled=False, disabled_reason=REASON)
    notices.note_disabling(failing.pk)
    return failing


def open_breaker(subscription):
    SubscriptionLane.objects.filter(pk=subscription.pk).update(breaker_state="open", breaker_failures=3)
    notices.note_opening(subscription.pk)


def refuse(*_):
    raise SMTPServerDisconnected("away")


def test_those_who_may_change_a_disabled_one_are_mailed_once(disabled, mailoutbox):
    assert (notices.send_notices(), notices.send_notices()) == (1, 0)

    (mail,) = mailoutbox
    assert (mail.subject, sorted(mail.to)) == ("A webhook was disabled", MENDERS)
    assert REASON in mail.body and disabled.url in mail.body
    assert f"/admin/webhooks/subscription/{disabled.pk}/change/" in mail.body


def test_those_who_may_change_it_are_mailed_of_an_open_breaker_once(failing, mailoutbox):
    assert (notices.send_notices(), notices.send_notices()) == (1, 0)

    (mail,) = mailoutbox
    assert (mail.subject, sorted(mail.to)) == ("A webhook does not answer", MENDERS)
    assert "3 attempts in a row failed, so its breaker opened: messages wait" in mail.body
    assert "Then press Try now" in mail.body and failing.url in mail.body


def test_of_a_breaker_that_only_observes_it_is_said_that_messages_go_on(failing, mailoutbox):
    Subscription.objects.update(breaker_only_observes=True)

    notices.send_notices()

    assert "It only observes: messages go on to the endpoint." in mailoutbox[0].body


def test_that_it_was_disabled_is_told_at_once_also_when_its_breaker_opens_then(failing, mailoutbox):
    notices.send_notices()
    Subscription.objects.filter(pk=failing.pk).update(enabled=False, disabled_reason=REASON)
    notices.note_disabling(failing.pk)
    open_breaker(failing)

    notices.send_notices()

    assert mailoutbox[1].subject == "A webhook was disabled"


def test_a_breaker_that_opens_again_within_the_hour_is_mailed_when_that_is_over(failing, mailoutbox):
    notices.send_notices()
    open_breaker(failing)
    assert (notices.send_notices(), len(mailoutbox)) == (0, 1)

    an_hour_ago = timezone.now() - timedelta(hours=1)
    SubscriptionLane.objects.update(noticed_at=an_hour_ago)
    open_breaker(failing)

    assert (notices.send_notices(), len(mailoutbox)) == (1, 2)


def test_disabling_is_mailed_whatever_was_mailed_before(failing, mailoutbox):
    notices.send_notices()
    Subscription.objects.update(enabled=False, disabled_reason=REASON)
    notices.note_disabling(failing.pk)

    assert notices.send_notices() == 1
    assert [mail.subject for mail in mailoutbox] == ["A webhook does not answer", "A webhook was disabled"]


def test_a_mail_that_the_server_does_not_take_is_tried_again(disabled, mailoutbox, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(notices, "send_mail", refuse)
        assert notices.send_notices() == 0
    assert notices.send_notices() == 0  # not at once: it is tried again in some minutes
    SubscriptionLane.objects.update(notice_due_at=timezone.now())

    assert notices.send_notices() == 1
    assert len(mailoutbox) == 1


def test_a_breaker_that_has_closed_and_one_that_a_person_disabled_need_no_mail(failing, mailoutbox):
    SubscriptionLane.objects.update(breaker_state="closed")
    other = make_subscription(failing.organization)
    open_breaker(other)
    Subscription.objects.filter(pk=other.pk).update(enabled=False)

    assert (notices.send_notices(), mailoutbox) == (2, [])
    assert set(SubscriptionLane.objects.values_list("notice_due_at", "noticed_at")) == {(None, None)}


def test_what_is_noted_while_the_mail_is_on_its_way_is_mailed_too(failing, mailoutbox, monkeypatch):
    def hang(*arguments):
        notices.note_disabling(failing.pk)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(notices, "send_mail", hang)
        notices.send_notices()
    Subscription.objects.update(enabled=False, disabled_reason=REASON)

    assert notices.send_notices() == 1
    assert [mail.subject for mail in mailoutbox] == ["A webhook was disabled"]


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_hangs_holds_no_row(failing, monkeypatch):
    seen = []
    monkeypatch.setattr(notices, "send_mail", lambda *_: seen.append(connection.in_atomic_block))

    notices.send_notices()

    assert seen == [False]
