"""Destinations over the API: secrets go in and stay, changes are staged by role, lanes are steered."""

from uuid import uuid4

import pytest

from accounts.core.permissions import Role
from accounts.models import AuditEntry
from integrations.models import Destination, DestinationDraft, DestinationLane
from integrations.services.vendors import newest_revision
from tests.integrations.admin.samples import SECRET
from tests.integrations.api.conftest import caller, told
from tests.integrations.pipelines import make_pipeline

NEW_SECRET = "another-tracking-token"


def body(samples, **values):
    return {
        "pipeline": str(samples.pipeline.id),
        "vendor": "partnerstack",
        "name": "Partners",
        "settings": {"tracking_token": NEW_SECRET, "currency": "EUR"},
        "consent_categories": ["advertising"],
        **values,
    }


def stored(samples, name="Waiting"):
    return Destination.objects.get(id=samples.destinations[name].id)


def path_of(samples, name="Waiting", action=""):
    return f"destinations/{samples.destinations[name].id}" + (f"/{action}" if action else "")


def test_a_destination_is_connected_and_never_shows_its_secrets(admin, samples):
    answer = admin.post("destinations", body(samples))

    assert answer.status_code == 201
    row = answer.json()
    assert row == {
        "id": row["id"],
        "pipeline": str(samples.pipeline.id),
        "name": "Partners",
        "vendor": "partnerstack",
        "vendor_revision": str(newest_revision("partnerstack").id),
        "revision": 1,
        "mode": "live",
        "enabled": True,
        "settings": {"currency": "EUR"},
        "secrets_set": ["tracking_token"],
        "consent_categories": ["advertising"],
        "delay_s": 0,
        "filter": None,
        "filter_sentence": "Every event is sent.",
        "mapping_changes": [],
        "mapping_sentence": "Every field is as the vendor's file makes it.",
        "max_age_s": None,
        "created_at": row["created_at"],
        "staged": False,
        "draft": None,
    }
    assert Destination.objects.get(id=row["id"]).secrets == {"tracking_token": NEW_SECRET}
    assert admin.get(f"destinations/{row['id']}").json() == row


@pytest.mark.parametrize(
    ("values", "pointer", "sentence"),
    [
        ({"vendor": "nobody"}, "#/vendor", 'There is no vendor "nobody". GET /api/v1/vendors lists them.'),
        (
            {"settings": {"tracking_tokn": "x"}},
            "#/settings/tracking_tokn",
            "tracking_tokn is not a setting of this vendor (did you mean `tracking_token`?).",
        ),
        (
            {"settings": {"currency": "euro"}},
            "#/settings/currency",
            "Currency when an event names none has the wrong form; a three-letter ISO 4217 code.",
        ),
        (
            {"consent_categories": ["marketing"]},
            "#/consent_categories",
            'There is no consent category "marketing" in this organization.',
        ),
        (
            {"consent_categories": []},
            "#/consent_categories",
            "consent_categories is empty: give at least one.",
        ),
        (
            {"delay_s": 60, "max_age_s": 60},
            "#/max_age_s",
            "Give more than the delay of 60 seconds, or every event is too old at its first attempt.",
        ),
        ({"mode": "dry"}, "#/mode", '"dry" is none of: live, test, sandbox.'),
        (
            {"enabled": True},
            "#/enabled",
            "enabled is unknown, or can't be set here. There are: name, vendor, vendor_revision, mode, "
            "settings, consent_categories, delay_s, filter, mapping_changes, max_age_s, pipeline.",
        ),
        (
            {"vendor_revision": str(uuid4()), "vendor": None},
            "#/vendor",
            "vendor can't be null: give a value, or leave it out.",
        ),
    ],
)
def test_a_bad_destination_is_refused_where_it_is_wrong(admin, samples, values, pointer, sentence):
    answer = admin.post("destinations", body(samples, **values))

    assert answer.status_code == 400
    assert told(answer)[pointer] == sentence
    assert not Destination.objects.filter(name="Partners").exists()


def test_a_vendor_is_named_in_one_way(admin, samples):
    revision = str(newest_revision("partnerstack").id)

    answer = admin.post("destinations", body(samples, vendor_revision=revision))

    assert told(answer) == {"#/vendor": "Name the vendor by its slug, or a vendor_revision."}
    assert not Destination.objects.filter(name="Partners").exists()


