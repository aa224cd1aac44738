"""Configuration rows: made, changed and removed by somebody, audited, planned with from then on."""

import re

import pytest
from django.core.exceptions import ValidationError

from accounts.core.permissions import Role, permissions_of
from accounts.core.principal import Kind, Principal
from accounts.models import AuditEntry
from integrations.models import (
    Cluster,
    ConsentCategory,
    DeliveryResult,
    Destination,
    DestinationDraft,
    Pipeline,
    VendorRevision,
)
from integrations.services import configuration, destinations
from integrations.services.accept import accept
from integrations.services.snapshots import configuration_changed
from tests.integrations.pipelines import BY, FACTS, incoming, make_pipeline

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"


def member(pipeline, role):
    granted = {pipeline.organization_id: permissions_of(role)}
    return Principal(kind=Kind.USER, id="7", label="jo@acme.example", granted=granted, address="192.0.2.1")


def entries(action):
    return list(AuditEntry.objects.filter(action=action).values_list("actor", "changes", "is_staff"))


def version(pipeline):
    return Pipeline.objects.get(id=pipeline.id).config_version


def test_a_change_is_audited_with_its_differences_and_planned_with():
    pipeline = make_pipeline()
    before = version(pipeline)

    configuration.update(member(pipeline, Role.ADMIN), pipeline, {"consent_policy": "implied"})

    assert version(pipeline) == before + 1
    assert entries("update:pipeline") == [
        ("jo@acme.example", {"consent_policy": ["explicit", "implied"]}, False)
    ]


def test_what_others_changed_meanwhile_stays():
    pipeline = make_pipeline()
    stale = Pipeline.objects.get(id=pipeline.id)
    configuration_changed(pipeline.id)
    configuration_changed(pipeline.id)
    Pipeline.objects.filter(id=pipeline.id).update(honours_gpc=False)

    configuration.update(BY, stale, {"name": "Renamed"})

    fresh = Pipeline.objects.get(id=pipeline.id)
    assert (fresh.name, fresh.honours_gpc) == ("Renamed", False)
    assert fresh.config_version == 4


def test_no_difference_is_no_entry():
    pipeline = make_pipeline()

    configuration.update(BY, pipeline, {"name": pipeline.name})

    assert entries("update:pipeline") == []


def test_a_cluster_in_use_is_not_removed():
    pipeline = make_pipeline()

    with pytest.raises(ValidationError, match="still used"):
        configuration.remove(BY, pipeline.cluster)

    assert Cluster.objects.filter(id=pipeline.cluster_id).exists()
    assert entries("delete:cluster") == []


def test_removing_a_pipeline_cancels_what_waits_and_keeps_its_story():
    pipeline = make_pipeline("audiohook")
    accept([incoming(pipeline)], FACTS)

    configuration.remove(BY, pipeline)

    assert not Pipeline.objects.filter(id=pipeline.id).exists()
    assert DeliveryResult.objects.get().reason == "Audiohook was disabled."
    assert [actor for actor, _, _ in entries("delete:pipeline")] == ["a test"]


def test_a_changed_category_counts_for_every_pipeline_of_the_organization():
    pipeline = make_pipeline()
    before = version(pipeline)
    category = ConsentCategory.objects.get(organization=pipeline.organization)

    configuration.update(BY, category, {"name": "Ads"})

    assert version(pipeline) == before + 1


def renamed(destination, name="Other name"):
    wanted = destinations.wanted_of(destination)
    return destinations.Wanted(**{**wanted.__dict__, "name": name})


