"""Events in: stored and planned in one transaction, each once, skips with their sentences."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from delivery.queue import claim, hold_lanes
from integrations.core.facts import Duplicate, Incoming, KeyRefused, Refused, Stored
from integrations.models import Delivery, Destination, Event, WriteKey
from integrations.services.accept import accept
from integrations.services.destinations import (
    change_destination,
    disable_destination,
    enable_destination,
    wanted_of,
)
from integrations.services.lanes import TABLES
from integrations.services.snapshots import configuration_changed
from integrations.services.write_keys import create_write_key, revoke_write_key
from tests.integrations.pipelines import BY, FACTS, VISITOR, incoming, key_of, make_pipeline, planned, stored

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=60)


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"


def skips(event):
    names = dict(Destination.objects.values_list("id", "name"))
    return {names[next(i for i in names if str(i) == s["destination"])]: s["reason"] for s in event["skips"]}


def test_it_stores_an_event_and_plans_its_deliveries():
    pipeline = make_pipeline("adroll", "audiohook")

    acceptance = accept([incoming(pipeline, messageId="m-1", extra={"kept": 1})], FACTS)

    (event,) = stored(pipeline)
    assert acceptance.results == (Stored(),)
    assert (event["type"], event["name"], event["message_id"]) == ("track", "Order Completed", "m-1")
    assert (event["user_id"], event["anonymous_id"], event["planned"]) == ("u-1", "", 2)
    assert event["payload"]["extra"] == {"kept": 1}
    assert event["organization_id"] == pipeline.organization_id
    assert sorted(planned(pipeline)) == sorted(pipeline.destinations.values_list("id", flat=True))


def test_the_events_id_tells_when_it_was_received():
    pipeline = make_pipeline()

    accept([incoming(pipeline)], FACTS)

    (event,) = stored(pipeline)
    assert event["id"].int >> 80 == int(event["received_at"].timestamp() * 1000)


def test_a_message_id_is_stored_once_in_one_request_and_over_requests():
    pipeline = make_pipeline("audiohook")

    first = accept([incoming(pipeline, messageId="m-1"), incoming(pipeline, messageId="m-1")], FACTS)
    second = accept([incoming(pipeline, messageId="m-1"), incoming(pipeline, messageId="m-2")], FACTS)

    assert first.results == (Stored(), Duplicate())
    assert second.results == (Duplicate(), Stored())
    assert [event["message_id"] for event in stored(pipeline)] == ["m-1", "m-2"]
    assert len(planned(pipeline)) == 2


def test_the_same_message_id_in_another_pipeline_is_another_event():
    one, other = make_pipeline(), make_pipeline()

    accept([incoming(one, messageId="m-1")], FACTS)

    assert accept([incoming(other, messageId="m-1")], FACTS).results == (Stored(),)


def test_a_skip_is_kept_on_the_event_with_its_reason_and_sentence():
    pipeline = make_pipeline("adroll", "partnerstack")

    accept([incoming(pipeline, event="Signed Up", context={**VISITOR})], FACTS)
    accept([incoming(pipeline, event="Signed Up")], FACTS)
    accept([incoming(pipeline, integrations={"All": False, "AdRoll": True})], FACTS)

    refused, clickless, excluded = stored(pipeline)
    assert skips(refused) == {"AdRoll": "consent", "PartnerStack": "missing_click_id"}
    assert skips(clickless) == {"PartnerStack": "missing_click_id"}
    assert skips(excluded) == {"PartnerStack": "integrations"}
    assert "explicit" in refused["skips"][0]["sentence"]


def test_gpc_in_the_header_refuses_sale_and_sharing():
    pipeline = make_pipeline("audiohook", consent_policy="implied")
    facts = type(FACTS)(ip="", user_agent="", gpc=True, origin="")

    accept([incoming(pipeline, context={**VISITOR})], facts)

    (event,) = stored(pipeline)
    assert skips(event) == {"Audiohook": "consent"}


def test_a_changed_configuration_counts_for_the_next_event():
    pipeline = make_pipeline("audiohook")
    destination = pipeline.destinations.get()
    accept([incoming(pipeline)], FACTS)

    disable_destination(BY, destination)
    accept([incoming(pipeline)], FACTS)
    enable_destination(BY, destination)
    accept([incoming(pipeline)], FACTS)

    assert [event["planned"] for event in stored(pipeline)] == [1, 0, 1]
    assert [event["plan_version"] for event in stored(pipeline)] == [2, 3, 4]


def test_an_unnoticed_change_is_not_planned_with():
    """Only the version tells: services must bump it (see configuration_changed)."""
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline)], FACTS)

    pipeline.destinations.update(enabled=False)
    accept([incoming(pipeline)], FACTS)
    configuration_changed(pipeline.id)
    accept([incoming(pipeline)], FACTS)

    assert [event["planned"] for event in stored(pipeline)] == [1, 1, 0]


def test_visitor_facts_fill_web_events_but_never_a_servers():
    web, server = make_pipeline(kind="web"), make_pipeline(kind="server")

    for pipeline in (web, server):
        accept([incoming(pipeline, context={})], FACTS)

    assert stored(web)[0]["payload"]["context"] == {"ip": "198.51.100.9", "userAgent": "curl/8"}
    assert stored(server)[0]["payload"]["context"] == {}


def test_a_bad_event_is_refused_and_spoils_no_other():
    pipeline = make_pipeline()

    acceptance = accept([incoming(pipeline, event=""), incoming(pipeline)], FACTS)

    refused, kept = acceptance.results
    assert isinstance(refused, Refused)
    assert refused.code == "missing_event"
    assert kept == Stored()
    assert len(stored(pipeline)) == 1


def test_an_unknown_or_revoked_key_is_refused_and_nothing_is_stored():
    pipeline = make_pipeline()
    spare = create_write_key(BY, pipeline)
    revoke_write_key(BY, spare)

    for key in ("nobody-knows-me", spare.key):
        with pytest.raises(KeyRefused) as refusal:
            accept([Incoming(key=key, raw={}, size=2, needs_walk=False)], FACTS)
        assert refusal.value.status == 401
    assert stored(pipeline) == []


def test_a_disabled_pipeline_answers_403():
    pipeline = make_pipeline(enabled=False)

    with pytest.raises(KeyRefused) as refusal:
        accept([incoming(pipeline)], FACTS)

    assert (refusal.value.status, refusal.value.code) == (403, "pipeline_disabled")


def test_a_bad_key_in_a_batch_refuses_its_own_events_only():
    pipeline = make_pipeline()
    stranger = Incoming(key="nobody-knows-me", raw={}, size=2, needs_walk=False)

    refused, kept = accept([stranger, incoming(pipeline)], FACTS).results

    assert (refused.code, kept) == ("unknown_write_key", Stored())


def test_a_keys_last_use_is_noted():
    pipeline = make_pipeline()

    accept([incoming(pipeline)], FACTS)

    assert WriteKey.objects.get(key=key_of(pipeline)).last_used_at <= timezone.now()


def test_a_delay_moves_the_first_attempt():
    pipeline = make_pipeline("audiohook")
    pipeline.destinations.update(delay_s=3600)
    configuration_changed(pipeline.id)

    accept([incoming(pipeline)], FACTS)

    waiting = Delivery.objects.get()
    due_at = Event.objects.get().received_at + timedelta(seconds=3600)
    assert waiting.due_at == due_at
    early, late = due_at - timedelta(milliseconds=1), due_at
    assert hold_lanes(TABLES, uuid4(), now=early, lease=LEASE) == {}
    assert list(hold_lanes(TABLES, uuid4(), now=late, lease=LEASE)) == [waiting.lane_id]
    assert claim(TABLES, waiting.lane_id, uuid4(), 9, now=early, lease=LEASE)[0] == []
    assert [row.id for row in claim(TABLES, waiting.lane_id, uuid4(), 9, now=late, lease=LEASE)[0]] == [
        waiting.id
    ]


def test_another_delay_holds_for_later_events_and_moves_none_that_waits():
    pipeline = make_pipeline("audiohook")
    pipeline.destinations.update(delay_s=3600)
    configuration_changed(pipeline.id)
    accept([incoming(pipeline)], FACTS)
    before = Delivery.objects.get().due_at
    destination = pipeline.destinations.get()

    change_destination(BY, destination, replace(wanted_of(destination), delay_s=0))
    accept([incoming(pipeline)], FACTS)

    first, second = Delivery.objects.order_by("-due_at")
    assert first.due_at == before
    assert second.due_at == before - timedelta(seconds=3600)
