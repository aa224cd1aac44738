"""Events, deliveries and attempts over the API: found, told, masked, and held ones decided."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.core.permissions import Role
from accounts.models import AuditEntry
from delivery.ids import new_id
from integrations.models import Delivery, DeliveryResult, Event
from integrations.services.wording import HIDDEN
from tests.integrations.admin.samples import DESTINATIONS, EMAIL, make_event
from tests.integrations.api.conftest import told


def ids(answer):
    return [one["id"] for one in answer.json()["results"]]


def test_an_event_is_found_by_its_message_id(admin, samples):
    event = samples.event

    (row,) = admin.get("events", message_id=event.message_id).json()["results"]

    assert row == {
        "id": str(event.id),
        "pipeline": str(samples.pipeline.id),
        "type": "track",
        "name": "Order Completed",
        "message_id": event.message_id,
        "user_id": "user-4242",
        "anonymous_id": "anonymous-77",
        "received_at": row["received_at"],
        "planned": 10,
        "skips": event.skips,
    }


def test_ids_of_people_are_masked_without_read_events(call, samples):
    (row,) = call(Role.INTEGRATION_MANAGER).get("events").json()["results"]

    assert (row["user_id"], row["anonymous_id"]) == ("u•••42", "a•••77")


def test_events_are_narrowed(admin, samples):
    def found(**query):
        return len(ids(admin.get("events", **query)))

    at = samples.event.received_at
    assert found(pipeline=samples.pipeline.id) == 1
    assert found(pipeline=uuid4()) == 0
    assert found(type="track") == 1
    assert found(type="page") == 0
    assert found(user_id="user-4242") == 1
    assert found(user_id="user-424") == 0
    assert found(since=at.isoformat(), until=(at + timedelta(seconds=1)).isoformat()) == 1
    assert found(until=at.isoformat()) == 0


def test_people_are_searched_in_a_day_unless_since_is_given(admin, samples):
    came = samples.event.received_at - timedelta(hours=20)
    old = make_event(samples.pipeline, came)
    Event.objects.filter(id=old.id).update(id=new_id(came - timedelta(hours=5)), user_id="user-old")

    assert ids(admin.get("events", user_id="user-old")) == []
    since = (came - timedelta(days=1)).isoformat()
    assert len(ids(admin.get("events", user_id="user-old", since=since))) == 1


@pytest.mark.parametrize(
    ("query", "parameter"),
    [({"mesage_id": "x"}, "mesage_id"), ({"since": "yesterday"}, "since"), ({"type": "purchase"}, "type")],
)
def test_a_bad_filter_is_refused_and_not_left_out(admin, samples, query, parameter):
    answer = admin.get("events", **query)

    assert answer.status_code == 400
    assert list(told(answer)) == [parameter]


def test_an_event_tells_its_whole_story(admin, samples):
    story = admin.get(f"events/{samples.event.id}").json()

    assert story["headline"] == (
        "1 of 11 destinations got it; 1 refused, 1 given up after all attempts, 1 held for a decision, "
        "2 waiting for a retry, 2 waiting, 1 being sent, 1 cancelled, 1 skipped."
    )
    assert {one["destination_name"] for one in story["destinations"]} == set(DESTINATIONS)
    refused = next(one for one in story["destinations"] if one["state"] == "rejected")
    assert refused["sentence"].endswith("PartnerStack does not know the partner key: check the click id.")
    assert refused["delivery"] == str(samples.deliveries["Refused"])
    assert refused["attempts"][0]["status"] == 422
    assert refused["attempts"][0]["request_headers"]["Authorization"] == "Bearer ••••"
    skipped = next(one for one in story["destinations"] if one["state"] == "skipped")
    assert skipped["sentence"] == "The visitor refused Advertising (optOut.advertising is true)."
    assert story["payload"]["context"]["traits"]["email"] == EMAIL


def test_contents_are_hidden_without_read_events(call, samples):
    answer = call(Role.READ_ONLY).get(f"events/{samples.event.id}")

    assert answer.json()["payload"] is None
    assert answer.json()["shows_personal_data"] is False
    assert EMAIL not in answer.content.decode()
    assert "user-4242" not in answer.content.decode()


def test_deliveries_are_one_list(admin, samples):
    listed = admin.get("deliveries").json()["results"]

    assert {one["id"] for one in listed} == {
        str(id_) for name, id_ in samples.deliveries.items() if name != "Skipped"
    }
    assert ids(admin.get("deliveries", outcome="exhausted")) == [str(samples.deliveries["Given up"])]
    held = samples.destinations["Held"].id
    assert ids(admin.get("deliveries", destination=held)) == [str(samples.deliveries["Held"])]
    assert len(ids(admin.get("deliveries", event=samples.event.id))) == 10
    assert ids(admin.get("deliveries", pipeline=uuid4())) == []


def test_pages_follow_by_cursor(admin, samples):
    first = admin.get("deliveries", limit=6).json()
    second = admin.client.get(first["next"]).json()

    assert len({one["id"] for one in first["results"] + second["results"]}) == 10
    assert second["next"] is None


def test_a_delivery_has_its_attempts(admin, call, samples):
    path = f"deliveries/{samples.deliveries['Delivered']}"
    delivery = admin.get(path).json()

    assert (delivery["outcome"], delivery["attempts_spent"]) == ("delivered", 2)
    assert [(one["number"], one["status"]) for one in delivery["attempts"]] == [(1, 503), (2, 200)]
    hidden = call(Role.READ_ONLY).get(path)
    assert hidden.json()["attempts"][0]["request_body"] == HIDDEN
    assert EMAIL not in hidden.content.decode()


@pytest.mark.parametrize(
    ("action", "outcome", "reason"),
    [
        ("mark-delivered", "delivered", "Marked as delivered by {who}."),
        ("cancel", "cancelled", "Cancelled by {who}."),
    ],
)
def test_a_held_delivery_is_ended_by_a_decision(admin, samples, action, outcome, reason):
    id_ = samples.deliveries["Held"]

    answer = admin.post(f"deliveries/{id_}/{action}")

    entry = AuditEntry.objects.order_by("-id")[0]
    assert (answer.status_code, answer.json()["outcome"]) == (200, outcome)
    assert DeliveryResult.objects.get(id=id_).reason == reason.format(who=entry.actor)
    assert (entry.action, entry.target_id) == (f"{action.replace('-', '_')}:delivery", str(id_))
    assert entry.changes == {"outcome": ["held", outcome]}
    assert entry.organization_id == samples.organization.id


def test_a_held_delivery_is_sent_again(admin, samples):
    answer = admin.post(f"deliveries/{samples.deliveries['Held']}/send-again")

    assert answer.json()["outcome"] == "retrying"
    assert Delivery.objects.get(id=samples.deliveries["Held"]).held_at is None


@pytest.mark.parametrize("action", ["send-again", "mark-delivered", "cancel"])
def test_what_is_not_held_is_not_decided(admin, samples, action):
    before = AuditEntry.objects.count()

    answer = admin.post(f"deliveries/{samples.deliveries['Waiting']}/{action}")

    assert answer.status_code == 409
    assert answer.json()["detail"] == "Only held deliveries are decided, and this one is waiting."
    assert Delivery.objects.filter(id=samples.deliveries["Waiting"]).exists()
    assert AuditEntry.objects.count() == before


def test_an_integration_manager_decides_nothing(call, samples):
    answer = call(Role.INTEGRATION_MANAGER).post(f"deliveries/{samples.deliveries['Held']}/cancel")

    assert answer.status_code == 403
    assert Delivery.objects.get(id=samples.deliveries["Held"]).held_at


def test_attempts_are_listed_without_bodies(admin, call, samples):
    listed = admin.get("attempts").json()["results"]

    assert len(listed) == 7
    assert "request_body" not in listed[0]
    assert listed[0]["url"] == f"https://vendor.example/conversion/xid?email={EMAIL}"
    assert EMAIL not in call(Role.READ_ONLY).get("attempts").content.decode()
    destination = samples.destinations["Given up"].id
    assert [
        one["destination"] for one in admin.get("attempts", destination=destination).json()["results"]
    ] == [str(destination)]
    assert len(ids(admin.get("attempts", delivery=samples.deliveries["Delivered"]))) == 2
    assert ids(admin.get("attempts", delivery=uuid4())) == []


def test_an_attempt_is_told_whole(admin, call, samples):
    path = f"attempts/{samples.attempt.id}"
    attempt = admin.get(path).json()

    assert attempt["destination"] == str(samples.destinations["Delivered"].id)
    assert attempt["deliveries"] == [str(samples.deliveries["Delivered"])]
    assert [(phase["name"], phase["ms"]) for phase in attempt["phases"]] == [
        ("DNS", 4.0),
        ("Connect", 15.0),
        ("TLS", 32.0),
        ("Wait", 139.0),
        ("Rest", 10.0),
    ]
    assert EMAIL in attempt["request_body"]
    assert EMAIL not in call(Role.READ_ONLY).get(path).content.decode()


@pytest.mark.parametrize("kind", ["deliveries", "attempts"])
def test_what_is_known_of_a_log_is_not_sent_again(admin, samples, kind):
    path = f"{kind}/{ids(admin.get(kind))[0]}"
    tag = admin.get(path).headers["ETag"]

    answer = admin.client.get(f"/api/v1/{path}", headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content) == (304, b"")


def test_a_decision_is_about_the_delivery_that_was_seen(admin, samples):
    path = f"deliveries/{samples.deliveries['Held']}"
    tag = admin.get(path).headers["ETag"]

    refused = admin.post(f"{path}/cancel", **{"If-Match": '"another"'})
    unchanged = admin.get(path)
    decided = admin.post(f"{path}/cancel", **{"If-Match": tag})

    assert (refused.status_code, unchanged.json()["outcome"]) == (412, "held")
    assert (decided.status_code, decided.headers["ETag"]) == (200, admin.get(path).headers["ETag"])
