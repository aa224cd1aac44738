"""What happens to destinations is told by webhook, in the transaction that records it."""

import json

import pytest
from django.db import transaction
from jsonschema import Draft202012Validator, FormatChecker

from accounts.models import AuditEntry
from delivery.core.breaker import Transition
from delivery.core.outcome import Outcome
from delivery.lanes import Ending, Row
from delivery.queue import database_now
from integrations.models import BreakerMoment, Delivery
from integrations.services.accept import accept
from integrations.services.lanes import DestinationLanes
from tests.integrations.pipelines import FACTS, GRANTED, VISITOR, incoming, make_pipeline
from tests.webhooks.endpoints import make_subscription
from webhooks.core.event_types import CHOSEN, EVENT_TYPES
from webhooks.models import Message, MessageDelivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return database_now()


@pytest.fixture
def pipeline(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    pipeline = make_pipeline("audiohook")
    make_subscription(pipeline.organization, event_types=list(CHOSEN))
    return pipeline


def told():
    """The bodies of all messages, each as its schema says."""
    bodies = [json.loads(bytes(message.body)) for message in Message.objects.order_by("id")]
    for body in bodies:
        schema = EVENT_TYPES[body["event_type"]].schema
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(body)
    return bodies


def endings(pipeline, outcome, count=1):
    for _ in range(count):
        accept([incoming(pipeline, context={**GRANTED, **VISITOR})], FACTS)
    rows = [
        Row(
            id=one.id,
            lane_id=one.lane_id,
            claim_id=one.id,
            flights=1,
            attempts=8,
            carried=(one.organization_id, one.pipeline_id, one.event_id, one.part, one.replay_id),
        )
        for one in Delivery.objects.all()
    ]
    assert len(rows) == count
    return [Ending(row, outcome, "Answered 503.", 503) for row in rows]


def test_a_breakers_opening_and_closing_are_told(pipeline, now):
    destination = pipeline.destinations.get()
    lanes = DestinationLanes()

    lanes.announce(destination.id, Transition.OPENED, "10 requests in a row failed.", now=now)
    lanes.announce(destination.id, Transition.CLOSED, "The probe was answered.", now=now)

    opened, closed = told()
    assert (opened["event_type"], closed["event_type"]) == (
        "destination.breaker_opened",
        "destination.breaker_closed",
    )
    assert opened["data"] == {
        "org_id": str(pipeline.organization_id),
        "org_name": pipeline.organization.name,
        "pipeline_id": str(pipeline.id),
        "pipeline_name": pipeline.name,
        "destination_id": str(destination.id),
        "destination_name": destination.name,
        "reason": "10 requests in a row failed.",
    }


def test_a_pause_for_refused_credentials_is_audited_and_told(pipeline, now):
    destination = pipeline.destinations.get()

    DestinationLanes().announce_pause(destination.id, "Paused: 5 requests were answered 401.", now=now)

    (body,) = told()
    assert body["event_type"] == "destination.paused"
    assert body["data"]["reason"] == "Paused: 5 requests were answered 401."
    entry = AuditEntry.objects.get(action="pause:destination")
    assert entry.organization_id == pipeline.organization_id
    assert entry.changes == {"paused_reason": ["", "Paused: 5 requests were answered 401."]}
    assert (entry.actor, entry.actor_kind, entry.is_staff) == ("s2sadmin", "system", False)


def test_deliveries_that_are_exhausted_together_are_told_of_once(pipeline, now):
    ended = endings(pipeline, Outcome.EXHAUSTED, count=3)

    DestinationLanes().conclude(ended, [], now=now)

    (body,) = told()
    assert body["event_type"] == "delivery.exhausted"
    assert body["data"]["count"] == 3
    assert set(body["data"]["delivery_ids"]) == {str(one.row.id) for one in ended}
    assert body["data"]["reason"] == "Answered 503."


@pytest.mark.parametrize("outcome", [Outcome.DELIVERED, Outcome.REJECTED, Outcome.CANCELLED])
def test_other_endings_are_not_told(pipeline, now, outcome):
    DestinationLanes().conclude(endings(pipeline, outcome), [], now=now)

    assert told() == []


def test_what_is_not_recorded_is_not_told(pipeline, now):
    with transaction.atomic():
        DestinationLanes().announce(pipeline.destinations.get().id, Transition.OPENED, "", now=now)
        transaction.set_rollback(True)

    assert not BreakerMoment.objects.exists()
    assert not Message.objects.exists()
    assert not MessageDelivery.objects.exists()
