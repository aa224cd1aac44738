"""Mapping changes from saving to sending: checked with the revision, staged, audited, sent, previewed."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from accounts.core.permissions import Role
from integrations.models import Destination, DestinationDraft, VendorRevision
from integrations.services import destinations, previews
from integrations.services.accept import accept
from tests.integrations.pipelines import BY, FACTS, incoming, make_pipeline
from tests.integrations.services.test_changes import entries, member
from tests.integrations.services.test_lanes import claimed, render

pytestmark = pytest.mark.django_db
CHANGES = [{"field": "event_name", "value": "$properties.kind", "rules": ["Order Completed"]}]
TOLD = "For Order Completed, event_name gets properties.kind."
NONE = "Every field is as the vendor's file makes it."
ORDER = {"kind": "order", "order_id": "o-1", "total": 5, "currency": "EUR"}


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"


def changed(destination, documents=CHANGES, by=BY, **more):
    stored = destinations.wanted_of(destination).__dict__
    wanted = destinations.Wanted(**{**stored, "mapping_changes": documents, **more})
    return destinations.change_destination(by, destination, wanted)


def sent(pipeline, **event):
    accept([incoming(pipeline, **event)], FACTS)
    _, rendering = render(claimed())
    (flight,) = rendering.flights
    return json.loads(flight.request.body)


def next_revision(revision, old, new):
    text = revision.document.replace(old, new)
    return VendorRevision.objects.create(
        slug=revision.slug,
        name=revision.name,
        revision=revision.revision + 1,
        document=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def test_what_is_sent_follows_the_change_from_then_on():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline, properties=ORDER)], FACTS)
    changed(pipeline.destinations.get())

    _, rendering = render(claimed())

    (flight,) = rendering.flights
    assert "order" in json.loads(flight.request.body).values()


def test_a_preview_marks_it_as_sent_and_as_published():
    pipeline = make_pipeline("audiohook")
    destination = pipeline.destinations.get()
    changed(destination, by=member(pipeline, Role.INTEGRATION_MANAGER))
    now = datetime.now(UTC)
    event = previews.given_event(
        {
            "type": "track",
            "event": "Order Completed",
            "userId": "u",
            "properties": ORDER,
            "context": {"ip": "203.0.113.7", "consent": {"categoryPreferences": {"advertising": True}}},
        },
        now=now,
    )

    marked = {}
    for name in ("as_it_stands", "as_published"):
        subject = getattr(previews, name)(destination)
        prepared = previews.prepare(subject, destination, event, now=now)
        told = previews.sources(subject, prepared, event, now=now, shows_personal_data=True)
        marked[name] = [(one.field, one.value, one.source) for one in told.fields if one.is_changed]

    assert marked == {
        "as_it_stands": [],
        "as_published": [("event_name", "order", "$properties.kind")],
    }


def test_changes_are_staged_and_published_and_told_as_sentences():
    pipeline = make_pipeline("audiohook")
    destination = pipeline.destinations.get()

    assert changed(destination, by=member(pipeline, Role.INTEGRATION_MANAGER)) is False
    assert Destination.objects.get().mapping_changes == []
    assert DestinationDraft.objects.get().mapping_changes == CHANGES
    told = {"mapping_changes": [NONE, TOLD]}
    assert entries("stage:destination") == [("jo@acme.example", told, False)]

    destinations.publish_destination(member(pipeline, Role.DEPLOYMENT_MANAGER), destination)
    assert Destination.objects.get().mapping_changes == CHANGES
    assert entries("publish:destination") == [("jo@acme.example", told, False)]


def test_a_bad_change_is_refused_and_nothing_changes():
    destination = make_pipeline("audiohook").destinations.get()
    bad = [*CHANGES, {"field": "event_nam", "value": 1}]

    with pytest.raises(ValidationError) as refused:
        changed(destination, bad)

    (said,) = refused.value.message_dict["mapping_changes"]
    assert said.startswith(
        "Change 2 (event_nam), field: there is no field `event_nam` in any rule (did you mean `event_name`?)"
    )
    assert Destination.objects.get().mapping_changes == []


def test_a_revision_that_a_change_does_not_fit_is_not_pinned():
    pipeline = make_pipeline("audiohook")
    destination = pipeline.destinations.get()
    changed(destination)
    newer = next_revision(destination.vendor_revision, "rule: Order Completed", "rule: Order Placed")

    with pytest.raises(ValidationError) as refused:
        changed(destination, vendor_revision=newer)

    (said,) = refused.value.message_dict["mapping_changes"]
    assert said.startswith("Change 1 (event_name), rules: Audiohook has no rule `Order Completed`")
    assert Destination.objects.get().vendor_revision == destination.vendor_revision
