"""Events that go out in parts: each part is a delivery, tried again alone, and none is doubled."""

import json

import pytest

from integrations.models import Event
from integrations.services.accept import accept
from integrations.services.event_page import event_page
from integrations.services.stored_events import read_events
from tests.integrations.pipelines import FACTS, incoming
from tests.integrations.stub_vendor import (
    attempts,
    deliver,
    ends,
    send,
    stub_destination,
    waits,
)

pytestmark = pytest.mark.django_db
PARTS = [
    {"part": "order", "fields": {"n": "$event"}},
    {"part": "product", "each": "products", "fields": {"n": ".id", "part": "$part"}},
]
ONE_EACH = {"envelope": "object", "batch": {"max_count": 1}, "parts": PARTS}


def order(destination, *ids):
    products = [{"id": id_} for id_ in ids]
    accept([incoming(destination.pipeline, event="Order", properties={"products": products})], FACTS)


def name_of(asked):
    return json.loads(asked.body)["n"]


def test_each_product_is_a_delivery_and_a_request_of_its_own(vendor):
    stub = vendor(lambda asked: (200, {}))
    destination = stub_destination(**ONE_EACH)
    order(destination, "a", "b")

    deliver()

    assert sorted(map(name_of, stub.asked)) == ["Order", "a", "b"]
    assert [outcome for outcome, _, _ in ends(destination)] == ["delivered"] * 3
    assert len(attempts(destination)) == 3


def test_a_part_that_failed_is_sent_again_and_the_delivered_ones_are_not(vendor):
    tries = []

    def answer(asked):
        tries.append(name_of(asked))
        return (500, {}) if name_of(asked) == "b" and tries.count("b") == 1 else (200, {})

    vendor(answer)
    destination = stub_destination(**ONE_EACH)
    order(destination, "a", "b", "c")

    deliver()
    deliver()

    assert sorted(tries) == ["Order", "a", "b", "b", "c"]
    assert [(outcome, tried) for outcome, _, tried in ends(destination)] == [
        ("delivered", 1),
        ("delivered", 1),
        ("delivered", 2),
        ("delivered", 1),
    ]


def test_a_refused_part_does_not_hold_up_the_others(vendor):
    vendor(lambda asked: (400, {}) if name_of(asked) == "a" else (200, {}))
    destination = stub_destination(**ONE_EACH)
    order(destination, "a", "b")

    deliver()

    assert [outcome for outcome, _, _ in ends(destination)] == ["delivered", "rejected", "delivered"]


def test_parts_of_events_share_a_batch_where_the_vendor_takes_one(vendor):
    stub = vendor(lambda asked: (200, {}))
    destination = stub_destination(parts=PARTS)
    order(destination, "a", "b")
    order(destination, "c")

    deliver()

    [asked] = stub.asked
    assert json.loads(asked.body)["events"] == [
        {"n": "Order"},
        {"n": "a", "part": 1},
        {"n": "b", "part": 2},
        {"n": "Order"},
        {"n": "c", "part": 1},
    ]


def test_an_event_counts_its_parts_as_planned_deliveries(vendor):
    vendor(lambda asked: (200, {}))
    destination = stub_destination(**ONE_EACH)
    order(destination, "a", "b")
    send(destination, "Plain")

    assert sorted(Event.objects.values_list("planned", flat=True)) == [1, 3]
    assert sorted(one.part for one in waits(destination)) == [0, 0, 1, 2]


def test_a_part_that_a_changed_vendor_no_longer_has_is_cancelled(vendor):
    stub = vendor(lambda asked: (200, {}))
    destination = stub_destination(**ONE_EACH)
    order(destination, "a")
    fewer = stub_destination(pipeline=destination.pipeline, name="Fewer", **{**ONE_EACH, "parts": PARTS[:1]})
    destination.vendor_revision = fewer.vendor_revision
    destination.save()

    deliver()

    assert [name_of(asked) for asked in stub.asked] == ["Order"]
    (first, _, _), (second, reason, _) = ends(destination)
    assert (first, second) == ("delivered", "cancelled")
    assert reason.startswith("No longer planned since the pipeline changed. Stub gets any in parts")


def test_the_events_page_tells_the_parts_apart_and_counts_the_destination_once(vendor):
    vendor(lambda asked: (400, {}) if name_of(asked) == "a" else (200, {}))
    destination = stub_destination(**ONE_EACH)
    order(destination, "a")
    deliver()
    event = Event.objects.get()

    page = event_page(
        event, now=read_events([event.id])[event.id].event.received_at, shows_personal_data=True
    )

    assert [(story.destination, story.state.value) for story in page.stories] == [
        ("Stub, part 2 of 2", "rejected"),
        ("Stub, part 1 of 2", "delivered"),
    ]
    assert page.headline == "0 of 1 destination got it; 1 refused."
