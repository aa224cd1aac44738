"""Operators stop and start intake and sending: who may, when it is in force, and what it costs."""

import json
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from accounts.core.principal import Kind, Principal
from accounts.models import AuditEntry
from delivery.run import deliver_due
from integrations.core.facts import Busy
from integrations.ingest.handle import handle
from integrations.ingest.views import door
from integrations.models import Delivery, DestinationLane, Event, Heartbeat, OperatorSwitch
from integrations.services import heartbeats, switches
from integrations.services.accept import accept
from integrations.services.draining import left
from integrations.services.heartbeats import life
from integrations.services.switches import OperatorsOnly, Switch, start, stop
from integrations.services.test_sends import send_test
from tests.integrations.pipelines import BY, FACTS, incoming, key_of, make_pipeline
from tests.integrations.stub_vendor import deliver, stub_destination
from tests.webhooks.services.test_concurrency import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _known(monkeypatch, settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    monkeypatch.setattr(switches, "_known", switches.Known())
    monkeypatch.setattr(heartbeats, "_signed", {})


def said(command, *words, **options):
    out = StringIO()
    call_command(command, *words, stdout=out, **options)
    return out.getvalue()


# --- Intake ---
def test_while_the_intake_is_stopped_senders_are_asked_to_come_back_and_nothing_is_stored():
    pipeline = make_pipeline()
    stop(BY, Switch.INTAKE, "Maintenance until noon.")

    with pytest.raises(Busy):
        accept([incoming(pipeline)], FACTS)
    reply = handle(
        "POST",
        "/v1/track",
        "",
        {"x-write-key": key_of(pipeline)},
        json.dumps({"type": "track", "event": "x", "userId": "u"}).encode(),
        "203.0.113.9",
        door=door(),
    )

    assert (reply.status, reply.headers["Retry-After"], Event.objects.count()) == (503, "30", 0)
    told = json.loads(reply.body)
    assert (told["success"], told["code"]) == (False, "intake_stopped")
    assert told["message"] == (
        "The operators of this installation have stopped the intake (Maintenance until noon). "
        "Send the events again after the time in Retry-After."
    )

    start(BY, Switch.INTAKE)
    accept([incoming(pipeline)], FACTS)
    assert Event.objects.count() == 1


def test_a_switch_is_believed_for_a_second_and_costs_no_query_meanwhile(django_assert_num_queries):
    now = [100.0]
    known = switches.Known(lambda: now[0])
    assert known.is_stopped(Switch.INTAKE) is False
    OperatorSwitch.objects.create(
        name="intake", is_stopped=True, changed_by="somebody elsewhere", changed_at=datetime.now(UTC)
    )

    now[0] += 0.99
    with django_assert_num_queries(0):
        assert known.is_stopped(Switch.INTAKE) is False
    now[0] += 0.01
    with django_assert_num_queries(1):
        assert known.is_stopped(Switch.INTAKE) is True
        assert known.is_stopped(Switch.SENDING) is False


def test_a_process_that_just_began_lets_nobody_in_before_it_has_read_the_switches(monkeypatch):
    stop(BY, Switch.INTAKE)
    known, others = switches.Known(), []

    def meanwhile():
        if not others:
            others.append(elsewhere(lambda: known.is_stopped(Switch.INTAKE)))
            wait(others, 0.3)

    monkeypatch.setattr(switches, "leave_broken_connection", meanwhile)

    assert known.is_stopped(Switch.INTAKE) is True
    assert others[0].result(10) is True


def test_a_process_that_could_not_read_the_switches_yet_asks_again_at_once(monkeypatch):
    stop(BY, Switch.INTAKE)
    known, faults = switches.Known(lambda: 100.0), [OperationalError("away")]

    def away():
        if faults:
            raise faults.pop()

    monkeypatch.setattr(switches, "leave_broken_connection", away)

    assert known.is_stopped(Switch.INTAKE) is False
    assert known.is_stopped(Switch.INTAKE) is True


# --- Sending ---
def test_while_sending_is_stopped_nothing_leaves_and_later_all_of_it_does(vendor):
    stub = vendor(lambda asked: (200, {}))
    destination = stub_destination()
    accept([incoming(destination.pipeline, event="Order")], FACTS)
    stop(BY, Switch.SENDING)

    assert deliver_due() == 0
    with pytest.raises(ValidationError, match="stopped all sending"):
        send_test(BY, destination, None, now=datetime.now(UTC))
    assert (len(stub.asked), Delivery.objects.get().claim_id) == (0, None)

    start(BY, Switch.SENDING)
    deliver()
    assert len(stub.asked) == 1


# --- Who and when ---
def test_only_staff_of_the_installation_may():
    member = Principal(
        kind=Kind.USER, id="1", label="m", granted={uuid4(): frozenset({"update:organization"})}
    )

    with pytest.raises(OperatorsOnly):
        stop(member, Switch.SENDING)

    assert OperatorSwitch.objects.count() == AuditEntry.objects.filter(action="stop:sending").count() == 0


def test_who_stopped_it_when_and_why_is_kept_and_audited_once():
    assert said("intake", "stop", reason="An upgrade.") == "Intake stops within a second.\n"
    assert said("intake", "stop") == "Intake was stopped already.\n"

    row = OperatorSwitch.objects.get()
    assert (row.name, row.is_stopped, row.reason, row.changed_by) == (
        "intake",
        True,
        "An upgrade.",
        "manage.py intake",
    )
    entry = AuditEntry.objects.get(action="stop:intake")
    assert entry.changes == {"state": ["on", "stopped"], "reason": ["", "An upgrade."]}
    assert said("intake", "start") == "Intake goes on within a second.\n"


# --- Draining ---
def test_a_drain_waits_for_what_can_be_sent_and_tells_what_can_not():
    pipeline = make_pipeline("audiohook", "partnerstack", "adroll")
    accept([incoming(pipeline)], FACTS)
    due, paused, later = Delivery.objects.order_by("id")
    DestinationLane.objects.filter(destination=paused.lane_id).update(paused_reason="Token expired")
    Delivery.objects.filter(id=later.id).update(due_at=datetime.now(UTC) + timedelta(hours=1))

    with pytest.raises(
        CommandError, match=r"Not done after 0 s. 0 being sent, 1 due, 1 due later, 1 waiting"
    ):
        said("sending", "drain", "--wait", "--timeout", "0")
    assert OperatorSwitch.objects.get(name="intake").is_stopped

    Delivery.objects.filter(id=due.id).update(held_at=datetime.now(UTC))
    assert said("sending", "drain", "--wait").endswith(
        "Done. 0 being sent, 0 due, 1 due later, 1 waiting for their destination, 1 held for a person.\n"
    )


def test_what_flies_is_being_sent_until_its_lease_ends():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline)], FACTS)
    soon, past = (datetime.now(UTC) + timedelta(seconds=seconds) for seconds in (60, -1))

    Delivery.objects.update(claim_id=uuid4(), due_at=soon)
    flying = left()
    Delivery.objects.update(due_at=past)
    lost = left()

    assert (flying.sending, flying.due, flying.is_drained) == (1, 0, False)
    assert (lost.sending, lost.due) == (0, 1)


# --- Who lives ---
def test_who_gave_no_sign_for_half_a_minute_is_silent():
    now = datetime.now(UTC)
    heartbeats.sign("worker", "celery@a")
    heartbeats.sign("beat", "beat")
    Heartbeat.objects.create(name="celery@b", kind="worker", at=now - timedelta(seconds=31))

    alive = life(now=now)
    later = life(now=now + timedelta(minutes=1))

    assert (alive.workers, alive.silent, alive.is_beat_alive) == (["celery@a"], ["celery@b"], True)
    assert (later.workers, later.silent, later.is_beat_alive) == ([], ["celery@a", "celery@b"], False)


def test_a_host_whose_clock_is_wrong_tells_who_lives_all_the_same(monkeypatch):
    heartbeats.sign("beat", "beat")
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(minutes=5))

    assert Client().get("/readyz").json()["beat"] == "alive"


def test_readiness_tells_of_all_of_it_and_stays_ready():
    stop(BY, Switch.INTAKE)
    heartbeats.sign("worker", "celery@a")

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()) == (
        200,
        {"ok": True, "intake": "stopped", "sending": "on", "workers": 1, "beat": "silent"},
    )
