"""Previews and test sends over the API: one production path, consent asked, secrets masked, all on record."""

import json
from uuid import uuid4

import pytest

from accounts.core.permissions import Role
from accounts.models import AuditEntry
from integrations.models import Attempt, ConsentCategory, Delivery, DestinationLane, Event
from integrations.services.accept import accept
from integrations.services.destinations import disable_destination
from integrations.services.wording import HIDDEN
from tests.delivery.receiver import receiving
from tests.integrations.api.conftest import caller, told
from tests.integrations.pipelines import BY, FACTS, GRANTED, VISITOR, connect, incoming, make_pipeline

pytestmark = pytest.mark.django_db
EMAIL = "ann@shopper.example"
CLICKED = {"page": {"url": "https://s.example/?ps_xid=x1"}}
SIGNED_UP = {
    "type": "track",
    "event": "Signed Up",
    "userId": "u-1",
    "context": {**GRANTED, **VISITOR, **CLICKED, "traits": {"email": EMAIL}},
}
NO_CONSENT = {**SIGNED_UP, "context": {**VISITOR, **CLICKED}}
TOKEN = "demo-tracking-token"


def set_up(vendor="partnerstack", role=Role.ADMIN, **options):
    """A destination, the path of its trials, and somebody to try."""
    destination = make_pipeline(vendor, **options).destinations.get()
    return destination, f"destinations/{destination.id}", caller(destination.pipeline.organization, role)


def test_a_preview_shows_the_exact_request_with_secrets_masked():
    _, path, reader = set_up(role=Role.READ_ONLY, mode="live")

    answer = reader.post(f"{path}/preview", {"event": SIGNED_UP})

    preview = answer.json()
    assert (answer.status_code, preview["verdict"], preview["reason"]) == (200, "sent", "")
    (request,) = preview["requests"]
    assert (request["method"], request["url"]) == ("POST", "https://partnerlinks.io/conversion/xid")
    assert request["headers"]["Authorization"] == "Bearer ••••"
    assert json.loads(request["body"])["email"] == EMAIL
    assert TOKEN not in answer.content.decode()
    assert Attempt.objects.count() == Event.objects.count() == 0


def test_a_preview_names_the_source_of_every_field():
    _, path, reader = set_up(role=Role.READ_ONLY, mode="live")

    answer = reader.post(f"{path}/preview", {"event": SIGNED_UP})

    fields = {(one["stands_in"], one["field"]): one for one in answer.json()["fields"]}
    email = fields["body", "email"]
    assert (email["value"], email["source"]) == (EMAIL, "$context.traits.email (dictionary: email)")
    assert fields["header", "Authorization"]["source"] == "setting tracking_token"
    assert fields["header", "Authorization"]["value"] == "Bearer ••••"
    assert fields["body", "xid"]["source"] == "$context.page.url?ps_xid (dictionary: click_id.ps_xid)"
    assert answer.json()["missing"] == []
    assert TOKEN not in answer.content.decode()


def test_a_preview_names_everything_that_is_missing_at_once():
    _, path, admin = set_up("audiohook")

    event = {**SIGNED_UP, "userId": "u-1", "context": {**GRANTED}}
    preview = admin.post(f"{path}/preview", {"event": event}).json()

    missing = {one["field"]: one for one in preview["missing"]}
    assert {"ip_address", "user_agent"} <= missing.keys()
    assert missing["user_agent"]["looked_in"] == ["context.userAgent"]
    assert preview["missing"][0]["sentence"] == preview["sentence"]


def test_a_secret_is_masked_wherever_an_event_put_it():
    _, path, admin = set_up(mode="live")
    event = {**SIGNED_UP, "userId": TOKEN, "properties": {"origin": TOKEN}}

    (request,) = admin.post(f"{path}/preview", {"event": event}).json()["requests"]

    assert json.loads(request["body"])["customer_key"] == "••••"


def test_a_preview_asks_consent():
    _, path, admin = set_up()

    preview = admin.post(f"{path}/preview", {"event": NO_CONSENT}).json()

    assert (preview["verdict"], preview["reason"], preview["requests"]) == ("skipped", "consent", [])
    assert "Advertising" in preview["sentence"]


def test_a_preview_says_that_an_event_is_too_old_for_its_destination():
    destination, path, admin = set_up()
    destination.max_age_s = 3600
    destination.save()

    preview = admin.post(f"{path}/preview", {"event": {**SIGNED_UP, "timestamp": "2020-01-01"}}).json()

    assert (preview["verdict"], preview["reason"]) == ("rejected", "too_old")
    assert "this destination's maximum age is 60 minutes" in preview["sentence"]


