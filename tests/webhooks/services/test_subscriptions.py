"""Subscriptions: what is checked, what is told once, what is audited, and what hangs on a change."""

import base64
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from accounts.core.principal import system
from accounts.models import AuditEntry
from tests.delivery.http.sending import answers
from tests.webhooks.endpoints import make_organization, make_subscription
from webhooks.models import MessageDelivery, MessageDeliveryRecord, Subscription, SubscriptionLane
from webhooks.services import urls
from webhooks.services.messages import publish
from webhooks.services.secrets import finish_rotation, rotate_secret
from webhooks.services.subscriptions import (
    change_subscription,
    create_subscription,
    remove_subscription,
    send_test,
    try_now,
)

pytestmark = pytest.mark.django_db
BY = system("dana@acme.example")
URL = "https://hooks.acme.example/s2s"
PUBLIC = "93.184.215.14"


@pytest.fixture(autouse=True)
def _names(monkeypatch):
    monkeypatch.setattr(urls, "system_resolve", answers([PUBLIC]))


def create(organization=None, **options):
    return create_subscription(
        BY, organization or make_organization(), **{"url": URL, "event_types": ["file.deployed"], **options}
    )


def actions():
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_new_one_is_enabled_and_has_its_lane_and_a_secret_that_is_told_once():
    subscription, secret = create()

    assert subscription.enabled
    assert SubscriptionLane.objects.filter(subscription=subscription).exists()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert actions() == ["create:webhook_config"]
    assert secret not in str(AuditEntry.objects.values_list("changes", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM webhooks_subscription")
        assert secret not in cursor.fetchone()[0]


def test_an_organization_has_one_unless_the_operator_allows_more(settings):
    organization = make_organization()
    create(organization)

    with pytest.raises(ValidationError, match="at most one webhook"):
        create(organization)

    settings.WEBHOOKS_PER_ORGANIZATION = 2
    create(organization)
    assert Subscription.objects.count() == 2


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"event_types": []}, "event_types"),
        ({"event_types": ["file.exploded"]}, "event_types"),
        ({"event_types": ["webhook.test"]}, "event_types"),
        ({"policy": "never"}, "policy"),
        ({"disable_after_days": 0}, "disable_after_days"),
        ({"url": "http://hooks.acme.example/"}, "url"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_written(options, field):
    with pytest.raises(ValidationError) as refused:
        create(**options)

    assert list(refused.value.message_dict) == [field]
    assert not Subscription.objects.exists()
    assert actions() == []


def test_a_name_that_leads_inside_is_refused_at_creation_and_at_change(monkeypatch):
    subscription, _ = create()
    monkeypatch.setattr(urls, "system_resolve", answers([PUBLIC, "10.0.0.7"]))

    with pytest.raises(ValidationError, match="private use"):
        change_subscription(BY, subscription, url="https://other.acme.example/")
    with pytest.raises(ValidationError, match="private use"):
        create()
    subscription.refresh_from_db()
    assert subscription.url == URL


def test_a_change_is_audited_by_field_and_nothing_is_when_nothing_differs():
    subscription, _ = create()

    change_subscription(BY, subscription, event_types=["file.config_saved"], disable_after_days=5)
    change_subscription(BY, subscription, event_types=["file.config_saved"], disable_after_days=5)

    assert actions() == ["create:webhook_config", "update:webhook_config"]
    assert AuditEntry.objects.latest("id").changes == {
        "event_types": [["file.deployed"], ["file.config_saved"]],
        "disable_after_days": [None, 5],
    }


def test_disabling_by_a_change_cancels_what_waits():
    subscription, _ = create()
    publish(subscription.organization_id, "file.deployed", {}, at=timezone.now())

    change_subscription(BY, subscription, enabled=False)

    assert not MessageDelivery.objects.exists()
    record = MessageDeliveryRecord.objects.get()
    assert (record.outcome, record.reason) == ("cancelled", "The webhook was disabled.")
    assert actions()[-1] == "disable:webhook_config"


def test_removing_cancels_what_waits_and_keeps_the_history():
    subscription, _ = create()
    publish(subscription.organization_id, "file.deployed", {}, at=timezone.now())

    remove_subscription(BY, subscription)

    assert not Subscription.objects.exists()
    record = MessageDeliveryRecord.objects.get()
    assert (record.outcome, record.reason) == ("cancelled", "The webhook was deleted.")
    assert actions()[-1] == "delete:webhook_config"


def test_a_moved_endpoint_is_tried_at_once():
    subscription, _ = create()
    later = timezone.now() + timedelta(minutes=5)
    SubscriptionLane.objects.update(breaker_state="open", breaker_open_until=later)

    change_subscription(BY, subscription, url="https://new.acme.example/")

    assert SubscriptionLane.objects.get().breaker_open_until is None


def test_trying_now_lets_the_next_message_be_the_probe():
    subscription, _ = create()
    SubscriptionLane.objects.update(breaker_state="open", breaker_open_until=timezone.now())

    try_now(BY, subscription)

    assert SubscriptionLane.objects.get().breaker_open_until is None
    assert actions()[-1] == "close_breaker:webhook_config"


def test_a_test_goes_to_this_endpoint_whatever_it_is_subscribed_to(settings):
    settings.WEBHOOKS_PER_ORGANIZATION = 2
    subscription, _ = create()
    create(subscription.organization)

    delivery = send_test(BY, subscription)

    assert (delivery.lane_id, delivery.event_type, delivery.origin) == (
        subscription.id,
        "webhook.test",
        "test",
    )
    assert MessageDelivery.objects.count() == 1


def test_a_disabled_one_is_not_tested():
    with pytest.raises(ValidationError, match="enable it"):
        send_test(BY, make_subscription(enabled=False))


def test_rotating_keeps_the_old_secret_for_the_overlap():
    subscription, first = create()

    second = rotate_secret(BY, subscription)

    stored = Subscription.objects.get().secrets
    assert stored["current"] == second != first
    assert [one["secret"] for one in stored["previous"]] == [first]
    assert actions()[-1] == "rotate:webhook_config"
    assert not {first, second} & set(str(AuditEntry.objects.latest("id").changes).split("'"))


def test_a_leaked_secret_ends_at_once():
    subscription, _ = create()
    rotate_secret(BY, subscription)

    third = rotate_secret(BY, subscription, overlap_hours=0)

    assert Subscription.objects.get().secrets == {"current": third, "previous": []}


def test_finishing_a_rotation_ends_the_old_secret():
    subscription, _ = create()
    second = rotate_secret(BY, subscription)

    finish_rotation(BY, subscription)

    assert Subscription.objects.get().secrets == {"current": second, "previous": []}
    assert actions()[-1] == "finish_rotation:webhook_config"


@pytest.mark.parametrize("hours", [-1, 169])
def test_an_overlap_has_its_limits(hours):
    with pytest.raises(ValidationError, match="from 0 to 168"):
        rotate_secret(BY, make_subscription(), overlap_hours=hours)


def test_secrets_do_not_pile_up():
    subscription = make_subscription()
    for _ in range(10):
        rotate_secret(BY, subscription)

    with pytest.raises(ValidationError, match="finish the rotation"):
        rotate_secret(BY, subscription)


def test_a_host_on_trial_must_still_be_in_an_allowed_network(settings, monkeypatch):
    settings.WEBHOOK_TRIAL_HOSTS = ["127.0.0.1"]

    with pytest.raises(ValidationError, match=r"127\.0\.0\.0/8 "):
        create(url="http://127.0.0.1:8080/in")
    assert not Subscription.objects.exists()

    settings.DELIVERY_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    assert create(url="http://127.0.0.1:8080/in")[0].url == "http://127.0.0.1:8080/in"