def test_sandbox_mode_needs_the_operator(admin, samples, settings):
    settings.SANDBOX_URL = ""

    answer = admin.post("destinations", body(samples, mode="sandbox"))

    assert told(answer) == {
        "#/mode": "Sandbox mode is off in this installation: the operator sets SANDBOX_URL."
    }
    assert not Destination.objects.filter(name="Partners").exists()


def test_a_patch_merges_settings_and_null_removes(admin, samples):
    change = {"settings": {"currency": "USD", "public_key": None, "secret_key": "a-new-secret-key"}}

    answer = admin.patch(path_of(samples), change)

    assert answer.status_code == 200
    assert answer.json()["settings"] == {"currency": "USD"}
    assert answer.json()["secrets_set"] == ["secret_key", "tracking_token"]
    assert stored(samples).secrets == {"tracking_token": SECRET, "secret_key": "a-new-secret-key"}


def test_neither_pipeline_nor_vendor_changes(admin, samples):
    answer = admin.patch(path_of(samples), {"pipeline": str(samples.pipeline.id), "vendor": "adroll"})

    assert set(told(answer)) == {"#/pipeline", "#/vendor"}


def test_a_revision_of_another_vendor_is_refused(admin, samples):
    answer = admin.patch(path_of(samples), {"vendor_revision": str(newest_revision("adroll").id)})

    assert told(answer) == {
        "#/vendor_revision": "Choose a revision of partnerstack: another vendor is another destination."
    }


def test_an_integration_managers_change_is_staged_and_goes_on_from_there(call, samples):
    manager = call(Role.INTEGRATION_MANAGER)

    first = manager.patch(path_of(samples), {"settings": {"currency": "USD", "tracking_token": NEW_SECRET}})
    second = manager.patch(path_of(samples), {"delay_s": 60})

    assert (first.status_code, second.status_code) == (202, 202)
    row = second.json()
    assert (row["staged"], row["settings"], row["delay_s"]) == (True, {}, 0)
    assert row["draft"] == {
        "name": "Waiting",
        "vendor": "partnerstack",
        "vendor_revision": str(newest_revision("partnerstack").id),
        "revision": 1,
        "mode": "live",
        "settings": {"currency": "USD"},
        "secrets_set": ["public_key", "secret_key", "tracking_token"],
        "consent_categories": ["advertising"],
        "delay_s": 60,
        "filter": None,
        "filter_sentence": "Every event is sent.",
        "mapping_changes": [],
        "mapping_sentence": "Every field is as the vendor's file makes it.",
        "max_age_s": None,
        "staged_by": row["draft"]["staged_by"],
        "staged_at": row["draft"]["staged_at"],
    }
    assert stored(samples).secrets["tracking_token"] == SECRET


def test_a_maximum_age_is_staged_published_and_taken_away_by_null(call, samples):
    call(Role.INTEGRATION_MANAGER).patch(path_of(samples), {"max_age_s": 3600})
    assert stored(samples).max_age_s is None
    manager = call(Role.DEPLOYMENT_MANAGER)

    manager.post(path_of(samples, action="publish"))
    published = stored(samples).max_age_s
    call(Role.ADMIN).patch(path_of(samples), {"max_age_s": None})

    assert (published, stored(samples).max_age_s) == (3600, None)


def test_a_deployment_manager_publishes_what_is_staged(call, samples):
    call(Role.INTEGRATION_MANAGER).patch(path_of(samples), {"settings": {"currency": "USD"}})

    answer = call(Role.DEPLOYMENT_MANAGER).post(path_of(samples, action="publish"))

    assert answer.status_code == 200
    assert (answer.json()["staged"], answer.json()["settings"]) == (False, {"currency": "USD"})
    assert stored(samples).settings == {"currency": "USD"}


def test_an_integration_manager_can_not_publish(call, samples):
    manager = call(Role.INTEGRATION_MANAGER)
    manager.patch(path_of(samples), {"settings": {"currency": "USD"}})

    answer = manager.post(path_of(samples, action="publish"))

    assert answer.status_code == 403
    assert answer.json()["detail"] == "This needs the permission publish:destination."
    assert stored(samples).settings == {}
    assert DestinationDraft.objects.count() == 1


def test_what_is_staged_can_be_discarded(call, samples):
    manager = call(Role.INTEGRATION_MANAGER)
    manager.patch(path_of(samples), {"delay_s": 60})

    answer = manager.post(path_of(samples, action="discard"))

    assert (answer.status_code, answer.json()["staged"]) == (200, False)
    assert DestinationDraft.objects.count() == 0