def test_a_preview_says_what_the_vendor_would_refuse():
    _, path, admin = set_up("audiohook")

    event = {**SIGNED_UP, "context": {**GRANTED, "ip": "203.0.113.7"}}
    preview = admin.post(f"{path}/preview", {"event": event}).json()

    assert (preview["verdict"], preview["reason"]) == ("rejected", "mapping")
    assert preview["sentence"] == (
        "Audiohook needs `user_agent` on every event; context.userAgent is missing. "
        "Pass the visitor's user agent in context.userAgent."
    )


def test_a_disabled_destination_is_previewed_as_it_would_be_published():
    destination, path, admin = set_up()
    disable_destination(BY, destination)

    off = admin.post(f"{path}/preview", {"event": SIGNED_UP}).json()
    published = admin.post(f"{path}/preview", {"event": SIGNED_UP, "as_published": True}).json()

    assert (off["verdict"], off["reason"]) == ("skipped", "destination_off")
    assert off["sentence"] == "PartnerStack is disabled. Enable the destination to send it later events."
    assert published["verdict"] == "sent"


def test_a_staged_change_is_previewed_and_its_secrets_are_masked_too():
    _, path, manager = set_up(role=Role.INTEGRATION_MANAGER)
    manager.patch(path, {"settings": {"tracking_token": "a-staged-token"}, "mode": "live"})

    answer = manager.post(f"{path}/preview", {"event": SIGNED_UP, "as_published": True})

    assert answer.json()["requests"][0]["url"] == "https://partnerlinks.io/conversion/xid"
    assert "a-staged-token" not in answer.content.decode()
    assert TOKEN not in answer.content.decode()


def test_a_stored_event_shows_its_contents_only_with_read_events():
    destination, path, admin = set_up()
    accept([incoming(destination.pipeline, **SIGNED_UP)], FACTS)
    body = {"event_id": str(Event.objects.get().id)}

    shown = admin.post(f"{path}/preview", body).json()["requests"][0]
    hidden = caller(destination.pipeline.organization, Role.READ_ONLY).post(f"{path}/preview", body)

    assert EMAIL in shown["body"]
    assert hidden.json()["requests"][0]["body"] == HIDDEN
    assert {one["value"] for one in hidden.json()["fields"] if one["stands_in"] == "body"} == {HIDDEN}
    assert EMAIL not in hidden.content.decode()


@pytest.mark.parametrize(
    ("body", "pointer", "sentence"),
    [
        ({}, "#", "Give either event or event_id."),
        (
            {"event_id": str(uuid4())},
            "#/event_id",
            "There is no event with this id that you may use here. Its retention may have ended.",
        ),
        (
            {"event": {"type": "track", "userId": "u"}},
            "#/event",
            "event is missing or empty; a track event must name what happened. Send its name.",
        ),
        (
            {"event": {"type": "page", "userId": "u" * 33_000}},
            "#/event",
            "The event has 33027 bytes, and at most 32768 are taken. Send less.",
        ),
    ],
)
def test_what_is_no_event_is_refused(body, pointer, sentence):
    _, path, admin = set_up()

    answers = [admin.post(f"{path}/{trial}", body) for trial in ("preview", "test")]

    assert [one.status_code for one in answers] == [400, 400]
    assert [told(one) for one in answers] == [{pointer: sentence}] * 2
    assert Attempt.objects.count() == 0


def test_anothers_event_is_as_unknown_as_none():
    _, path, admin = set_up()
    other = make_pipeline("audiohook")
    accept([incoming(other, **SIGNED_UP)], FACTS)

    answer = admin.post(f"{path}/preview", {"event_id": str(Event.objects.get().id)})

    assert list(told(answer)) == ["#/event_id"]


def test_a_test_goes_to_the_sandbox_and_is_on_record(settings):
    settings.DELIVERY_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    destination, path, admin = set_up()
    with receiving((200, {})) as receiver:
        settings.SANDBOX_URL = receiver.url.rstrip("/")
        answer = admin.post(f"{path}/test", {"event": SIGNED_UP})

    sent = answer.json()
    attempt = sent["attempt"]
    assert (answer.status_code, sent["verdict"]) == (200, "sent")
    assert (attempt["operation"], attempt["status"]) == ("conversion (test)", 200)
    assert (attempt["verdict"], attempt["reason"]) == ("delivered", "")
    assert attempt["url"] == f"{receiver.url}partnerlinks.io/conversion/xid"
    assert {phase["name"] for phase in attempt["phases"]} <= {"DNS", "Connect", "Wait", "Rest"}
    assert json.loads(receiver.bodies[0])["email"] == EMAIL
    assert TOKEN not in answer.content.decode()
    assert [str(one.id) for one in Attempt.objects.filter(lane_id=destination.id)] == [attempt["id"]]
    assert AuditEntry.objects.filter(action="test:destination").count() == 1
    assert Delivery.objects.count() == 0


