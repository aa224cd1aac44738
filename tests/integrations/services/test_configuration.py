"""Vendors, destinations and write keys: revisions, secrets at rest, what follows a change."""

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import connection

from accounts.fields import UndecryptableSecret
from integrations.models import Delivery, DeliveryResult, Destination, Pipeline, VendorRevision
from integrations.services import destinations, write_keys
from integrations.services.accept import accept
from integrations.services.catalogue import catalogue
from integrations.services.vendors import load_catalogue, newest_revision
from tests.integrations.pipelines import BY, FACTS, connect, incoming, key_of, make_pipeline

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"


def version(pipeline):
    return Pipeline.objects.get(id=pipeline.id).config_version


def test_each_builtin_vendor_becomes_one_revision_until_its_file_changes():
    older = {"name": "AdRoll", "document": "as it was before", "sha256": "as it was before"}
    VendorRevision.objects.create(slug="adroll", revision=1, **older)

    made = {revision.slug: revision.revision for revision in load_catalogue()}

    assert made == {**dict.fromkeys(catalogue(), 1), "adroll": 2}
    assert load_catalogue() == []


def test_secrets_are_ciphertext_in_the_database_and_whole_in_python():
    pipeline = make_pipeline("partnerstack")

    with connection.cursor() as cursor:
        cursor.execute("SELECT settings::text, secrets FROM integrations_destination")
        shown, hidden = cursor.fetchone()

    assert "demo-" not in shown + hidden
    assert pipeline.destinations.get().secrets["secret_key"] == "demo-secret-key"


def test_secrets_outlive_a_key_rotation_and_say_when_their_key_is_gone(settings):
    from cryptography.fernet import Fernet

    make_pipeline("partnerstack")
    old, new = settings.ENCRYPTION_KEYS, Fernet.generate_key().decode()

    settings.ENCRYPTION_KEYS = [new, *old]
    assert Destination.objects.get().secrets["secret_key"] == "demo-secret-key"
    settings.ENCRYPTION_KEYS = [new]
    with pytest.raises(UndecryptableSecret, match="ENCRYPTION_KEYS"):
        Destination.objects.get()


def test_secrets_cannot_be_searched():
    with pytest.raises(FieldError, match="encrypted"):
        Destination.objects.filter(secrets="x").exists()


def test_bad_settings_are_refused_field_by_field_and_nothing_is_made():
    pipeline = make_pipeline("audiohook")

    with pytest.raises(ValidationError) as refusal:
        connect(pipeline, "adroll", [], advertisable_eid="not valid!", pixel_eid="OK")

    assert set(refusal.value.message_dict) == {"advertisable_eid", "server_access_token"}
    assert pipeline.destinations.count() == 1


def test_sandbox_mode_needs_the_operators_permission(settings):
    settings.SANDBOX_URL = ""

    with pytest.raises(ValidationError, match="SANDBOX_URL"):
        make_pipeline("audiohook")


def test_disabling_cancels_what_waits_and_counts_as_a_change():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline), incoming(pipeline)], FACTS)
    before = version(pipeline)

    assert destinations.disable_destination(BY, pipeline.destinations.get()) == 2

    assert version(pipeline) == before + 1
    assert Delivery.objects.count() == 0
    assert {one.reason for one in DeliveryResult.objects.all()} == {"Audiohook was disabled."}


def test_pausing_lets_wait_with_a_reason_until_resumed():
    destination = make_pipeline("audiohook").destinations.get()

    destinations.pause_destination(BY, destination, "The vendor migrates.")
    destination.lane.refresh_from_db()
    assert destination.lane.paused_reason == "The vendor migrates."
    destinations.resume_destination(BY, destination)
    destination.lane.refresh_from_db()
    assert destination.lane.paused_reason == ""


def test_a_connected_destination_pins_the_newest_revision():
    make_pipeline("audiohook")

    assert Destination.objects.get().vendor_revision == newest_revision("audiohook")


def test_the_first_key_is_primary_and_another_can_take_over():
    pipeline = make_pipeline()
    spare = write_keys.create_write_key(BY, pipeline)

    assert (pipeline.write_keys.get(is_primary=True).key, spare.is_primary) == (key_of(pipeline), False)
    write_keys.make_primary(BY, spare)
    assert key_of(pipeline) == spare.key


def test_the_primary_key_is_revoked_only_as_the_last_one():
    pipeline = make_pipeline()
    primary, spare = pipeline.write_keys.get(), write_keys.create_write_key(BY, pipeline)

    with pytest.raises(ValidationError, match="primary"):
        write_keys.revoke_write_key(BY, primary)
    write_keys.revoke_write_key(BY, spare)
    write_keys.revoke_write_key(BY, primary)
    assert pipeline.write_keys.filter(revoked_at=None).count() == 0


def test_a_key_of_ones_own_must_have_the_right_letters():
    with pytest.raises(ValidationError, match="letters, digits"):
        write_keys.create_write_key(BY, make_pipeline(), "no spaces please")
