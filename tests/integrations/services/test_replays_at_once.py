"""Two at once: workers at one replay, replays of one destination, and whoever cancels."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import Delivery, DeliveryResult
from integrations.services.destinations import disable_destination, enable_destination
from integrations.services.replays import steps, turns
from integrations.services.replays.jobs import Asked, ask_replay, cancel_replay, start_replay
from integrations.services.replays.progress import progress_of
from tests.integrations.pipelines import BY
from tests.integrations.stub_vendor import send, stub_destination
from tests.webhooks.services.test_concurrency import elsewhere, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = 12


@pytest.fixture
def cancelled(settings, monkeypatch):
    """A destination with twelve cancelled deliveries, replayed two at a time."""
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    destination = stub_destination()
    send(destination, *(f"event {number}" for number in range(EVENTS)))
    disable_destination(BY, destination)
    enable_destination(BY, destination)
    monkeypatch.setattr(steps, "next_page", lambda page, backlog: (2, 2))
    monkeypatch.setattr(steps, "LOOK", timedelta(0))
    return destination


def asked_of(destination):
    organization = destination.pipeline.organization
    since = timezone.now() - timedelta(hours=1)
    return Asked(organization=organization, destinations=[destination], since=since)


def counted(destination):
    replay = ask_replay(BY, asked_of(destination))
    turns.run_replays()
    return replay


def running(destination):
    return start_replay(BY, counted(destination))


def paused(monkeypatch, name):
    """Stops whoever calls this step's function, once, until `go` is set; `came` says that somebody did."""
    real, came, go = getattr(steps, name), threading.Event(), threading.Event()

    def wait(*arguments):
        if not came.is_set():
            came.set()
            assert go.wait(20)
        return real(*arguments)

    monkeypatch.setattr(steps, name, wait)
    return came, go


def until_done(replay):
    until = time.monotonic() + 20
    while True:
        turns.run_replays()
        replay.refresh_from_db()
        if replay.state != "running":
            return replay
        assert time.monotonic() < until


def queued_once():
    return Delivery.objects.values("event_id").distinct().count() == Delivery.objects.count()


def test_two_workers_queue_each_delivery_once(cancelled):
    replay = running(cancelled)

    workers = [elsewhere(turns.run_replays) for _ in range(3)]
    for worker in workers:
        worker.result(30)

    until_done(replay)
    assert Delivery.objects.count() == EVENTS
    assert queued_once()


def test_a_second_worker_leaves_at_once_while_the_first_one_is_at_any_replay(cancelled, monkeypatch):
    running(cancelled)
    ask_replay(BY, asked_of(cancelled))
    came, go = paused(monkeypatch, "judge")
    first = elsewhere(turns.take_turn)
    assert came.wait(10)

    assert turns.take_turn() is False

    go.set()
    assert first.result(20) is True
    assert turns.take_turn() is True


def test_a_worker_that_was_taken_for_dead_does_nothing_when_it_wakes(cancelled, monkeypatch):
    replay, real = running(cancelled), turns._page

    def late(share):
        monkeypatch.setattr(turns, "_page", real)
        for _ in range(2):  # one that finds its step begun, and one that does it
            replay.shares.update(due_at=timezone.now())
            turns.take_turn()
        real(share)

    monkeypatch.setattr(turns, "_page", late)
    turns.take_turn()

    assert Delivery.objects.count() == 2
    assert progress_of(replay).shares[0].tally.found == 2


def test_two_replays_of_one_destination_do_not_double_anything(cancelled, monkeypatch):
    first, second = [start_replay(BY, one) for one in [counted(cancelled), counted(cancelled)]]
    came, go = paused(monkeypatch, "copy_rows")
    one = elsewhere(turns.take_turn)
    assert came.wait(10)  # it has judged its page and queued nothing yet
    assert elsewhere(turns.take_turn).result(20) is False

    go.set()
    one.result(20)

    until_done(first)
    until_done(second)
    assert Delivery.objects.count() == EVENTS
    assert queued_once()


def test_who_cancels_waits_for_the_page_and_takes_all_of_it(cancelled, monkeypatch):
    replay = running(cancelled)
    came, go = paused(monkeypatch, "copy_rows")
    worker = elsewhere(turns.take_turn)
    assert came.wait(10)
    cancelling = elsewhere(lambda: cancel_replay(BY, replay, cancel_waiting=True))
    wait_until_somebody_waits()

    go.set()
    worker.result(20)
    cancelling.result(20)
    turns.run_replays()

    replay.refresh_from_db()
    assert replay.state == "cancelled"
    assert not Delivery.objects.exists()
    assert DeliveryResult.objects.filter(replay_id=replay.id).count() == 2
    assert progress_of(replay).queued == 2


def test_a_connection_that_dies_in_the_middle_of_a_page_leaves_nothing(cancelled, monkeypatch):
    replay = running(cancelled)
    real = steps.copy_rows

    def die(*arguments):
        real(*arguments)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        elsewhere(lambda: _terminate(pid)).result(10)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    monkeypatch.setattr(steps, "copy_rows", die)
    assert turns.take_turn() is True
    monkeypatch.setattr(steps, "copy_rows", real)

    assert Delivery.objects.count() == 0
    assert replay.shares.get().trouble == "PostgreSQL broke a step off (SQLSTATE 57P01)."
    replay.shares.update(due_at=timezone.now())
    until_done(replay)
    assert Delivery.objects.count() == EVENTS


def _terminate(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