def test_an_integration_managers_new_destination_is_off_until_published(call, samples):
    made = call(Role.INTEGRATION_MANAGER).post("destinations", body(samples)).json()

    published = call(Role.DEPLOYMENT_MANAGER).post(f"destinations/{made['id']}/publish").json()

    assert (made["enabled"], published["enabled"]) == (False, True)


def test_other_secrets_need_rotate_secret(call, samples):
    publisher = call(Role.ADMIN, without="rotate:secret")
    call(Role.INTEGRATION_MANAGER).patch(path_of(samples), {"settings": {"tracking_token": NEW_SECRET}})

    answers = [
        publisher.patch(path_of(samples), {"settings": {"tracking_token": NEW_SECRET}}),
        publisher.post(path_of(samples, action="publish")),
    ]

    assert [one.status_code for one in answers] == [403, 403]
    assert answers[0].json()["detail"] == "This needs the permission rotate:secret."
    assert stored(samples).secrets["tracking_token"] == SECRET
    assert publisher.patch(path_of(samples), {"settings": {"currency": "USD"}}).status_code == 200


def test_a_lane_is_paused_with_a_reason_looked_at_and_resumed(admin, samples):
    paused = admin.post(path_of(samples, action="pause"), {"reason": "The vendor migrates."}).json()
    resumed = admin.post(path_of(samples, action="resume")).json()

    assert paused["paused_reason"] == "The vendor migrates."
    assert paused["waiting"] == 1
    assert resumed["paused_reason"] == ""
    assert AuditEntry.objects.order_by("-id").values_list("action", flat=True)[0] == "resume:destination"


def test_the_state_of_an_open_breaker_and_of_a_held_delivery(admin, samples):
    broken = admin.get(path_of(samples, "Broken", "state")).json()
    held = admin.get(path_of(samples, "Held", "state")).json()

    assert (broken["breaker_state"], broken["breaker_failures"]) == ("open", 10)
    assert (broken["waiting"], broken["retrying"], broken["held"]) == (1, 1, 0)
    assert broken["open_until"]
    assert (held["waiting"], held["held"]) == (1, 1)
    assert held["oldest_waiting_at"][:19] == samples.event.received_at.isoformat()[:19]


def test_a_breaker_is_closed_by_hand(admin, samples):
    assert admin.post(path_of(samples, "Broken", "close-breaker")).json()["open_until"] is None

    assert DestinationLane.objects.get(destination=samples.destinations["Broken"]).breaker_open_until is None


def test_disabling_cancels_and_enabling_takes_later_events(admin, samples):
    assert admin.post(path_of(samples, action="disable")).json()["enabled"] is False
    assert admin.get(path_of(samples, action="state")).json()["waiting"] == 0
    assert admin.post(path_of(samples, action="enable")).json()["enabled"] is True


def test_a_destination_is_removed(admin, samples):
    assert admin.delete(path_of(samples)).status_code == 204
    assert admin.get(path_of(samples)).status_code == 404


def test_destinations_are_found_by_pipeline_vendor_and_mode(admin, samples):
    def names(**query):
        return {one["name"] for one in admin.get("destinations", **query).json()["results"]}

    assert len(names(pipeline=samples.pipeline.id, vendor="partnerstack")) == 11
    assert names(mode="sandbox") == names(vendor="adroll") == names(pipeline=uuid4()) == set()


def test_a_reader_changes_nothing(call, samples):
    reader, before = call(Role.READ_ONLY), AuditEntry.objects.count()

    answers = [
        reader.post("destinations", body(samples)),
        reader.patch(path_of(samples), {"name": "Mine"}),
        reader.delete(path_of(samples)),
        *(
            reader.post(path_of(samples, action=action))
            for action in ("publish", "discard", "pause", "resume", "enable", "disable", "close-breaker")
        ),
    ]

    assert [one.status_code for one in answers] == [403] * 10
    assert AuditEntry.objects.count() == before


@pytest.mark.django_db
def test_the_mode_left_out_of_a_patch_stays():
    pipeline = make_pipeline("audiohook")

    row = caller(pipeline.organization).patch(
        f"destinations/{pipeline.destinations.get().id}", {"name": "Audio"}
    )

    assert (row.json()["mode"], row.json()["name"]) == ("sandbox", "Audio")