def test_a_refused_test_says_why_and_leaves_the_breaker_alone(settings):
    settings.DELIVERY_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    destination, path, admin = set_up()
    with receiving((401, {})) as receiver:
        settings.SANDBOX_URL = receiver.url.rstrip("/")
        attempt = admin.post(f"{path}/test", {"event": SIGNED_UP}).json()["attempt"]

    assert (attempt["status"], attempt["verdict"]) == (401, "rejected")
    assert "the tracking token was refused" in attempt["reason"]
    assert DestinationLane.objects.get(destination=destination).breaker_failures == 0


def test_a_test_passes_the_guard_of_the_http_edge(settings):
    settings.DELIVERY_ALLOWED_NETWORKS = []
    _, path, admin = set_up()

    attempt = admin.post(f"{path}/test", {"event": SIGNED_UP}).json()["attempt"]

    assert (attempt["status"], attempt["verdict"]) == (None, "rejected")
    assert "Connections to private addresses are not allowed" in attempt["reason"]


def test_a_test_without_consent_is_not_sent():
    _, path, admin = set_up()

    sent = admin.post(f"{path}/test", {"event": NO_CONSENT}).json()

    assert (sent["verdict"], sent["reason"], sent["attempt"]) == ("skipped", "consent", None)
    assert Attempt.objects.count() == 0


@pytest.mark.parametrize("confirm", ["", "partnerstack", "yes"])
def test_a_live_test_needs_the_destinations_name(confirm):
    _, path, admin = set_up(mode="live")

    answer = admin.post(f"{path}/test", {"event": SIGNED_UP, "live": True, "confirm": confirm})

    assert answer.status_code == 400
    assert Attempt.objects.count() == 0
    assert not AuditEntry.objects.filter(action="live_test:destination").exists()


def test_a_live_test_without_confirmation_says_what_to_give():
    _, path, admin = set_up(mode="live")

    answer = admin.post(f"{path}/test", {"event": SIGNED_UP, "live": True})

    assert told(answer) == {
        "#/confirm": 'A live test counts at the vendor. Confirm it with the name "PartnerStack".'
    }


def test_a_live_test_needs_its_permission():
    _, path, manager = set_up(role=Role.INTEGRATION_MANAGER, mode="live")

    body = {"event": SIGNED_UP, "live": True, "confirm": "PartnerStack"}
    answer = manager.post(f"{path}/test", body)

    assert answer.status_code == 403
    assert answer.json()["detail"] == "This needs the permission live_test:destination."
    assert Attempt.objects.count() == 0


def test_a_sandbox_destination_sends_nothing_live():
    _, path, admin = set_up()

    answer = admin.post(f"{path}/test", {"event": SIGNED_UP, "live": True, "confirm": "PartnerStack"})

    assert told(answer) == {
        "#/live": "PartnerStack is in sandbox mode: nothing of it goes to the vendor. Change its mode."
    }


def test_a_live_test_goes_out_marked(settings):
    """Its name leads nowhere: what is recorded matters here."""
    settings.DELIVERY_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    pipeline = make_pipeline()
    categories = list(ConsentCategory.objects.all())
    destination = connect(pipeline, "generic-post", categories, mode="live", url="https://vendor.invalid/in")
    path, admin = f"destinations/{destination.id}", caller(pipeline.organization)

    body = {"event": SIGNED_UP, "live": True, "confirm": destination.name}
    attempt = admin.post(f"{path}/test", body).json()["attempt"]

    assert attempt["operation"].endswith(" (live test)")
    assert attempt["url"] == "https://vendor.invalid/in"
    assert (attempt["status"], attempt["verdict"]) == (None, "failed")
    assert AuditEntry.objects.filter(action="live_test:destination").count() == 1


def test_a_test_with_a_key_is_sent_once(settings):
    settings.DELIVERY_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    _, path, admin = set_up()
    with receiving((200, {})) as receiver:
        settings.SANDBOX_URL = receiver.url.rstrip("/")
        first, again = (
            admin.post(f"{path}/test", {"event": SIGNED_UP}, **{"Idempotency-Key": "t-1"}) for _ in "12"
        )

    assert first.json() == again.json()
    assert len(receiver.bodies) == 1


def test_a_reader_sends_no_tests():
    _, path, reader = set_up(role=Role.READ_ONLY)

    assert reader.post(f"{path}/test", {"event": SIGNED_UP}).status_code == 403
    assert Attempt.objects.count() == 0


@pytest.mark.parametrize("trial", ["preview", "test"])
def test_a_trial_of_another_state_than_the_one_seen_is_refused(trial):
    _, path, admin = set_up()
    tag = admin.get(path).headers["ETag"]
    assert admin.patch(path, {"name": "Renamed"}).status_code == 200

    answer = admin.post(f"{path}/{trial}", {"event": NO_CONSENT}, **{"If-Match": tag})

    assert answer.status_code == 412
    assert not Attempt.objects.exists()
