"""Messages: written with what they tell of, for whoever is subscribed to it."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import transaction

from tests.webhooks.endpoints import make_organization, make_subscription
from webhooks.models import Message, MessageDelivery
from webhooks.services.messages import publish

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 18, 10, 30, 0, 999_999, tzinfo=UTC)


def test_a_message_is_frozen_compact_json():
    subscription = make_subscription()

    message = publish(subscription.organization_id, "file.deployed", {"org_name": "Ä\u2028"}, at=AT)

    assert (
        bytes(message.body)
        == (
            '{"event_type":"file.deployed","timestamp":"2026-03-18T10:30:00Z","data":{"org_name":"Ä\u2028"}}'
        ).encode()
    )
    assert bytes(Message.objects.get().body) == bytes(message.body)


def test_each_enabled_subscription_to_the_type_gets_one_delivery():
    organization = make_organization()
    wanted = [make_subscription(organization) for _ in range(2)]
    make_subscription(organization, event_types=["file.config_saved"])
    make_subscription(organization, enabled=False)
    make_subscription()

    message = publish(organization.id, "file.deployed", {}, at=AT)

    rows = list(MessageDelivery.objects.all())
    assert {row.lane_id for row in rows} == {one.id for one in wanted}
    assert {(row.message_id, row.event_type, row.origin) for row in rows} == {
        (message.id, "file.deployed", "event")
    }


def test_nothing_is_written_where_nobody_listens():
    assert publish(make_organization().id, "file.deployed", {}, at=AT) is None
    assert not Message.objects.exists()


def test_an_unknown_event_type_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        publish(uuid4(), "file.exploded", {}, at=AT)


def test_what_is_rolled_back_is_never_told():
    subscription = make_subscription()

    with transaction.atomic():
        publish(subscription.organization_id, "file.deployed", {}, at=AT)
        transaction.set_rollback(True)

    assert not Message.objects.exists()
    assert not MessageDelivery.objects.exists()


def test_identifiers_of_any_kind_become_text():
    subscription = make_subscription()
    build = uuid4()

    message = publish(subscription.organization_id, "file.deployed", {"id": build}, at=AT)

    assert json.loads(message.body)["data"] == {"id": str(build)}
