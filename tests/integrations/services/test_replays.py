"""Replays: counted first, then sent by today's configuration, a page a transaction, each once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F, Sum
from django.utils import timezone

from accounts.models import AuditEntry, Organization
from integrations.models import (
    ConsentCategory,
    Delivery,
    DeliveryRecord,
    DeliveryResult,
    Destination,
    DestinationLane,
    Event,
    HourlyCount,
    Pipeline,
    Replay,
    ReplayDestination,
)
from integrations.services.accept import accept
from integrations.services.counters import fold_counts
from integrations.services.destinations import (
    disable_destination,
    enable_destination,
    pause_destination,
    remove_destination,
)
from integrations.services.event_page import event_page
from integrations.services.replays import jobs, steps, turns
from integrations.services.replays.jobs import Asked, ask_replay, cancel_replay, start_replay
from integrations.services.replays.progress import progress_of, reasons
from integrations.services.replays.telling import warnings
from integrations.services.replays.turns import run_replays
from integrations.services.snapshots import organization_changed
from tests.integrations.pipelines import BY, FACTS, incoming, make_pipeline
from tests.integrations.stub_vendor import deliver, ends, send, stub_destination, waits

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch):
    """A run of these tests does all that is due, however slow the machine."""
    monkeypatch.setattr(turns, "RUN_S", 60)


@pytest.fixture
def down(vendor):
    """A vendor that refuses until it is put right: `down.answer = ok`."""
    return vendor(lambda asked: (400, {"error": "not today"}))


def ok(asked):
    return 200, {}


@pytest.fixture
def refused(down):
    """A destination that refused three events, and whose vendor takes everything now."""
    destination = stub_destination(batch={"max_count": 1})
    send(destination, "a", "b", "c")
    deliver()
    assert [outcome for outcome, _, _ in ends(destination)] == ["rejected"] * 3
    down.answer = ok
    down.asked.clear()
    return destination


def asked(destination, **values):
    organization = destination.pipeline.organization
    values = {"since": timezone.now() - HOUR} | values
    return Asked(organization=organization, destinations=[destination], **values)


def counted(destination, **values):
    """A replay whose dry run is over."""
    replay = ask_replay(BY, asked(destination, **values))
    run_replays()
    replay.refresh_from_db()
    assert replay.state == "ready"
    return replay


def run(destination, **values):
    """A replay that has queued all it wants to."""
    replay = start_replay(BY, counted(destination, **values))
    run_replays()
    replay.refresh_from_db()
    return replay


def rested(replay):
    """As if the rest between two steps were over."""
    replay.shares.update(due_at=timezone.now() - HOUR)


def share_of(replay):
    (share,) = progress_of(replay).shares
    return share


def left(replay):
    return {one["reason"]: (one["count"], one["sentence"]) for one in reasons(share_of(replay))}


def names(stub):
    return sorted(name for one in stub.asked for name in one.names)


# --- Dry run ---
def test_a_dry_run_counts_and_queues_nothing(refused):
    replay = counted(refused)

    expected = share_of(replay).expected
    assert expected.sends == {"rejected": 3}
    assert len(expected.samples) == 3
    assert not Delivery.objects.exists()
    assert replay.started_at is None


def test_a_dry_run_counts_each_outcome(refused, down):
    disable_destination(BY, refused)
    enable_destination(BY, refused)
    send(refused, "d")
    disable_destination(BY, refused)
    enable_destination(BY, refused)

    assert share_of(counted(refused)).expected.sends == {"rejected": 3, "cancelled": 1}
    assert share_of(counted(refused, outcomes=["cancelled"])).expected.sends == {"cancelled": 1}
    assert share_of(counted(refused, outcomes=["exhausted"])).expected.sends == {}


def test_only_events_of_the_asked_time_type_and_name_are_counted(refused):
    later = timezone.now()
    send(refused, "d")

    assert share_of(counted(refused, event_name="b")).expected.to_send == 1
    assert share_of(counted(refused, event_type="page")).expected.to_send == 0
    event_at = Event.objects.filter(pipeline_id=refused.pipeline_id).first().received_at
    assert share_of(counted(refused, until=event_at)).expected.to_send == 0
    assert share_of(counted(refused, since=later - HOUR, until=later)).expected.to_send == 3


# --- Sending ---
def test_what_failed_is_sent_again_and_the_delivery_says_by_which_replay(refused, down):
    replay = run(refused)
    deliver()

    assert names(down) == ["a", "b", "c"]
    assert replay.state == "done"
    share = share_of(replay)
    assert (share.tally.to_send, share.delivered, share.failed, share.waiting) == (3, 3, 0, 0)
    again = DeliveryResult.objects.filter(replay_id=replay.id)
    assert {one.outcome for one in again} == {"delivered"}
    assert {one.replay_id for one in DeliveryRecord.objects.filter(outcome="rejected")} == {None}


def test_the_counters_reconcile_with_a_replay(refused, down):
    run(refused)
    deliver()
    send(refused, "d")
    fold_counts()

    rows = HourlyCount.objects.filter(destination_id=refused.id)
    numbers = dict(rows.values("measure").annotate(sum=Sum("count")).values_list("measure", "sum"))
    assert numbers["planned"] == 7
    assert (numbers["rejected"], numbers["delivered"], Delivery.objects.count()) == (3, 3, 1)


def test_what_has_arrived_is_left_alone_by_the_next_replay_unless_it_is_asked_for(refused, down):
    run(refused)
    deliver()

    again = run(refused)
    assert left(again).keys() == {"arrived"}
    assert not Delivery.objects.exists()

    assert run(refused, include_delivered=True).state == "done"
    assert Delivery.objects.count() == 3


def test_what_still_waits_is_not_doubled(refused):
    run(refused)

    second = run(refused)

    assert Delivery.objects.count() == 3
    assert left(second).keys() == {"waiting"}


def test_a_replay_that_failed_again_can_be_replayed(refused, down):
    down.answer = lambda asked: (400, {})
    run(refused)
    deliver()

    replay = counted(refused)

    assert share_of(replay).expected.sends == {"rejected": 3}


def test_consent_is_asked_again_by_todays_policy(refused, down):
    organization = refused.pipeline.organization
    ConsentCategory.objects.filter(organization=organization).update(code="never-granted")
    organization_changed(organization.id)

    replay = run(refused)
    deliver()

    assert down.asked == []
    ((count, sentence),) = left(replay).values()
    assert left(replay).keys() == {"consent"}
    assert count == 3
    assert sentence.startswith("No consent signal for")


def test_a_disabled_destination_gets_nothing_and_the_reason_is_told(refused, down):
    disable_destination(BY, refused)

    replay = counted(refused)

    assert left(replay)["destination_off"][0] == 3
    (sentence,) = warnings(replay)  # what a vendor would count twice is no matter where nothing is sent
    assert "is disabled" in sentence


def test_events_whose_retention_ended_are_counted_and_told(refused):
    Event.objects.filter(name="b").delete()

    replay = run(refused)

    count, sentence = left(replay)["not_stored"]
    assert count == 1
    assert "Only the sender can send it again" in sentence
    assert Delivery.objects.count() == 2


def test_what_a_destination_was_never_sent_is_sent_when_it_is_asked_for(refused, down):
    later = stub_destination(pipeline=refused.pipeline, name="Later", batch={"max_count": 1})

    assert share_of(counted(later)).expected.found == 0
    run(later, include_never_sent=True)
    deliver()

    assert names(down) == ["a", "b", "c"]
    assert [outcome for outcome, _, _ in ends(later)] == ["delivered"] * 3


def test_a_replay_of_never_sent_ones_sends_the_failed_ones_too_and_leaves_delivered_ones(refused, down):
    send(refused, "d")
    deliver()
    down.asked.clear()

    run(refused, include_never_sent=True)
    deliver()

    assert names(down) == ["a", "b", "c"]


def test_selected_deliveries_are_counted_at_once(refused):
    chosen = DeliveryResult.objects.filter(lane_id=refused.id).order_by("id")[:2]

    replay = ask_replay(BY, asked(refused, deliveries=[one.id for one in chosen]))

    assert replay.state == "ready"
    assert share_of(replay).expected.sends == {"rejected": 2}


def test_a_selected_delivery_that_was_delivered_is_left_alone_unless_asked(refused, down):
    run(refused)
    deliver()
    chosen = [one.id for one in DeliveryResult.objects.filter(lane_id=refused.id)]

    kept = ask_replay(BY, asked(refused, deliveries=chosen))
    asked_for = ask_replay(BY, asked(refused, deliveries=chosen, include_delivered=True))

    assert (share_of(kept).expected.to_send, left(kept)["arrived"][0]) == (0, 3)
    assert share_of(asked_for).expected.sends == {"delivered": 3}  # two deliveries of each, one event


def test_a_selected_delivery_that_still_waits_is_told(refused):
    send(refused, "d")
    (waiting,) = waits(refused)

    replay = ask_replay(BY, asked(refused, deliveries=[waiting.id]))

    assert left(replay).keys() == {"waiting"}


def test_selected_events_go_where_they_failed(refused, down):
    run_later = stub_destination(pipeline=refused.pipeline, name="Later")
    chosen = [one.id for one in Event.objects.filter(name="a")]
    whole = Asked(organization=refused.pipeline.organization, events=chosen)

    replay = ask_replay(BY, whole)

    shares = {share.name.split(" (")[0]: share.expected.to_send for share in progress_of(replay).shares}
    assert shares == {"Stub": 1, "Later": 0}
    assert not waits(run_later)


def test_selected_events_that_were_never_sent_are_told_and_what_to_ask_for(refused):
    later = stub_destination(pipeline=refused.pipeline, name="Later", batch={"max_count": 1})
    chosen = [one.id for one in Event.objects.filter(name="a")]

    replay = ask_replay(BY, asked(later, events=chosen))
    asked_for = ask_replay(BY, asked(later, events=chosen, include_never_sent=True))

    ((count, sentence),) = left(replay).values()
    assert (count, left(replay).keys()) == (1, {"never_sent"})
    assert sentence.endswith("To send it now, ask for never sent ones too.")
    assert share_of(asked_for).expected.sends == {"never_sent": 1}


def test_selected_deliveries_that_ended_otherwise_are_told_and_what_to_ask_for(refused):
    chosen = list(DeliveryResult.objects.values_list("id", flat=True))

    replay = ask_replay(BY, asked(refused, deliveries=chosen, outcomes=["exhausted"]))

    ((count, sentence),) = left(replay).values()
    assert (count, left(replay).keys()) == (3, {"other_outcome"})
    assert sentence.endswith("To send it again, ask for rejected ones too.")


def test_each_part_of_an_event_is_replayed_for_itself(down):
    down.answer = lambda asked: (400, {}) if '"p1"' in asked.body else (200, {})
    parts = [
        {"part": "order", "fields": {"n": "$event"}},
        {"part": "product", "each": "products", "fields": {"n": ".id", "part": "$part"}},
    ]
    destination = stub_destination(envelope="object", batch={"max_count": 1}, parts=parts)
    products = {"products": [{"id": "p1"}, {"id": "p2"}]}
    accept([incoming(destination.pipeline, event="Order", properties=products)], FACTS)
    deliver()
    down.answer = ok

    run(destination)

    (again,) = waits(destination)
    assert again.part == 1


def test_a_removed_destination_is_told(refused):
    replay = counted(refused)
    remove_destination(BY, Destination.objects.get(id=refused.id))

    start_replay(BY, replay)
    run_replays()

    replay.refresh_from_db()
    assert (replay.state, left(replay).keys()) == ("done", {"destination_gone"})
    assert not Delivery.objects.exists()


def test_a_replay_that_starts_itself_needs_nobody(refused):
    replay = ask_replay(BY, asked(refused, starts_itself=True))
    run_replays()

    replay.refresh_from_db()
    assert (replay.state, replay.started_by) == ("done", BY.label)
    assert Delivery.objects.count() == 3


# --- Pages ---
@pytest.fixture
def small_pages(monkeypatch):
    """Two at a time, whatever waits, and at once."""
    monkeypatch.setattr(steps, "LOOK", timedelta(0))
    monkeypatch.setattr(steps, "next_page", lambda page, backlog: (2, 2))
    monkeypatch.setattr(steps, "COUNTED_PAGE", 2)


def test_a_page_grows_while_its_lane_sends_all_of_it_between_two_looks(refused):
    send(refused, *(f"event {number}" for number in range(697)))
    disable_destination(BY, refused)
    enable_destination(BY, refused)
    replay, queued = start_replay(BY, counted(refused)), []
    for _ in range(3):
        rested(replay)
        run_replays()
        queued.append(Delivery.objects.count())
        Delivery.objects.all().delete()  # as if all of it were sent

    assert queued == [200, 400, 100]
    replay.refresh_from_db()
    assert replay.state == "done"


def test_a_host_whose_clock_is_ahead_replays_nothing_twice(refused, down, small_pages, monkeypatch):
    down.answer = lambda asked: (400, {"error": "still not"})
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(minutes=1))
    replay = start_replay(BY, counted(refused))
    monkeypatch.setattr(timezone, "now", now)

    for _ in range(5):
        turns.take_turn()
        deliver()

    assert len(down.asked) == 3
    assert (share_of(replay).tally.to_send, share_of(replay).failed) == (3, 3)


def test_many_pages_count_and_queue_each_once(refused, small_pages):
    send(refused, *"defgh")
    disable_destination(BY, refused)
    enable_destination(BY, refused)

    replay = run(refused)

    assert share_of(replay).expected.to_send == 8
    assert Delivery.objects.values("event_id").distinct().count() == Delivery.objects.count() == 8


def test_a_page_that_breaks_in_the_middle_leaves_nothing_and_is_taken_again(
    refused, small_pages, monkeypatch
):
    replay = start_replay(BY, counted(refused))
    real, broken = steps.copy_rows, []

    def copy_and_break(*arguments):
        real(*arguments)
        if not broken:
            broken.append(Delivery.objects.count())
            raise ValueError("killed in the middle")

    monkeypatch.setattr(steps, "copy_rows", copy_and_break)

    turns.take_turn()
    assert (broken, Delivery.objects.count(), share_of(replay).tally.found) == ([2], 0, 0)
    assert replay.shares.get().failures == 1

    rested(replay)
    run_replays()
    replay.refresh_from_db()
    assert (replay.state, replay.shares.get().failures, Delivery.objects.count()) == ("done", 0, 3)


def test_a_replay_waits_while_its_destination_has_much_to_send(refused, monkeypatch):
    replay = start_replay(BY, counted(refused))
    monkeypatch.setattr(steps, "_backlog", lambda destination_id, most: most)

    run_replays()
    assert not Delivery.objects.exists()

    monkeypatch.undo()
    rested(replay)
    run_replays()
    replay.refresh_from_db()
    assert (replay.state, Delivery.objects.count()) == ("done", 3)


def test_a_replay_that_waits_for_a_busy_lane_says_so_after_a_while(refused, monkeypatch):
    replay = start_replay(BY, counted(refused))
    monkeypatch.setattr(steps, "_backlog", lambda destination_id, most: most)
    run_replays()
    assert not any("has had other deliveries" in sentence for sentence in warnings(replay))

    replay.shares.update(waits_since=F("waits_since") - timedelta(minutes=1))
    assert any("has had other deliveries to send since" in sentence for sentence in warnings(replay))

    monkeypatch.undo()
    rested(replay)
    run_replays()
    assert replay.shares.get().waits_since is None


def test_a_paused_destination_is_told_before_the_start(refused):
    pause_destination(BY, refused, "Token expired.")

    (sentence, *_) = warnings(counted(refused))

    assert sentence.endswith("is paused: its deliveries wait, and the replay with them, until it is resumed.")


def test_a_destination_that_gets_nothing_is_not_told_to_wait(refused):
    pause_destination(BY, refused, "Token expired.")

    assert warnings(counted(refused, outcomes=("cancelled",))) == []


def test_a_destination_that_is_paused_after_all_was_queued_is_told_while_its_deliveries_wait(refused):
    replay = run(refused)
    assert (replay.state, warnings(replay)) == ("done", [])

    pause_destination(BY, refused, "Token expired.")
    (sentence,) = warnings(replay)
    assert "is paused: its deliveries wait" in sentence

    cancel_replay(BY, replay, cancel_waiting=True)
    replay.refresh_from_db()
    assert warnings(replay) == []


def test_a_breaker_that_only_observes_makes_nobody_wait_and_is_not_told(refused):
    lanes = DestinationLane.objects.filter(destination=refused)
    replay = counted(refused)

    lanes.update(breaker_state="open", breaker_open_until=None)
    assert not any("breaker" in sentence for sentence in warnings(replay))

    lanes.update(breaker_open_until=timezone.now())
    assert any("its breaker is open" in sentence for sentence in warnings(replay))


def test_selected_deliveries_of_another_pipeline_than_the_named_one_are_left_alone(refused):
    own = refused.pipeline
    other = Pipeline.objects.create(
        organization=own.organization, cluster=own.cluster, name="Other", kind="server"
    )
    selected = list(DeliveryResult.objects.values_list("id", flat=True))

    with pytest.raises(ValidationError, match="no destination to replay to"):
        ask_replay(BY, Asked(organization=own.organization, pipeline=other, deliveries=selected))

    ask_replay(BY, Asked(organization=own.organization, pipeline=own, deliveries=selected))
    assert Replay.objects.count() == 1


# --- Cancelling ---
def test_a_cancelled_replay_queues_no_more_and_what_is_queued_stays(refused, small_pages):
    replay = start_replay(BY, counted(refused))
    turns.take_turn()

    cancel_replay(BY, replay)
    run_replays()

    replay.refresh_from_db()
    assert (replay.state, replay.reason) == ("cancelled", f"Cancelled by {BY.label}.")
    assert Delivery.objects.count() == 2


def test_a_cancelled_replay_takes_what_waits_with_it_when_asked(refused, small_pages):
    replay = start_replay(BY, counted(refused))
    turns.take_turn()
    send(refused, "fresh")

    cancel_replay(BY, replay, cancel_waiting=True)

    (fresh,) = waits(refused)
    assert fresh.replay_id is None
    share = share_of(replay)
    assert (share.cancelled, share.waiting) == (2, 0)


def test_of_many_that_wait_the_first_are_cancelled_now_and_the_rest_by_the_workers(refused, monkeypatch):
    for module in (jobs, turns):
        monkeypatch.setattr(module, "CHUNK", 2)
    replay = run(refused)

    cancel_replay(BY, replay, cancel_waiting=True)
    assert (share_of(replay).cancelled, share_of(replay).waiting) == (2, 1)

    run_replays()
    assert (share_of(replay).cancelled, share_of(replay).waiting) == (3, 0)
    replay.refresh_from_db()
    assert replay.cancels_waiting is False
    reasons = set(DeliveryResult.objects.filter(replay_id=replay.id).values_list("reason", flat=True))
    assert reasons == {f"Cancelled by {BY.label}."}


def test_what_is_over_cannot_be_cancelled_or_started(refused):
    replay = run(refused)
    deliver()

    with pytest.raises(ValidationError, match="is over"):
        cancel_replay(BY, replay, cancel_waiting=True)
    with pytest.raises(ValidationError, match="this one is done"):
        start_replay(BY, replay)


# --- Asking ---
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"since": None}, "Say from when"),
        ({"since": datetime(2999, 1, 1, tzinfo=UTC)}, "Give a time in the past"),
        ({"outcomes": []}, "Choose at least one outcome"),
        ({"event_type": "purchase"}, "Give one of: track"),
        ({"deliveries": [Replay().id]}, "1 of them can't be found here"),
    ],
)
def test_a_replay_that_makes_no_sense_is_refused(refused, values, sentence):
    with pytest.raises(ValidationError, match=sentence):
        ask_replay(BY, asked(refused, **values))
    assert not Replay.objects.exists()


def test_nothing_of_another_organization_can_be_replayed(refused):
    others = make_pipeline().organization
    since = timezone.now() - HOUR
    delivery = DeliveryResult.objects.first()
    event = Event.objects.first()

    for values in (
        {"destinations": [refused], "since": since},
        {"pipeline": refused.pipeline, "since": since},
        {"deliveries": [delivery.id]},
        {"events": [event.id]},
    ):
        with pytest.raises(ValidationError):
            ask_replay(BY, Asked(organization=others, **values))
    assert not Replay.objects.exists()


def test_asking_starting_and_cancelling_are_audited(refused):
    replay = start_replay(BY, counted(refused))
    cancel_replay(BY, replay)

    entries = AuditEntry.objects.filter(target_id=str(replay.id)).order_by("id")
    assert [one.action for one in entries] == ["create:replay", "start:replay", "cancel:replay"]


# --- Progress ---
def ends_told(replay):
    share = share_of(replay)
    return share.delivered, share.failed, share.cancelled, share.waiting


def test_what_ended_is_counted_as_it_ends_and_stays_when_results_go(refused, down, small_pages):
    down.answer = lambda asked: (200, {}) if '"a"' in asked.body else (400, {})
    replay = start_replay(BY, counted(refused))
    turns.take_turn()
    deliver()
    turns.take_turn()
    cancel_replay(BY, replay, cancel_waiting=True)
    assert ends_told(replay) == (1, 1, 1, 0)

    turns.fold()
    assert ends_told(replay) == (1, 1, 1, 0)

    DeliveryResult.objects.all().delete()
    assert ends_told(replay) == (1, 1, 1, 0)
    assert replay.shares.get().failed == 1


def test_a_look_at_a_replays_progress_reads_no_results(refused, django_assert_num_queries):
    replay = run(refused)
    deliver()

    with django_assert_num_queries(3) as asked:
        assert ends_told(replay) == (3, 0, 0, 0)
    assert not any("deliveryresult" in query["sql"] for query in asked.captured_queries)


# --- Retention ---
def test_replays_are_kept_as_long_as_their_organization_keeps_events(refused, settings):
    done, moving, other = run(refused), counted(refused), ask_replay(BY, asked(refused))
    Organization.objects.update(event_days=7)
    start_replay(BY, moving)
    now = timezone.now()

    jobs.forget_replays(now=now + timedelta(days=6))
    assert Replay.objects.count() == 3

    jobs.forget_replays(now=now + timedelta(days=8))
    assert set(Replay.objects.all()) == {moving, other}  # running and counting
    assert not ReplayDestination.objects.filter(replay_id=done.id).exists()


def test_replays_of_who_keeps_all_go_with_the_installations_events(refused, settings):
    run(refused)

    jobs.forget_replays(now=timezone.now() + timedelta(days=settings.RETENTION_DAYS - 1))
    assert Replay.objects.exists()
    jobs.forget_replays(now=timezone.now() + timedelta(days=settings.RETENTION_DAYS + 1))
    assert not Replay.objects.exists()


# --- Story ---
def test_the_event_page_says_which_replay_and_who(refused, down):
    run(refused)
    deliver()
    event = Event.objects.get(name="a")

    page = event_page(event, now=timezone.now(), shows_personal_data=True)

    now, before = page.stories
    assert (now.state, now.is_past) == ("delivered", False)
    assert now.replay.endswith(f"which {BY.label} asked for.")
    assert (before.state, before.is_past, before.replay) == ("rejected", True, "")
    assert page.headline == "1 of 1 destination got it."
    assert page.unrecorded == ""
