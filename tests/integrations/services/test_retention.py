"""The end of retention: who keeps less is erased in batches, and deliveries end with a sentence."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import AuditEntry, Organization
from accounts.services.organizations import change_organization
from delivery import ending
from delivery.ids import Ids
from delivery.partitions import make_partitions
from integrations.models import Attempt, Delivery, DeliveryResult, Event
from integrations.services import partitions, retention
from integrations.services.metrics import counted
from integrations.services.partitions import COLD_TABLES, keep_partitions
from integrations.services.retention import end_before_they_go, erase_expired
from tests.integrations.pipelines import BY, make_pipeline

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    settings.RETENTION_DAYS = 30


@pytest.fixture
def pipeline():
    return make_pipeline("audiohook")


def store(pipeline, days_ago, count=1, *, ends=True, ended_days_ago=None):
    """Events of so many days ago, each with an attempt and an ended or an unfinished delivery."""
    at = NOW - timedelta(days=days_ago)
    for table in COLD_TABLES:
        make_partitions(table, [at.date()])
    organization_id, lane_id = pipeline.organization_id, pipeline.destinations.get().id
    ids = Ids(at)
    for _ in range(count):
        event_id, delivery_id, attempt_id = ids.next(), ids.next(), ids.next()
        own = {"organization_id": organization_id, "pipeline_id": pipeline.id}
        Event.objects.create(
            id=event_id,
            **own,
            write_key_id=event_id,
            received_at=at,
            plan_version=1,
            planned=1,
            skips=[],
            payload={},
        )
        Attempt.objects.create(
            id=attempt_id,
            lane_id=lane_id,
            scope_id=organization_id,
            delivery_ids=[delivery_id],
            started_at=at,
            request_headers={},
            response_headers={},
            total_ms=1,
        )
        delivery = {"id": delivery_id, **own, "lane_id": lane_id, "event_id": event_id}
        if ends:
            ended_at = NOW - timedelta(days=days_ago if ended_days_ago is None else ended_days_ago)
            DeliveryResult.objects.create(
                **delivery,
                outcome="delivered",
                attempts=1,
                attempt_ids=[attempt_id],
                ended_at=ended_at,
                part=0,
            )
        else:
            Delivery.objects.create(**delivery, due_at=NOW + timedelta(days=90), attempt_ids=[attempt_id])


def kept(pipeline):
    organization_id = pipeline.organization_id
    return (
        Event.objects.filter(organization_id=organization_id).count(),
        DeliveryResult.objects.filter(organization_id=organization_id).count(),
        Attempt.objects.filter(scope_id=organization_id).count(),
    )


def keep(pipeline, **days):
    return change_organization(BY, pipeline.organization, **days)


# --- Less than the installation ---
def test_an_organization_that_keeps_less_is_erased_of_older_days_and_others_are_not(pipeline):
    other = make_pipeline("audiohook")
    for one in (pipeline, other):
        store(one, 9, 3)
        store(one, 1, 2)
    keep(pipeline, event_days=7)

    erased = erase_expired()

    assert erased == {"events": 3, "results": 3, "cancelled": 0}
    assert kept(pipeline) == (2, 2, 5)
    assert kept(other) == (5, 5, 5)


def test_attempts_may_be_kept_less_long_than_events(pipeline):
    store(pipeline, 9, 2)
    store(pipeline, 1)
    keep(pipeline, attempt_days=3)

    assert erase_expired() == {"attempts": 2}
    assert kept(pipeline) == (3, 3, 1)


def test_an_unfinished_delivery_of_an_erased_event_ends_with_a_sentence_that_stays_and_is_counted(pipeline):
    store(pipeline, 9, ends=False)
    keep(pipeline, event_days=7)

    assert erase_expired() == {"events": 1, "cancelled": 1, "results": 0}
    erase_expired()

    result = DeliveryResult.objects.get(organization_id=pipeline.organization_id)
    assert (result.outcome, Delivery.objects.count()) == ("cancelled", 0)
    assert result.reason == (
        "The organization keeps events for 7 days, and this one's are over: it was erased and can't be sent "
        "any more. Send the event again if it still counts, or keep events longer."
    )
    numbers = counted([pipeline.id], since=NOW - timedelta(days=10), until=NOW + timedelta(hours=1))
    assert [(one.measure.value, one.count) for one in numbers] == [("cancelled", 1)]


def test_it_goes_in_batches_until_its_time_is_over_and_the_next_run_goes_on(pipeline, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    store(pipeline, 9, 5)
    keep(pipeline, event_days=7)
    at = iter([0.0, 1.0, 2.0, *[retention.BUDGET_S] * 9])

    first = erase_expired(clock=lambda: next(at))

    assert first == {"events": 4, "cancelled": 0}
    assert erase_expired() == {"events": 1, "results": 5, "cancelled": 0}


def test_who_has_much_to_erase_keeps_the_others_from_nothing(pipeline, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    other = make_pipeline("audiohook")
    for one in (pipeline, other):
        store(one, 9, 4)
        keep(one, event_days=7)
    at = iter([*range(5), *[retention.BUDGET_S] * 9])

    erase_expired(clock=lambda: next(at))

    assert [Event.objects.filter(pipeline_id=one.id).count() for one in (pipeline, other)] == [2, 2]


def test_a_batch_reads_the_index_and_the_old_days_only(pipeline):
    store(pipeline, 9)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        before = retention.first_id(NOW - timedelta(days=7))
        cursor.execute(f"EXPLAIN {retention.EVENTS}", [pipeline.organization_id, before, 10])
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "organization_id_id_idx" in plan
    assert f"integrations_event_{NOW:%Y%m%d}" not in plan


# --- As the installation ---
def test_a_delivery_ends_the_day_before_its_events_day_is_dropped(pipeline):
    store(pipeline, 30, ends=False)
    store(pipeline, 29, ends=False)

    assert end_before_they_go(NOW)

    (ended,) = DeliveryResult.objects.all()
    assert ended.reason == (
        "The installation keeps events for 30 days, and this one's are over: it can't be sent any more. "
        "Send the event again if it still counts, and look why the delivery waited so long."
    )
    assert Delivery.objects.count() == 1


def test_many_end_in_chunks_and_nothing_is_dropped_before_all_have_ended(pipeline, monkeypatch):
    for module in (ending, retention):
        monkeypatch.setattr(module, "CHUNK", 2)
    store(pipeline, 40, 5, ends=False)
    at = iter([0.0, *[retention.BUDGET_S + 1] * 9])

    assert end_before_they_go(NOW, clock=lambda: next(at)) is False
    assert (DeliveryResult.objects.count(), Delivery.objects.count()) == (2, 3)

    monkeypatch.setattr(partitions, "end_before_they_go", lambda now: False)
    assert keep_partitions(NOW)[1] == []
    assert Delivery.objects.count() == 3

    assert end_before_they_go(NOW) is True
    assert {one.outcome for one in DeliveryResult.objects.all()} == {"cancelled"}
    assert DeliveryResult.objects.count() == 5


def test_with_a_short_retention_none_ends_before_its_day(pipeline, settings):
    settings.RETENTION_DAYS = 2
    store(pipeline, 2, ends=False)

    end_before_they_go(NOW)
    assert Delivery.objects.exists()
    end_before_they_go(NOW + timedelta(days=1))
    assert not Delivery.objects.exists()


def test_keeping_partitions_ends_them_once_the_days_ahead_are_there(monkeypatch):
    done = []
    monkeypatch.setattr(partitions, "make_days", lambda *args, **kwargs: done.append("made") or [])
    monkeypatch.setattr(partitions, "end_before_they_go", lambda now: done.append(now) or True)
    monkeypatch.setattr(partitions, "drop_days", lambda *args, **kwargs: done.append("dropped") or [])

    keep_partitions(NOW)

    assert done == ["made", NOW, "dropped"]


# --- The setting ---
@pytest.mark.parametrize("days", [{"event_days": 31}, {"attempt_days": 31}, {"event_days": 0}])
def test_nothing_is_kept_longer_than_the_installation_keeps_it(pipeline, days):
    with pytest.raises(ValidationError):
        keep(pipeline, **days)

    assert Organization.objects.get(pk=pipeline.organization_id).event_days is None


def test_a_change_is_audited_and_what_is_not_given_stays(pipeline):
    keep(pipeline, event_days=7)
    keep(pipeline, attempt_days=3)
    keep(pipeline, event_days=None)

    found = Organization.objects.get(pk=pipeline.organization_id)
    assert (found.event_days, found.attempt_days) == (None, 3)
    changes = [
        entry.changes for entry in AuditEntry.objects.filter(action="update:organization").order_by("at")
    ]
    assert changes == [{"event_days": [None, 7]}, {"attempt_days": [None, 3]}, {"event_days": [7, None]}]
