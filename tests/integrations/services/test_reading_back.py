"""What left without an answer is asked for at the vendor before it is sent again, in live mode, over TLS."""

import ssl
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import trustme

from delivery.core.retry import LookFirst
from delivery.lanes import Row
from integrations.models import Delivery, Event
from integrations.services.event_page import event_page
from integrations.services.lanes import DestinationLanes
from tests.integrations.stub_vendor import attempts, deliver, ends, send, stub_destination, stub_vendor, waits

pytestmark = pytest.mark.django_db
HOST = "api.stub.example"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def vendor(authority, tmp_path):
    """Takes events at /send without answering as long as it is told to, and knows what it took."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    class Vendor:
        silent, takes, looks = 1, True, []
        taken: list[str] = []

        def __call__(self, asked):
            if asked.path.startswith("/look/"):
                if self.looks:
                    return self.looks.pop(0)
                return (200, {}) if asked.path.rpartition("/")[2] in self.taken else (404, {})
            if self.takes:
                self.taken = [*self.taken, *asked.names]
            self.silent -= 1
            return (200, {}) if self.silent < 0 else (0, {})

        def run(self):
            deliver(ca_file=str(tmp_path / "ca.pem"), resolve=lambda host, port: ["127.0.0.1"])

        def sent(self):
            return [one.path for one in self.stub.asked]

    played = Vendor()
    with stub_vendor(played, tls=context) as stub:
        played.stub = stub
        yield played


def destination_of(vendor, **read_back):
    address = f"https://{HOST}:{vendor.stub.port}"
    return stub_destination(
        mode="live",
        url=f"{address}/send",
        batch={"max_count": 1},
        on_unknown_outcome="verify",
        read_back={
            "after_s": 300,
            "url": f"{address}/look/{{$event}}",
            "responses": [{"status": 200, "verdict": "delivered"}, {"status": 404, "verdict": "again"}],
            **read_back,
        },
    )


def wait_is_over():
    Delivery.objects.update(due_at=datetime.now(UTC) - timedelta(seconds=1))


def test_what_the_vendor_has_is_delivered_and_not_sent_again(vendor):
    destination = destination_of(vendor)
    send(destination, "a")

    vendor.run()
    (row,) = waits(destination)
    assert 290 < (row.due_at - datetime.now(UTC)).total_seconds() < 301
    assert row.unsure_since is not None
    wait_is_over()
    vendor.run()

    assert vendor.sent() == ["/send", "/look/a"]
    assert ends(destination) == [
        ("delivered", "No answer came when it was sent, and Stub says that it has it.", 1)
    ]
    assert [(one.operation, one.verdict) for one in attempts(destination)] == [
        ("event", "unknown"),
        ("event (read back)", "delivered"),
    ]


def test_what_the_vendor_does_not_have_is_sent_again(vendor):
    destination = destination_of(vendor)
    vendor.takes = False
    send(destination, "a")

    vendor.run()
    wait_is_over()
    vendor.run()

    assert vendor.sent() == ["/send", "/look/a", "/send"]
    assert ends(destination) == [("delivered", "", 2)]


def test_a_look_that_fails_is_repeated_and_nothing_is_sent_meanwhile(vendor):
    destination = destination_of(vendor)
    vendor.looks = [(503, {}), (503, {})]
    send(destination, "a")

    for _ in range(4):
        vendor.run()
        wait_is_over()

    assert vendor.sent() == ["/send", "/look/a", "/look/a", "/look/a"]
    assert [outcome for outcome, _, _ in ends(destination)] == ["delivered"]


def test_a_look_that_is_refused_leaves_the_decision_to_a_person(vendor):
    destination = destination_of(vendor)
    vendor.looks = [(401, {})]
    send(destination, "a")

    vendor.run()
    wait_is_over()
    vendor.run()

    (row,) = waits(destination)
    assert row.held_at is not None
    assert row.reason.startswith("Stub could not be asked whether it arrived. Answered 401")


def test_a_look_that_can_not_be_made_leaves_the_decision_to_a_person(vendor):
    destination = destination_of(vendor, url=f"https://{HOST}/look/{{$properties.key}}")
    send(destination, "a")

    vendor.run()
    wait_is_over()
    vendor.run()

    (row,) = waits(destination)
    assert row.held_at is not None
    assert "It may have arrived, and Stub could not be asked whether it did." in row.reason


def test_the_event_page_says_that_the_vendor_is_asked_first(vendor):
    destination = destination_of(vendor)
    send(destination, "a")
    vendor.run()

    event = Event.objects.get(pipeline_id=destination.pipeline_id)
    (story,) = event_page(event, now=datetime.now(UTC), shows_personal_data=True).stories

    assert "the vendor is asked whether it arrived" in story.sentence
    assert story.next_try.startswith("In ")


def test_a_row_that_a_dead_worker_had_is_asked_for_later(vendor):
    destination = destination_of(vendor)
    send(destination, "a")
    (one,) = waits(destination)
    row = Row(
        id=one.id,
        lane_id=one.lane_id,
        claim_id=uuid4(),
        flights=2,
        attempts=0,
        carried=(one.organization_id, one.pipeline_id, one.event_id, one.part),
    )
    lanes, now = DestinationLanes(), datetime.now(UTC)
    lanes.policies([one.lane_id])

    (settled,) = lanes.render(one.lane_id, [row], now=now).settled

    assert settled.decision == LookFirst(now + timedelta(seconds=300), False)
    assert "so Stub is asked before it is sent again" in settled.reason
