"""Messages on their way: signed requests to a real https endpoint, retries and the breaker by the clock."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.core.principal import system
from accounts.models import AuditEntry
from delivery import queue
from tests.webhooks.endpoints import SECRET, make_subscription
from webhooks.core.signing import contract_signature, standard_signature
from webhooks.models import (
    Message,
    MessageAttempt,
    MessageDelivery,
    MessageDeliveryRecord,
    MessageDeliveryResult,
    Subscription,
    SubscriptionLane,
)
from webhooks.services.messages import publish
from webhooks.services.subscriptions import change_subscription, disable_subscription, enable_subscription
from webhooks.services.tables import TABLES

pytestmark = pytest.mark.django_db
BY = system("test")
DOWN = (503, {}, b"down")


def tell(subscription, clock, count=1, event_type="file.deployed"):
    return [publish(subscription.organization_id, event_type, {"n": n}, at=clock.now()) for n in range(count)]


def outcomes():
    return list(MessageDeliveryResult.objects.order_by("id").values_list("outcome", "attempts"))


def test_a_message_arrives_signed_both_ways(endpoint, sender):
    receiver = endpoint()
    subscription = make_subscription(url=receiver.url)
    (message,) = tell(subscription, sender.clock)

    sender.deliver()

    (request,) = receiver.received
    assert request.path == "/s2s"
    assert request.body == bytes(message.body)
    headers, timestamp = request.headers, request.headers["x-metarouter-timestamp"]
    assert headers["content-type"] == "application/json"
    assert headers["x-metarouter-signature"] == contract_signature(SECRET, timestamp, request.body)
    assert headers["webhook-id"] == f"msg_{message.id.hex}"
    assert headers["webhook-timestamp"] == timestamp
    assert headers["webhook-signature"] == standard_signature(
        SECRET, headers["webhook-id"], timestamp, request.body
    )
    assert outcomes() == [("delivered", 1)]
    assert not MessageDelivery.objects.exists()


def test_every_attempt_is_kept_with_payload_answer_and_phases_and_without_the_secret(endpoint, sender):
    receiver = endpoint((200, {"X-Echo": SECRET}, f"got {SECRET}".encode()))
    subscription = make_subscription(url=receiver.url)
    (message,) = tell(subscription, sender.clock)

    sender.deliver()

    attempt = MessageAttempt.objects.get()
    assert attempt.scope_id == subscription.organization_id
    assert attempt.operation == "file.deployed"
    assert attempt.request_body == bytes(message.body).decode()
    assert (attempt.status, attempt.response_body) == (200, "got ••••")
    assert SECRET not in str(attempt.response_headers)
    assert attempt.tls_ms > attempt.connect_ms > 0
    assert attempt.total_ms >= attempt.first_byte_ms > 0
    assert MessageDeliveryRecord.objects.get().attempt_ids == [attempt.id]


def test_attempts_are_made_at_0_30_and_60_seconds_each_signed_anew(endpoint, sender):
    receiver = endpoint(DOWN)
    subscription = make_subscription(url=receiver.url)
    tell(subscription, sender.clock)

    counts = []
    for seconds in (0, 29, 31, 60, 62, 120):
        sender.clock.ahead = timedelta(seconds=seconds)
        sender.deliver()
        counts.append(len(receiver.received))

    assert counts == [1, 1, 2, 2, 3, 3]
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    assert len({request.body for request in receiver.received}) == 1
    assert len({request.headers["webhook-timestamp"] for request in receiver.received}) == 3
    assert len({request.headers["x-metarouter-signature"] for request in receiver.received}) == 3
    assert outcomes() == [("exhausted", 3)]
    assert "503" in MessageDeliveryResult.objects.get().reason


def test_the_breaker_opens_after_three_failures_waits_probes_and_closes(endpoint, sender):
    receiver = endpoint(DOWN, DOWN, DOWN, DOWN, (204, {}, b""))
    subscription = make_subscription(url=receiver.url)
    tell(subscription, sender.clock)
    for _ in range(3):
        sender.deliver()
        sender.clock.pass_s(31)
    lane = subscription.lane
    lane.refresh_from_db()
    assert lane.breaker_state == "open"

    tell(subscription, sender.clock, count=3)
    sender.deliver()
    assert len(receiver.received) == 3  # they wait, and spend no attempt
    assert set(MessageDelivery.objects.values_list("attempts", flat=True)) == {0}

    sender.clock.pass_s(300)
    sender.deliver()
    assert len(receiver.received) == 4  # one probe, which fails
    sender.clock.pass_s(301)
    sender.deliver()
    assert len(receiver.received) == 7  # the next one succeeds, and the rest follows

    lane.refresh_from_db()
    assert lane.breaker_state == "closed"
    assert outcomes() == [("exhausted", 3), ("delivered", 2), ("delivered", 1), ("delivered", 1)]
    actions = AuditEntry.objects.filter(action__startswith="breaker_").order_by("id")
    assert list(actions.values_list("action", flat=True)) == [
        "breaker_opened:webhook_config",
        "breaker_closed:webhook_config",
    ]
    assert Message.objects.count() == 4  # its own breaker is told by no message


def test_a_breaker_that_only_observes_opens_and_holds_no_message_back(endpoint, sender):
    receiver = endpoint(DOWN, DOWN, DOWN, DOWN, (204, {}, b""))
    subscription = make_subscription(url=receiver.url, breaker_only_observes=True)
    tell(subscription, sender.clock, count=3)
    sender.deliver()
    lane = subscription.lane
    lane.refresh_from_db()
    assert (lane.breaker_state, lane.breaker_open_until) == ("open", None)

    tell(subscription, sender.clock, count=2)
    sender.deliver()

    lane.refresh_from_db()
    assert (len(receiver.received), lane.breaker_state) == (5, "closed")
    assert outcomes() == [("delivered", 1)]
    told = AuditEntry.objects.filter(action__startswith="breaker_").order_by("id")
    assert [entry.changes["reason"][1] for entry in told] == [
        "3 requests in a row failed. The breaker only observes: deliveries go on.",
        "A request was answered again. The breaker only observes: deliveries went on meanwhile.",
    ]


def test_what_an_open_breaker_holds_back_goes_when_it_only_observes_from_now_on(endpoint, sender):
    receiver = endpoint(DOWN, DOWN, DOWN, (204, {}, b""))
    subscription = make_subscription(url=receiver.url)
    tell(subscription, sender.clock, count=3)
    sender.deliver()
    tell(subscription, sender.clock, count=2)
    sender.deliver()
    assert len(receiver.received) == 3

    change_subscription(BY, subscription, breaker_only_observes=True)
    sender.deliver()

    assert len(receiver.received) == 5
    assert outcomes() == [("delivered", 1)] * 2


def test_an_opening_is_noted_once_and_a_failed_probe_is_not(endpoint, sender):
    subscription = make_subscription(url=endpoint(DOWN).url)
    tell(subscription, sender.clock, count=3)
    sender.deliver()
    lane = subscription.lane
    lane.refresh_from_db()
    assert lane.notice_due_at is not None
    SubscriptionLane.objects.update(notice_due_at=None)

    sender.clock.pass_s(301)
    sender.deliver()

    lane.refresh_from_db()
    assert MessageAttempt.objects.count() == 4
    assert (lane.breaker_state, lane.notice_due_at) == ("open", None)


@pytest.mark.parametrize(("asked", "waits"), [("45", 45), ("3600", 60), ("5", 30), ("soon", 30), ("-9", 30)])
def test_retry_after_stretches_the_wait_to_at_most_a_minute(endpoint, sender, asked, waits):
    receiver = endpoint((429, {"Retry-After": asked}, b""), (200, {}, b""))
    tell(make_subscription(url=receiver.url), sender.clock)
    sender.deliver()

    row = MessageDelivery.objects.get()

    assert row.attempts == 1
    assert (row.due_at - sender.clock.now()).total_seconds() == pytest.approx(waits, abs=5)


def test_410_disables_with_the_reason_and_cancels_what_waits(endpoint, sender):
    receiver = endpoint(DOWN, (410, {}, b"gone"))
    subscription = make_subscription(url=receiver.url)
    tell(subscription, sender.clock)
    sender.deliver()
    tell(subscription, sender.clock)

    sender.deliver()

    subscription.refresh_from_db()
    assert not subscription.enabled
    assert "410" in subscription.disabled_reason and subscription.lane.notice_due_at is not None
    assert dict(MessageDeliveryResult.objects.values_list("outcome", "reason")) == {
        "rejected": "Answered 410 (gone): the webhook was disabled.",
        "cancelled": subscription.disabled_reason,
    }
    assert not MessageDelivery.objects.exists()
    assert AuditEntry.objects.filter(action="disable:webhook_config").count() == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_a_failure_and_never_followed(endpoint, sender, status):
    receiver = endpoint()
    receiver.answers = [(status, {"Location": receiver.url}, b"")]
    tell(make_subscription(url=receiver.url), sender.clock)

    sender.deliver()

    assert len(receiver.received) == 1
    assert "redirects are not followed" in MessageAttempt.objects.get().reason


def test_disabling_cancels_what_waits_and_enabling_sends_later_messages_only(endpoint, sender):
    receiver = endpoint()
    subscription = make_subscription(url=receiver.url)
    tell(subscription, sender.clock)
    disable_subscription(BY, subscription)
    assert tell(subscription, sender.clock) == [None]

    enable_subscription(BY, subscription)
    tell(subscription, sender.clock)
    sender.deliver()

    assert len(receiver.received) == 1
    assert outcomes() == [("cancelled", 0), ("delivered", 1)]


def test_a_changed_url_applies_to_waiting_attempts(endpoint, sender):
    first, second = endpoint(DOWN), endpoint()
    subscription = make_subscription(url=first.url)
    tell(subscription, sender.clock)
    sender.deliver()
    Subscription.objects.filter(id=subscription.id).update(url=second.url)

    sender.clock.pass_s(31)
    sender.deliver()

    assert (len(first.received), len(second.received)) == (1, 1)
    assert outcomes() == [("delivered", 2)]


def test_disabling_after_days_of_failure_is_off_unless_it_is_chosen(endpoint, sender):
    receiver = endpoint(DOWN)
    subscription = make_subscription(url=receiver.url)
    watched = make_subscription(url=receiver.url, disable_after_days=2)

    for _ in range(3):
        for one in (subscription, watched):
            tell(one, sender.clock)
        for _ in range(3):
            sender.deliver()
            sender.clock.pass_s(301)
        sender.clock.pass_s(86_400)

    watched.refresh_from_db()
    subscription.refresh_from_db()
    assert (subscription.enabled, watched.enabled) == (True, False)
    assert "Disabled after 2 days of failure" in watched.disabled_reason


def test_one_arrival_forgets_the_days_of_failure(endpoint, sender):
    receiver = endpoint(DOWN, DOWN, DOWN, (200, {}, b""))
    subscription = make_subscription(url=receiver.url, disable_after_days=2)
    tell(subscription, sender.clock)
    for _ in range(3):
        sender.deliver()
        sender.clock.pass_s(31)
    subscription.refresh_from_db()
    assert subscription.failing_since is not None

    sender.clock.pass_s(300)
    tell(subscription, sender.clock)
    sender.deliver()

    subscription.refresh_from_db()
    assert subscription.failing_since is None


def test_the_prefix_of_the_contracts_headers_is_a_setting(endpoint, sender, settings):
    settings.WEBHOOK_HEADER_PREFIX = "X-Acme"
    receiver = endpoint()
    tell(make_subscription(url=receiver.url), sender.clock)

    sender.deliver()

    assert {"x-acme-signature", "x-acme-timestamp"} <= set(receiver.received[0].headers)


def test_what_a_dead_worker_had_goes_out_again_with_the_same_id_and_body(endpoint, sender):
    receiver = endpoint()
    subscription = make_subscription(url=receiver.url)
    (message,) = tell(subscription, sender.clock)
    queue.claim(TABLES, subscription.id, uuid4(), 1, now=sender.clock.now(), lease=timedelta(seconds=60))
    sender.deliver()
    assert receiver.received == []

    sender.clock.pass_s(61)
    sender.deliver()

    assert [request.headers["webhook-id"] for request in receiver.received] == [f"msg_{message.id.hex}"]
    assert outcomes() == [("delivered", 1)]
    assert not MessageDelivery.objects.exists()
