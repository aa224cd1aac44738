"""Two at once: who publishes, who changes the webhook, and who sends again what failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.core.principal import system
from delivery.core.outcome import Outcome
from delivery.lanes import Ending, Row
from tests.webhooks.endpoints import make_organization, make_subscription
from webhooks.models import MessageDelivery, MessageDeliveryResult, Subscription
from webhooks.services import urls
from webhooks.services.failing import note_endings
from webhooks.services.messages import publish
from webhooks.services.subscriptions import change_subscription, create_subscription, disable_subscription

pytestmark = pytest.mark.django_db(transaction=True)
BY = system("test")
PUBLIC = ["93.184.215.14"]


def elsewhere(act: Callable[[], Any]) -> Future[Any]:
    """Does it on a thread with a connection of its own, which is closed at its end."""

    def run() -> Any:
        try:
            return act()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    done = pool.submit(run)
    pool.shutdown(wait=False)
    return done


def tell(subscription: Subscription) -> bool:
    """Whether a message is published without waiting for anybody's lock."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '300ms'")
            publish(subscription.organization_id, "file.deployed", {}, at=timezone.now())
    except OperationalError:
        return False
    return True


def wait_until_somebody_waits() -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            if cursor.fetchone():
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waits for a lock.")


def by_id(subscription: Subscription) -> Any:
    return subscription.pk


def ending(subscription: Subscription, outcome: Outcome) -> Ending:
    row = Row(id=uuid4(), lane_id=subscription.pk, claim_id=uuid4(), flights=1, attempts=0, carried=())
    return Ending(row, outcome, "")


@transaction.atomic
def record(ended: list[Ending]) -> None:
    note_endings(ended, by=BY, now=timezone.now())


def test_whoever_publishes_does_not_wait_for_the_look_up_of_a_new_url(monkeypatch):
    subscription = make_subscription()
    told = []

    def resolve(host: str, port: int) -> list[str]:
        told.append(elsewhere(lambda: tell(subscription)).result(10))
        return PUBLIC

    monkeypatch.setattr(urls, "system_resolve", resolve)

    change_subscription(BY, subscription, url="https://other.acme.example/")

    assert told == [True]


def test_disabling_waits_for_whoever_publishes_and_cancels_that_too():
    subscription = make_subscription()

    with transaction.atomic():
        publish(subscription.organization_id, "file.deployed", {}, at=timezone.now())
        disabled = elsewhere(lambda: disable_subscription(BY, subscription))
        wait_until_somebody_waits()
    disabled.result(10)

    assert not MessageDelivery.objects.exists()
    assert MessageDeliveryResult.objects.get().outcome == "cancelled"


def test_two_workers_that_record_for_the_same_webhooks_lock_them_in_one_order():
    organization = make_organization()
    first, second = sorted([make_subscription(organization), make_subscription(organization)], key=by_id)
    Subscription.objects.filter(pk=second.pk).update(failing_since=timezone.now())
    ended = [ending(second, Outcome.DELIVERED), ending(first, Outcome.EXHAUSTED)]

    with transaction.atomic():
        Subscription.objects.select_for_update().get(pk=first.pk)
        recorded = elsewhere(lambda: record(ended))
        wait_until_somebody_waits()
        Subscription.objects.select_for_update(nowait=True).get(pk=second.pk)
    recorded.result(10)

    assert list(Subscription.objects.filter(failing_since=None)) == [second]


def test_two_that_are_made_at_once_do_not_both_come_in(monkeypatch):
    organization = make_organization()
    both = threading.Barrier(2)

    def resolve(host: str, port: int) -> list[str]:
        both.wait(10)
        return PUBLIC

    monkeypatch.setattr(urls, "system_resolve", resolve)

    def create() -> str:
        try:
            create_subscription(BY, organization, url="https://acme.example/", event_types=["file.deployed"])
        except ValidationError as refused:
            return str(refused.messages[0])
        return "made"

    said = sorted(one.result(20) for one in [elsewhere(create), elsewhere(create)])

    assert said == ["An organization has at most one webhook: change the one that is there.", "made"]
    assert Subscription.objects.count() == 1
