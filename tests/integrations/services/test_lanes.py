"""From claimed rows to requests: what is checked again, rejected, cancelled, held or packed."""

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from delivery.core.outcome import Outcome
from delivery.core.response import Response
from delivery.core.retry import End, Hold
from delivery.lanes import Row
from integrations.models import Delivery, Destination, VendorRevision
from integrations.services.accept import accept
from integrations.services.lanes import DestinationLanes
from integrations.services.snapshots import configuration_changed
from tests.integrations.pipelines import FACTS, VISITOR, incoming, make_pipeline

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
CLICK = {"page": {"url": "https://shop.example/?adct=click-1"}}
ADVERTISING = {"consent": {"categoryPreferences": {"advertising": True}}}


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"


def claimed(flights=1):
    """The unfinished deliveries as the engine hands them over."""
    return [
        Row(
            id=one.id,
            lane_id=one.lane_id,
            claim_id=uuid4(),
            flights=flights,
            attempts=0,
            carried=(one.organization_id, one.pipeline_id, one.event_id, one.part),
        )
        for one in Delivery.objects.order_by("id")
    ]


def render(rows):
    lanes = DestinationLanes()
    lanes.policies([rows[0].lane_id])
    return lanes, lanes.render(rows[0].lane_id, rows, now=NOW)


def test_events_of_one_destination_ride_in_one_batch():
    pipeline = make_pipeline("adroll")
    context = {**ADVERTISING, **VISITOR, **CLICK}
    accept(
        [incoming(pipeline, event="Product Added", context=context, userId=f"u{i}") for i in range(3)], FACTS
    )

    _, rendering = render(claimed())

    (flight,) = rendering.flights
    assert len(flight.rows) == 3
    assert [element["identifiers"]["user_id"] for element in json.loads(flight.request.body)] == [
        "u0",
        "u1",
        "u2",
    ]
    assert flight.request.url.startswith("http://127.0.0.1:9/srv.adroll.com/api?")
    assert "demo-server-access-token" in flight.request.secrets


def test_a_missing_required_field_rejects_with_a_sentence():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline, context=ADVERTISING)], FACTS)

    _, rendering = render(claimed())

    (settled,) = rendering.settled
    assert settled.decision == End(Outcome.REJECTED)
    assert settled.reason == (
        "Audiohook needs `user_agent` on every event; context.userAgent is missing. "
        "Pass the visitor's user agent in context.userAgent."
    )
    assert rendering.flights == []


def test_an_event_older_than_its_destination_takes_is_refused_even_if_the_limit_came_later():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline, timestamp=(NOW - timedelta(hours=3)).isoformat())], FACTS)
    Destination.objects.update(max_age_s=7200)

    _, rendering = render(claimed())

    (settled,) = rendering.settled
    assert settled.decision == End(Outcome.REJECTED)
    assert settled.reason == (
        "Too late: the event is 3 hours old and this destination's maximum age is 2 hours. "
        "Send events sooner, or raise the destination's maximum age."
    )
    assert rendering.flights == []


@pytest.mark.parametrize(("limits", "days"), [({}, 3), ({"delay_s": 86_400}, 4), ({"max_age_s": 432_000}, 5)])
def test_a_failed_delivery_is_tried_until_its_age_is_over_the_delay_not_counted(limits, days):
    pipeline = make_pipeline("audiohook")
    pipeline.destinations.update(**limits)
    destination = pipeline.destinations.get()

    policy = DestinationLanes().policies([destination.id])[destination.id]

    assert policy.retry.longest_age_s == days * 86_400


def test_a_disabled_destination_cancels():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline)], FACTS)
    Destination.objects.update(enabled=False)

    _, rendering = render(claimed())

    assert [(one.decision, one.reason) for one in rendering.settled] == [
        (End(Outcome.CANCELLED), "Audiohook was disabled.")
    ]


