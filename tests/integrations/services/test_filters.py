"""A filter from saving to sending: staged, audited, planned with, asked again when it changed."""

import pytest
from django.core.exceptions import ValidationError

from accounts.core.permissions import Role
from delivery.core.outcome import Outcome
from delivery.core.retry import End
from integrations.models import Destination, DestinationDraft
from integrations.services import destinations
from integrations.services.accept import accept
from integrations.services.snapshots import configuration_changed
from tests.integrations.pipelines import BY, FACTS, incoming, make_pipeline, planned, stored
from tests.integrations.services.test_changes import entries, member
from tests.integrations.services.test_lanes import claimed, render

pytestmark = pytest.mark.django_db
ORDERS = {
    "effect": "allow",
    "match": "all",
    "conditions": [{"field": "event", "operator": "equals", "value": "Order Completed"}],
}
TOLD = "Only Order Completed events are sent."


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"


def filtered(destination, document=ORDERS, by=BY):
    wanted = destinations.Wanted(**{**destinations.wanted_of(destination).__dict__, "filter": document})
    return destinations.change_destination(by, destination, wanted)


def test_what_it_keeps_out_is_a_skip_of_the_event_and_no_delivery():
    pipeline = make_pipeline("audiohook")
    filtered(pipeline.destinations.get())

    accept([incoming(pipeline), incoming(pipeline, event="Signed Up")], FACTS)

    order, sign_up = stored(pipeline)
    assert len(planned(pipeline)) == 1
    assert (order["planned"], order["skips"]) == (1, [])
    assert sign_up["planned"] == 0
    assert sign_up["skips"] == [
        {
            "destination": str(pipeline.destinations.get().id),
            "reason": "filter",
            "sentence": 'The filter of Audiohook sends only events where the event is "Order Completed"; '
            'here the event is "Signed Up". Change the destination\'s filter if such events are to be sent.',
        }
    ]


def test_what_waits_is_asked_again_once_the_filter_changed():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline, event="Signed Up")], FACTS)
    filtered(pipeline.destinations.get())

    _, rendering = render(claimed())

    (settled,) = rendering.settled
    assert settled.decision == End(Outcome.CANCELLED)
    assert settled.reason.startswith("No longer allowed since the pipeline changed. The filter of Audiohook")


def test_what_waits_and_passes_is_sent():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline)], FACTS)
    filtered(pipeline.destinations.get())

    _, rendering = render(claimed())

    assert (len(rendering.flights), list(rendering.settled)) == (1, [])


def test_a_filter_is_staged_and_published_and_told_as_sentences():
    pipeline = make_pipeline("audiohook")
    destination = pipeline.destinations.get()

    assert filtered(destination, by=member(pipeline, Role.INTEGRATION_MANAGER)) is False
    assert Destination.objects.get().filter == {}
    assert DestinationDraft.objects.get().filter == ORDERS
    told = {"filter": ["Every event is sent.", TOLD]}
    assert entries("stage:destination") == [("jo@acme.example", told, False)]

    destinations.publish_destination(member(pipeline, Role.DEPLOYMENT_MANAGER), destination)
    assert Destination.objects.get().filter == ORDERS
    assert entries("publish:destination") == [("jo@acme.example", told, False)]


def test_a_bad_filter_is_refused_and_nothing_changes():
    destination = make_pipeline("audiohook").destinations.get()
    bad = {**ORDERS, "conditions": [{"field": "total", "operator": "above", "value": "much"}]}

    with pytest.raises(ValidationError) as refused:
        filtered(destination, bad)

    assert refused.value.message_dict["filter"] == [
        "Condition 1, field: there is no field `total`; write $properties.total, "
        "or a name of the dictionary.",
        "Condition 1, value: a number is needed, with a decimal point, such as 12.50.",
    ]
    assert Destination.objects.get().filter == {}


def test_a_stored_filter_that_can_not_be_read_sends_nothing_and_breaks_nothing():
    pipeline = make_pipeline("audiohook")
    Destination.objects.update(
        filter={"effect": "allow", "conditions": [{"field": "event", "operator": "gone"}]}
    )
    configuration_changed(pipeline.id)

    accept([incoming(pipeline)], FACTS)

    (event,) = stored(pipeline)
    assert [skip["reason"] for skip in event["skips"]] == ["filter"]
    assert event["skips"][0]["sentence"].endswith("Save it anew.")
