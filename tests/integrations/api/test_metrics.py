"""Counts by hour over the API: what came equals what was skipped, ended and waits."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from accounts.models import Organization
from integrations.services.accept import accept
from integrations.services.destinations import disable_destination
from tests.integrations.api.conftest import caller, told
from tests.integrations.pipelines import BY, FACTS, VISITOR, incoming, make_pipeline

pytestmark = pytest.mark.django_db


def test_what_came_is_skipped_ended_or_waits():
    pipeline = make_pipeline("audiohook", "partnerstack")
    accept([incoming(pipeline), incoming(pipeline, context=VISITOR)], FACTS)
    disable_destination(BY, pipeline.destinations.get(name="Audiohook"))

    counts = caller(pipeline.organization).get("metrics/hourly", pipeline=pipeline.id).json()

    (one,) = counts["pipelines"]
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0).isoformat().replace("+00:00", "Z")
    assert one["hours"] == [
        {"hour": hour, "received": 2, "stored": 2, "duplicates": 0, "refused": {}, "planned": 2}
    ]
    outcomes = {"delivered": 0, "rejected": 0, "exhausted": 0, "cancelled": 0}
    ended = {"hour": hour, "planned": 1, **outcomes, "attempts": 0, "retries": 0}
    by_name = {d["name"]: d for d in one["destinations"]}
    assert by_name["Audiohook"]["hours"] == [{**ended, "skipped": {"consent": 1}, "cancelled": 1}]
    assert by_name["PartnerStack"]["hours"] == [{**ended, "skipped": {"consent": 1}}]
    assert (by_name["Audiohook"]["waiting"], by_name["PartnerStack"]["waiting"]) == (0, 1)
    assert by_name["PartnerStack"]["oldest_waiting_at"]


def test_one_destination_is_asked_for():
    pipeline = make_pipeline("audiohook", "partnerstack")
    wanted = pipeline.destinations.get(name="Audiohook")

    counts = caller(pipeline.organization).get("metrics/hourly", destination=wanted.id).json()

    assert [d["name"] for one in counts["pipelines"] for d in one["destinations"]] == ["Audiohook"]


@pytest.mark.parametrize(
    ("query", "parameter", "sentence"),
    [
        (
            {"since": "2026-01-01T00:00:00Z"},
            "since",
            "At most 31 days are counted at once: give a later time.",
        ),
        (
            {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
            "since",
            "Give a time before `until`.",
        ),
        ({"hour": "1"}, "hour", "Unknown. There are: destination, pipeline, since, until."),
        ({"pipeline": "x"}, "pipeline", "Must be a valid UUID."),
    ],
)
def test_a_bad_question_is_refused(query, parameter, sentence):
    answer = caller(Organization.objects.create(name="O", slug="o")).get("metrics/hourly", **query)

    assert answer.status_code == 400
    assert told(answer) == {parameter: sentence}


def test_hours_before_and_after_are_left_out():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline)], FACTS)
    until = datetime.now(UTC) - timedelta(hours=2)

    counts = caller(pipeline.organization).get("metrics/hourly", until=until.isoformat()).json()

    assert counts["pipelines"][0]["hours"] == []


def test_it_costs_the_same_for_many_destinations(django_assert_max_num_queries):
    pipeline = make_pipeline("audiohook", "partnerstack", "adroll")
    admin = caller(pipeline.organization)
    admin.get("metrics/hourly")

    with django_assert_max_num_queries(8):
        assert len(admin.get("metrics/hourly").json()["pipelines"][0]["destinations"]) == 3


def test_anothers_pipeline_is_not_counted():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline)], FACTS)

    admin = caller(Organization.objects.create(name="O", slug="o"))

    assert admin.get("metrics/hourly", pipeline=pipeline.id).json()["pipelines"] == []
    assert admin.get("metrics/hourly", destination=uuid4()).json()["pipelines"] == []