def test_an_integration_managers_change_waits_until_it_is_published():
    pipeline = make_pipeline("partnerstack")
    destination = pipeline.destinations.get()
    by = member(pipeline, Role.INTEGRATION_MANAGER)

    assert destinations.change_destination(by, destination, renamed(destination)) is False
    assert Destination.objects.get().name == "PartnerStack"
    assert entries("stage:destination") == [
        ("jo@acme.example", {"name": ["PartnerStack", "Other name"]}, False)
    ]

    destinations.publish_destination(member(pipeline, Role.DEPLOYMENT_MANAGER), destination)
    assert Destination.objects.get().name == "Other name"
    assert Destination.objects.get().secrets["secret_key"] == "demo-secret-key"
    assert not DestinationDraft.objects.exists()


def test_a_discarded_draft_changes_nothing():
    pipeline = make_pipeline("audiohook")
    destination = pipeline.destinations.get()
    by = member(pipeline, Role.INTEGRATION_MANAGER)
    destinations.change_destination(by, destination, renamed(destination))

    destinations.discard_draft(by, destination)

    assert Destination.objects.get().name == "Audiohook"
    assert not DestinationDraft.objects.exists()


def test_secrets_are_masked_in_the_audit_log():
    pipeline = make_pipeline("partnerstack")
    destination = pipeline.destinations.get()
    wanted = destinations.wanted_of(destination)
    values = {**wanted.values, "secret_key": "another-secret-key"}

    destinations.change_destination(
        BY, destination, destinations.Wanted(**{**wanted.__dict__, "values": values})
    )

    assert entries("update:destination") == [("a test", {"secrets.secret_key": ["••••", "••••"]}, False)]
    assert "demo-" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("role", [Role.ADMIN, Role.INTEGRATION_MANAGER])
def test_a_secret_is_not_shown_by_a_revision_that_declares_it_none(role):
    pipeline = make_pipeline("partnerstack")
    destination = pipeline.destinations.get()
    secret = destination.secrets["secret_key"]
    revision = without_secrets(destination.vendor_revision)
    wanted = {**destinations.wanted_of(destination).__dict__, "vendor_revision": revision}

    with pytest.raises(ValidationError) as refused:
        destinations.change_destination(member(pipeline, role), destination, destinations.Wanted(**wanted))

    assert set(refused.value.message_dict) == set(destination.secrets)
    stored = Destination.objects.get(pk=destination.pk)
    assert stored.secrets["secret_key"] == secret
    assert secret not in str(stored.settings)
    wanted["values"] = dict.fromkeys(wanted["values"], "not-a-secret")
    destinations.change_destination(BY, destination, destinations.Wanted(**wanted))
    assert Destination.objects.get(pk=destination.pk).settings["secret_key"] == "not-a-secret"


def without_secrets(revision):
    document = re.sub(r",? *secret: true", "", revision.document)
    assert document != revision.document
    return VendorRevision.objects.create(
        slug=revision.slug, name=revision.name, revision=2, document=document, sha256="2"
    )


def test_a_destination_must_have_a_category_of_its_own_organization():
    pipeline, other = make_pipeline("audiohook"), make_pipeline()
    destination = pipeline.destinations.get()
    wanted = destinations.wanted_of(destination).__dict__
    foreign = list(ConsentCategory.objects.filter(organization=other.organization))

    for categories, sentence in (([], "at least one"), (foreign, "another organization")):
        with pytest.raises(ValidationError, match=sentence):
            destinations.change_destination(
                BY, destination, destinations.Wanted(**{**wanted, "categories": categories})
            )
    assert destination.consent_categories.count() == 1


def test_the_mode_does_not_change_while_deliveries_wait():
    pipeline = make_pipeline("audiohook")
    destination = pipeline.destinations.get()
    accept([incoming(pipeline)], FACTS)
    wanted = destinations.Wanted(**{**destinations.wanted_of(destination).__dict__, "mode": "live"})

    with pytest.raises(ValidationError, match="still wait"):
        destinations.change_destination(BY, destination, wanted)
    assert Destination.objects.get().mode == "sandbox"

    destinations.disable_destination(BY, destination)
    destinations.change_destination(BY, destination, wanted)
    assert Destination.objects.get().mode == "live"
