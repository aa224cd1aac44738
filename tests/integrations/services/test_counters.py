"""Counters: every transaction appends what it did, folding loses and doubles nothing, and sums reconcile."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from delivery.core.outcome import Outcome
from delivery.ending import cancel_waiting
from delivery.ids import new_id
from integrations.core.counts import Counts, Measure, hour_of
from integrations.core.facts import Incoming, KeyRefused
from integrations.models import Delivery, HourlyCount, WriteKey
from integrations.services import accept as accepting
from integrations.services import counters
from integrations.services.accept import accept
from integrations.services.counters import count_refused, drop_old_counts, fold_counts, write_counts
from integrations.services.decisions import cancel
from integrations.services.lanes import TABLES
from integrations.services.metrics import counted
from tests.integrations.pipelines import FACTS, VISITOR, incoming, key_of, make_pipeline
from tests.integrations.stub_vendor import deliver, stub_destination

HOUR = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _alone(settings, db):
    """The deltas have no model, so the flush after tests with transactions of their own leaves them."""
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM integrations_countdelta")


def sums(pipeline_id):
    """All numbers of a pipeline, as they are read, by measure and reason."""
    found = Counter()
    for one in counted(
        [pipeline_id], since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime.max.replace(tzinfo=UTC)
    ):
        found[one.measure.value, one.reason] += one.count
    return dict(found)


def append(pipeline_id, number=1):
    counts = Counts()
    counts.add(HOUR, pipeline_id, pipeline_id, None, Measure.STORED, number=number)
    write_counts(counts)


def deltas():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM integrations_countdelta")
        return cursor.fetchone()[0]


# --- What is counted ---
@pytest.mark.django_db
def test_what_came_was_stored_or_seen_before_or_refused_and_what_was_planned_is_counted():
    pipeline = make_pipeline("audiohook", "partnerstack")
    events = [
        incoming(pipeline, messageId="m-1"),
        incoming(pipeline, messageId="m-1"),
        incoming(pipeline, context=VISITOR),
        incoming(pipeline, type="nonsense"),
    ]

    accept(events, FACTS)

    assert sums(pipeline.id) == {
        ("stored", ""): 2,
        ("duplicate", ""): 1,
        ("refused", "unknown_type"): 1,
        ("planned", ""): 2,
        ("skipped", "consent"): 2,
    }


@pytest.mark.django_db
def test_a_commit_appends_one_row_for_each_thing_it_counts_however_many_events_it_has():
    pipeline = make_pipeline("audiohook", "partnerstack")

    accept([incoming(pipeline) for _ in range(50)], FACTS)

    assert deltas() == 3


@pytest.mark.django_db
def test_what_comes_under_a_revoked_key_is_counted_for_its_pipeline_and_under_an_unknown_one_for_none():
    pipeline = make_pipeline()
    WriteKey.objects.update(revoked_at=datetime.now(UTC))
    stranger = Incoming(key="nobody-knows-me", raw={}, size=2, needs_walk=False)

    for one in (incoming(pipeline), stranger):
        with pytest.raises(KeyRefused):
            accept([one], FACTS)

    fold_counts()
    found = HourlyCount.objects.values_list("pipeline_id", "measure", "reason", "count")
    assert set(found) == {
        (pipeline.id, "refused", "unknown_write_key", 1),
        (None, "refused", "unknown_write_key", 1),
    }


@pytest.mark.django_db
def test_what_is_refused_before_storage_is_counted_under_its_key():
    pipeline = make_pipeline()

    count_refused(key_of(pipeline), {"event_too_large": 2, "invalid_json": 1})

    assert sums(pipeline.id) == {("refused", "event_too_large"): 2, ("refused", "invalid_json"): 1}


@pytest.mark.django_db
def test_what_has_no_key_is_written_once_a_second_and_all_of_it(monkeypatch, django_assert_num_queries):
    clock = iter([5.0, 5.5, 6.1])
    monkeypatch.setattr(counters, "_keyless", counters.Keyless(lambda: next(clock)))

    with django_assert_num_queries(2):
        for _ in range(3):
            count_refused("", {"missing_write_key": 1})

    fold_counts()
    assert HourlyCount.objects.values_list("pipeline_id", "reason", "count").get() == (
        None,
        "missing_write_key",
        3,
    )


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_counts_nothing_and_the_one_that_repeats_it_once(monkeypatch):
    pipeline = make_pipeline()
    failing = iter([True])
    write = accepting.EventRows.write

    def fail_once(rows):
        write(rows)
        if next(failing, False):
            raise DatabaseError

    monkeypatch.setattr(accepting.EventRows, "write", fail_once)
    with pytest.raises(DatabaseError):
        accept([incoming(pipeline)], FACTS)
    assert sums(pipeline.id) == {}

    accept([incoming(pipeline)], FACTS)
    assert sums(pipeline.id) == {("stored", ""): 1}


@pytest.mark.django_db
def test_deliveries_requests_and_retries_are_counted_by_the_worker(vendor):
    answers = iter([500])
    vendor(lambda asked: (next(answers, 200), {}))
    destination = stub_destination(batch={"max_count": 1})
    accept([incoming(destination.pipeline, event="Order")], FACTS)

    deliver()
    deliver()

    found = sums(destination.pipeline_id)
    assert found == {
        ("stored", ""): 1,
        ("planned", ""): 1,
        ("delivered", ""): 1,
        ("attempts", ""): 2,
        ("retries", ""): 1,
    }


@pytest.mark.django_db
def test_what_ends_without_a_worker_is_counted_in_the_hour_of_its_event():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline) for _ in range(3)], FACTS)
    ids = list(Delivery.objects.values_list("id", flat=True))
    this_hour = hour_of(datetime.now(UTC))
    earlier = this_hour - timedelta(hours=20)
    Delivery.objects.filter(id=ids[0]).update(id=new_id(earlier + timedelta(minutes=59)))
    Delivery.objects.filter(id=ids[1]).update(held_at=datetime.now(UTC))

    cancel(ids[1], "jo@acme.example")
    assert cancel_waiting(TABLES, pipeline.destinations.get().id, reason="It was disabled.") == 2

    ended = [
        (one.hour, one.measure, one.count)
        for one in counted([pipeline.id], since=earlier, until=this_hour + timedelta(hours=1))
        if one.measure.value in set(Outcome)
    ]
    assert ended == [(earlier, Measure.CANCELLED, 1), (this_hour, Measure.CANCELLED, 2)]


# --- Folding ---
@pytest.mark.django_db
def test_folding_moves_every_delta_once_and_reads_are_the_same_before_between_and_after():
    pipeline_id = uuid4()
    append(pipeline_id, 2)
    append(pipeline_id, 3)
    before = sums(pipeline_id)

    assert fold_counts() == 2
    between = sums(pipeline_id)
    append(pipeline_id, 5)
    later = sums(pipeline_id)
    assert (fold_counts(), fold_counts(), deltas()) == (1, 0, 0)

    assert before == between == {("stored", ""): 5}
    assert later == sums(pipeline_id) == {("stored", ""): 10}
    assert HourlyCount.objects.get().count == 10


@pytest.mark.django_db
def test_a_fold_that_breaks_off_leaves_the_deltas():
    append(uuid4())

    with pytest.raises(RuntimeError), transaction.atomic():
        fold_counts()
        raise RuntimeError

    assert (deltas(), HourlyCount.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_two_folders_and_many_writers_at_once_lose_and_double_nothing(monkeypatch):
    monkeypatch.setattr("integrations.services.counters.FOLD_MOST", 7)
    pipelines = [uuid4() for _ in range(5)]
    seen = []

    def write():
        for number in range(60):
            append(pipelines[number % 5])
        connection.close()

    def fold():
        for _ in range(40):
            seen.append(fold_counts())
        connection.close()

    threads = [Thread(target=work) for work in (write, write, write, fold, fold)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(seen) + fold_counts() == 180
    assert [sums(one) for one in pipelines] == [{("stored", ""): 36}] * 5
    assert sorted(HourlyCount.objects.values_list("count", flat=True)) == [36] * 5


@pytest.mark.django_db
def test_counts_are_kept_longer_than_events_and_not_for_ever(settings):
    settings.COUNTER_RETENTION_DAYS = 400
    append(uuid4())
    fold_counts()

    assert drop_old_counts(now=HOUR + timedelta(days=400)) == 0
    assert drop_old_counts(now=HOUR + timedelta(days=400, seconds=1)) == 1