def test_consent_is_checked_again_when_the_pipeline_changed():
    pipeline = make_pipeline("audiohook", consent_policy="implied")
    accept([incoming(pipeline, context=VISITOR)], FACTS)
    pipeline.__class__.objects.filter(id=pipeline.id).update(consent_policy="explicit")
    configuration_changed(pipeline.id)

    _, rendering = render(claimed())

    (settled,) = rendering.settled
    assert settled.decision == End(Outcome.CANCELLED)
    assert "explicit" in settled.reason


def test_an_erased_event_cancels():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline)], FACTS)
    rows = claimed()
    gone = [Row(**{**_fields(rows[0]), "carried": (*rows[0].carried[:2], uuid4())})]

    _, rendering = render(gone)

    assert "no longer stored" in rendering.settled[0].reason


def _fields(row):
    return {name: getattr(row, name) for name in Row.__slots__}


def test_a_purchase_that_a_dead_worker_had_is_held_in_live_mode_only():
    live, sandbox = make_pipeline("adroll", mode="live"), make_pipeline("adroll")
    context = {**ADVERTISING, **VISITOR, **CLICK}
    properties = {"order_id": "o-1", "revenue": 10, "currency": "USD"}
    for pipeline in (live, sandbox):
        accept([incoming(pipeline, context=context, properties=properties)], FACTS)
    rows = {row.carried[1]: row for row in claimed(flights=2)}

    _, held = render([rows[live.id]])
    _, repeated = render([rows[sandbox.id]])

    assert [type(one.decision) for one in held.settled] == [Hold]
    assert held.flights == []
    assert len(repeated.flights) == 1


def test_the_vendors_rules_judge_the_answer_for_every_row():
    pipeline = make_pipeline("adroll")
    context = {**ADVERTISING, **VISITOR, **CLICK}
    accept([incoming(pipeline, event="Product Added", context=context) for _ in range(2)], FACTS)
    lanes, rendering = render(claimed())

    judgements = lanes.judge(rendering.flights[0], Response(status=400, body=b"{}"), now=NOW)

    assert [judgement.verdict.value for judgement in judgements] == ["rejected", "rejected"]


def test_one_unreadable_destination_does_not_stop_the_others():
    broken, fine = make_pipeline("audiohook"), make_pipeline("audiohook")
    Destination.objects.filter(pipeline=broken).update(vendor_revision=_uncompilable())
    lanes = DestinationLanes()

    ids = [pipeline.destinations.get().id for pipeline in (broken, fine)]

    assert set(lanes.policies(ids)) == {ids[1]}


def _uncompilable():
    return VendorRevision.objects.create(slug="broken", name="Broken", revision=1, document="{}", sha256="x")


def test_a_destination_disabled_while_its_lane_is_held_sends_no_more():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline)], FACTS)
    rows = claimed()
    lanes = DestinationLanes()
    lanes.policies([rows[0].lane_id])

    Destination.objects.update(enabled=False)
    configuration_changed(pipeline.id)
    rendering = lanes.render(rows[0].lane_id, rows, now=NOW)

    assert [one.reason for one in rendering.settled] == ["Audiohook was disabled."]


def test_gpc_in_the_header_counts_again_when_the_pipeline_changed():
    pipeline = make_pipeline("audiohook", consent_policy="implied", honours_gpc=False)
    facts = type(FACTS)(ip="", user_agent="", gpc=True, origin="")
    accept([incoming(pipeline, context=VISITOR)], facts)
    type(pipeline).objects.filter(id=pipeline.id).update(honours_gpc=True)
    configuration_changed(pipeline.id)

    _, rendering = render(claimed())

    assert [one.decision for one in rendering.settled] == [End(Outcome.CANCELLED)]


def test_a_lane_says_how_long_its_vendors_slowest_request_may_take():
    pipeline = make_pipeline("adroll")
    destination = Destination.objects.get(pipeline=pipeline)
    revision = destination.vendor_revision
    slow = re.sub(r"timeout_ms: \d+", "timeout_ms: 60000", revision.document)
    destination.vendor_revision = VendorRevision.objects.create(
        slug="adroll", name="AdRoll", revision=99, document=slow, sha256="slow"
    )
    destination.save()

    (policy,) = DestinationLanes().policies([destination.id]).values()

    assert policy.longest_request_s == 60
