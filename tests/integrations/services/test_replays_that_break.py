"""A replay that breaks costs only itself: it rests, tells so, is given up at last and can go on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import Delivery, Destination, ReplayDestination
from integrations.services.destinations import disable_destination, enable_destination
from integrations.services.replays import steps, turns
from integrations.services.replays.jobs import Asked, ask_replay, start_replay
from integrations.services.replays.telling import warnings
from integrations.services.replays.turns import run_replays
from tests.integrations.pipelines import BY
from tests.integrations.stub_vendor import send, stub_destination

pytestmark = pytest.mark.django_db
SINCE = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch, settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    monkeypatch.setattr(turns, "RUN_S", 60)


def cancelled(**values):
    """A destination with three cancelled deliveries."""
    destination = stub_destination(**values)
    send(destination, "a", "b", "c")
    disable_destination(BY, destination)
    enable_destination(BY, destination)
    return destination


def counted(*destinations):
    """A replay that has counted and is not started."""
    organization = destinations[0].pipeline.organization
    since = timezone.now() - SINCE
    replay = ask_replay(BY, Asked(organization=organization, destinations=destinations, since=since))
    run_replays()
    return replay


def running(*destinations):
    """A replay that has counted and queues nothing yet."""
    return start_replay(BY, counted(*destinations))


def breaks(monkeypatch, destination, how):
    """Every step of this destination breaks, until the answer is called."""
    real = steps.judge

    def judge(replay, candidates, page):
        if candidates.destination_id == destination.id:
            how()
        return real(replay, candidates, page)

    monkeypatch.setattr(steps, "judge", judge)
    return lambda: monkeypatch.setattr(steps, "judge", real)


def time_out():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1")
        cursor.execute("SELECT pg_sleep(1)")


def no_number():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'ada@example.com'::int")


def unforeseen():
    raise ValueError("ada@example.com")


def too_long():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(20)")


def replay_destination(replay):
    return Destination.objects.get(id=replay.shares.get().destination_id)


def state(replay):
    replay.refresh_from_db()
    return replay.state


def rested():
    ReplayDestination.objects.update(due_at=timezone.now() - SINCE)


@pytest.mark.parametrize("how", [time_out, no_number, unforeseen])
def test_a_replay_that_breaks_costs_only_itself(monkeypatch, how):
    broken, sound = cancelled(), cancelled()
    first, second = [start_replay(BY, one) for one in [counted(broken), counted(sound)]]
    breaks(monkeypatch, broken, how)

    run_replays()

    assert (state(first), state(second)) == ("running", "done")
    assert {row.replay_id for row in Delivery.objects.all()} == {second.id}


def test_a_step_that_would_take_for_ever_is_broken_off(monkeypatch):
    monkeypatch.setattr(turns, "LONGEST", "200ms")
    slow = cancelled()
    replay = running(slow)
    breaks(monkeypatch, slow, too_long)

    run_replays()

    assert "SQLSTATE 57014" in replay.shares.get().trouble


class Killed(BaseException):
    """As SIGKILL: nothing more is done."""


def kill():
    raise Killed


def test_a_step_that_kills_its_workers_is_found_and_the_others_go_on(monkeypatch):
    deadly, sound = cancelled(), cancelled()
    first, second = [start_replay(BY, one) for one in [counted(deadly), counted(sound)]]
    breaks(monkeypatch, deadly, kill)

    for _ in range(turns.MOST_FAILURES):
        with pytest.raises(Killed):
            run_replays()
        run_replays()  # what is due besides
        assert state(second) == "done"
        rested()
        turns.take_turn()  # finds it begun
        rested()

    assert state(first) == "failed"
    assert "The last one: A worker stopped in the middle of a step." in first.reason
    assert not Delivery.objects.filter(replay_id=first.id).exists()


def test_a_killed_worker_costs_a_replay_no_more_than_a_rest(monkeypatch):
    replay = running(cancelled())
    mend = breaks(monkeypatch, replay_destination(replay), kill)
    with pytest.raises(Killed):
        run_replays()

    mend()
    for _ in range(2):
        rested()
        run_replays()

    assert (state(replay), replay.shares.get().failures, Delivery.objects.count()) == ("done", 0, 3)


def test_a_destination_that_breaks_costs_the_others_of_its_replay_nothing(monkeypatch):
    broken = cancelled()
    sound = cancelled(pipeline=broken.pipeline, name="Sound")
    replay = running(broken, sound)
    mend = breaks(monkeypatch, broken, time_out)
    for _ in range(turns.MOST_FAILURES):
        rested()
        run_replays()
    queued = Delivery.objects.filter(replay_id=replay.id)
    assert set(queued.values_list("lane_id", flat=True)) == {sound.id}
    assert state(replay) == "failed"

    mend()
    start_replay(BY, replay)
    run_replays()
    assert (state(replay), replay.reason) == ("done", "")
    assert queued.filter(lane_id=broken.id).exists()


def test_what_was_given_up_is_not_tried_again_while_the_others_go_on(monkeypatch):
    broken = cancelled()
    busy = cancelled(pipeline=broken.pipeline, name="Busy")
    replay, tries = running(broken, busy), []
    monkeypatch.setattr(steps, "_backlog", lambda id_, most: most if id_ == busy.id else 0)

    def breaks_counted():
        tries.append(1)
        unforeseen()

    breaks(monkeypatch, broken, breaks_counted)
    for _ in range(turns.MOST_FAILURES + 2):
        rested()
        run_replays()

    assert (state(replay), len(tries)) == ("running", turns.MOST_FAILURES)
    assert any(f"{broken.name}" in one and "was given up: A step met" in one for one in warnings(replay))


def test_it_rests_longer_each_time_and_says_when_it_goes_on(monkeypatch):
    destination = cancelled()
    replay, waited = running(destination), []
    breaks(monkeypatch, destination, time_out)
    for _ in range(3):
        rested()
        before = timezone.now()
        run_replays()
        waited.append(round((replay.shares.get().due_at - before).total_seconds() / 5))
    assert waited == [1, 4, 16]

    (sentence, *_) = warnings(replay)
    assert "PostgreSQL broke a step off (SQLSTATE 57014). It is tried again at 20" in sentence


def test_what_the_error_quotes_is_not_shown(monkeypatch):
    for how in (no_number, unforeseen):
        destination = cancelled()
        replay = running(destination)
        breaks(monkeypatch, destination, how)
        run_replays()

        assert not any("ada@example.com" in sentence for sentence in warnings(replay))


def test_one_that_is_given_up_says_why_and_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr(steps, "next_page", lambda page, backlog: (2, 2))
    destination = cancelled()
    replay = running(destination)
    turns.take_turn()  # two of the three
    mend = breaks(monkeypatch, destination, unforeseen)
    for _ in range(turns.MOST_FAILURES):
        rested()
        run_replays()

    assert state(replay) == "failed"
    assert replay.ended_at is not None
    assert replay.reason == (
        f"{replay.shares.get()} was given up after 5 steps in a row that broke. The last one: A step met "
        "something that was not foreseen. What was queued is delivered. The worker's log says more; when "
        "that is mended, start the replay again: it goes on where it stopped."
    )

    mend()
    start_replay(BY, replay)
    run_replays()
    assert (state(replay), replay.ended_at is None) == ("done", False)
    assert Delivery.objects.values("event_id").distinct().count() == Delivery.objects.count() == 3


def test_one_that_broke_while_it_counted_counts_on(monkeypatch):
    destination = cancelled()
    mend = breaks(monkeypatch, destination, unforeseen)
    organization, since = destination.pipeline.organization, timezone.now() - SINCE
    replay = ask_replay(BY, Asked(organization=organization, destinations=[destination], since=since))
    for _ in range(turns.MOST_FAILURES):
        rested()
        run_replays()
    assert state(replay) == "failed"

    mend()
    start_replay(BY, replay)
    run_replays()
    assert (state(replay), replay.started_at) == ("ready", None)
