"""What failed is sent again: one message, or all since a time by a job that can be looked at and stopped."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.core.principal import system
from accounts.models import AuditEntry
from delivery.core.outcome import Outcome
from tests.webhooks.endpoints import make_subscription
from webhooks.models import MessageDelivery, MessageDeliveryRecord, MessageDeliveryResult, Recovery
from webhooks.services import recoveries
from webhooks.services.deliveries import resend
from webhooks.services.messages import publish
from webhooks.services.recoveries import cancel_recovery, count_failed, run_recoveries, start_recovery
from webhooks.services.subscriptions import disable_subscription

pytestmark = pytest.mark.django_db
BY = system("test")
DOWN, OK = (503, {}, b""), (200, {}, b"")
HOUR = timedelta(hours=1)


@pytest.fixture
def failed(endpoint, sender):
    """A subscription with three messages that were given up, and one that arrived."""
    receiver = endpoint(DOWN)
    subscription = make_subscription(url=receiver.url)
    for _ in range(3):
        publish(subscription.organization_id, "file.deployed", {}, at=sender.clock.now())
    for _ in range(10):
        sender.deliver()
        sender.clock.pass_s(301)
    assert set(MessageDeliveryResult.objects.values_list("outcome", flat=True)) == {"exhausted"}
    receiver.answers = [OK]
    publish(subscription.organization_id, "file.deployed", {}, at=sender.clock.now())
    sender.deliver()
    receiver.received.clear()
    subscription.receiver = receiver
    return subscription


def results(outcome):
    return MessageDeliveryRecord.objects.filter(outcome=outcome).order_by("id")


def test_one_message_is_sent_again_with_the_same_id_and_body(failed, sender):
    record = results("exhausted").first()

    resend(BY, record)
    sender.deliver()

    (request,) = failed.receiver.received
    assert request.headers["webhook-id"] == f"msg_{record.message_id.hex}"
    assert results("delivered").last().origin == "resend"
    assert AuditEntry.objects.filter(action="resend:webhook_delivery").count() == 1


def test_what_is_still_tried_is_not_sent_again(failed, sender):
    publish(failed.organization_id, "file.deployed", {}, at=sender.clock.now())

    with pytest.raises(ValidationError, match="still being tried"):
        resend(BY, results("waiting").get())


def test_a_disabled_webhook_is_sent_nothing_again(failed, sender):
    disable_subscription(BY, failed)

    with pytest.raises(ValidationError, match="enable it"):
        resend(BY, results("exhausted").first())
    with pytest.raises(ValidationError, match="enable it"):
        start_recovery(BY, failed, since=sender.clock.now() - HOUR)
    assert not MessageDelivery.objects.exists()


def test_a_recovery_sends_all_that_failed_and_has_not_arrived(failed, sender):
    since = sender.clock.now() - 2 * HOUR
    resend(BY, results("exhausted").first())
    sender.deliver()
    assert count_failed(failed, since=since) == 2

    recovery = start_recovery(BY, failed, since=since)
    assert recovery.planned == 2
    assert run_recoveries() == 2
    sender.deliver()

    recovery.refresh_from_db()
    assert (recovery.state, recovery.queued) == ("done", 2)
    assert len({request.headers["webhook-id"] for request in failed.receiver.received}) == 3
    assert count_failed(failed, since=since) == 0


def test_a_recovery_leaves_what_failed_earlier(failed, sender):
    assert count_failed(failed, since=sender.clock.now()) == 0


def test_a_recovery_asks_when_a_message_was_given_up_not_when_it_was_made(failed, sender):
    given_up_at = sender.clock.now()
    MessageDeliveryResult.objects.filter(outcome="exhausted").update(ended_at=given_up_at)

    assert count_failed(failed, since=given_up_at) == 3
    assert count_failed(failed, since=given_up_at + timedelta(seconds=1)) == 0


def test_a_recovery_goes_in_steps_and_can_be_cancelled_between_them(failed, sender, monkeypatch):
    monkeypatch.setattr(recoveries, "STEP", 1)
    recovery = start_recovery(BY, failed, since=sender.clock.now() - 2 * HOUR)

    assert recoveries._step() == 1
    cancel_recovery(BY, recovery)
    assert run_recoveries() == 0

    recovery.refresh_from_db()
    assert (recovery.state, recovery.planned, recovery.queued) == ("cancelled", 3, 1)
    assert MessageDelivery.objects.count() == 1


def test_a_recovery_of_many_steps_queues_each_message_once(failed, sender, monkeypatch):
    monkeypatch.setattr(recoveries, "STEP", 2)
    start_recovery(BY, failed, since=sender.clock.now() - 2 * HOUR)

    assert run_recoveries() == 3
    assert MessageDelivery.objects.values("message_id").distinct().count() == 3


def test_one_recovery_at_a_time(failed, sender):
    since = sender.clock.now() - 2 * HOUR
    start_recovery(BY, failed, since=since)

    with pytest.raises(ValidationError, match="is running"):
        start_recovery(BY, failed, since=since)


def test_disabling_ends_a_recovery(failed, sender):
    recovery = start_recovery(BY, failed, since=sender.clock.now() - 2 * HOUR)
    disable_subscription(BY, failed)

    run_recoveries()

    recovery.refresh_from_db()
    assert (recovery.state, recovery.reason) == ("cancelled", recoveries.DISABLED)
    assert Recovery.objects.count() == 1
    assert not results(Outcome.CANCELLED.value).exists()
