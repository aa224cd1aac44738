"""No row of one organization is visible to another, no secret to anybody, and no list asks row by row."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from accounts.core.permissions import Role
from accounts.models import AuditEntry, Member
from integrations.models import Cluster, Destination, DestinationDraft, Pipeline, WriteKey
from integrations.services.destinations import Wanted, change_destination
from integrations.services.vendors import newest_revision
from tests.integrations.admin.samples import BY, SECRET, make_samples, make_user
from tests.integrations.api.conftest import Caller, told

LISTS = (
    "clusters",
    "pipelines",
    "consent-categories",
    "write-keys",
    "vendors",
    "vendors/partnerstack/revisions",
    "destinations",
    "events",
    "deliveries",
    "attempts",
    "metrics/hourly",
)
DRAFTED = "a-drafted-token"


def pages(samples):
    """The page of one row of every resource."""
    waiting, held = samples.destinations["Waiting"].id, samples.deliveries["Held"]
    return [
        f"clusters/{samples.cluster.id}",
        f"pipelines/{samples.pipeline.id}",
        f"consent-categories/{samples.category.id}",
        f"write-keys/{samples.key.id}",
        f"destinations/{waiting}",
        f"destinations/{waiting}/state",
        f"events/{samples.event.id}",
        f"deliveries/{held}",
        f"attempts/{samples.attempt.id}",
    ]


def writes(samples):
    """Every write on a row, with a body that would be right."""
    waiting = f"destinations/{samples.destinations['Waiting'].id}"
    held, key = f"deliveries/{samples.deliveries['Held']}", f"write-keys/{samples.key.id}"
    event = {"event": {"type": "page", "userId": "u"}}
    return [
        ("patch", f"clusters/{samples.cluster.id}", {"name": "Mine"}),
        ("patch", f"pipelines/{samples.pipeline.id}", {"name": "Mine"}),
        ("patch", f"consent-categories/{samples.category.id}", {"name": "Mine"}),
        ("patch", waiting, {"name": "Mine"}),
        *(
            ("post", f"{waiting}/{action}", {})
            for action in ("publish", "discard", "pause", "resume", "enable", "disable", "close-breaker")
        ),
        ("post", f"{waiting}/preview", event),
        ("post", f"{waiting}/test", event),
        ("post", f"{held}/send-again", {}),
        ("post", f"{held}/mark-delivered", {}),
        ("post", f"{held}/cancel", {}),
        ("post", f"{key}/make-primary", {}),
        ("post", f"{key}/revoke", {}),
    ]


def test_a_stranger_finds_nothing_of_others(stranger, samples):
    for path in LISTS:
        body = stranger.get(path).content.decode()
        assert "Sample shop" not in body, path
        for row in (samples.pipeline, samples.cluster, samples.event, *samples.destinations.values()):
            assert str(row.id) not in body, path


def test_a_stranger_gets_no_row_and_changes_none(stranger, samples):
    before = AuditEntry.objects.count()

    answers = [stranger.get(path) for path in pages(samples)]
    answers += [getattr(stranger, method)(path, body) for method, path, body in writes(samples)]
    answers += [stranger.delete(path) for path in pages(samples)[:5] if "write-keys" not in path]

    assert {answer.status_code for answer in answers} == {404}
    assert AuditEntry.objects.count() == before
    assert not Pipeline.objects.filter(name="Mine").exists()


def test_a_strangers_filters_find_nothing(stranger, samples):
    destination = samples.destinations["Delivered"].id
    for path, query in [
        ("write-keys", {"pipeline": samples.pipeline.id}),
        ("destinations", {"pipeline": samples.pipeline.id}),
        ("events", {"pipeline": samples.pipeline.id}),
        ("events", {"message_id": samples.event.message_id}),
        ("deliveries", {"event": samples.event.id}),
        ("attempts", {"destination": destination}),
        ("attempts", {"delivery": samples.deliveries["Delivered"]}),
    ]:
        assert stranger.get(path, **query).json()["results"] == [], path


@pytest.fixture
def other(samples):
    """Another organization's rows, for bodies that name them."""
    return make_samples("others", "Other shop")


def test_anothers_rows_in_a_body_are_refused_as_unknown_ones_are(admin, samples, other):
    own = {"name": "Stray", "kind": "web"}
    connected = {"vendor": "partnerstack", "name": "Stray", "consent_categories": ["advertising"]}

    def both(path, member, theirs, body):
        """The refusals of another's id and of one that nobody has."""
        return [told(admin.post(path, {**body, member: str(given)})) for given in (theirs, uuid4())]

    for theirs, unknown in [
        both("pipelines", "cluster", other.cluster.id, own),
        both("write-keys", "pipeline", other.pipeline.id, {}),
        both("destinations", "pipeline", other.pipeline.id, connected),
        both(
            "clusters", "organization", other.organization.id, {"name": "S", "base_url": "https://s.example"}
        ),
    ]:
        assert theirs == unknown
        assert len(theirs) == 1
    moved = admin.patch(f"pipelines/{samples.pipeline.id}", {"cluster": str(other.cluster.id)})
    assert list(told(moved)) == ["#/cluster"]
    assert not Pipeline.objects.filter(name="Stray").exists()
    assert not Destination.objects.filter(name="Stray").exists()
    assert (Cluster.objects.count(), WriteKey.objects.count()) == (2, 4)


def test_a_pipeline_stays_in_its_organization_even_for_a_member_of_both(samples, other):
    user = make_user("both@here.example", samples.organization)
    Member.objects.create(organization=other.organization, user=user, role=Role.ADMIN)
    client = Client()
    client.force_login(user)

    answer = client.patch(
        f"/api/v1/pipelines/{samples.pipeline.id}",
        {"cluster": str(other.cluster.id)},
        content_type="application/json",
    )

    assert told(answer) == {"#/cluster": "There is none with this id that you may use here."}
    assert Pipeline.objects.get(id=samples.pipeline.id).cluster_id == samples.cluster.id


def test_categories_are_those_of_the_pipelines_organization(admin, samples, other):
    other.category.code = "theirs"
    other.category.save()

    path = f"destinations/{samples.destinations['Waiting'].id}"
    answer = admin.patch(path, {"consent_categories": ["theirs"]})

    assert told(answer) == {
        "#/consent_categories": 'There is no consent category "theirs" in this organization.'
    }


def test_no_route_shows_a_secret(admin, samples):
    destination = samples.destinations["Waiting"]
    wanted = Wanted(
        name="Waiting",
        vendor_revision=newest_revision("partnerstack"),
        mode="live",
        values={"tracking_token": SECRET, "secret_key": DRAFTED},
        categories=[samples.category],
    )
    draft = DestinationDraft.objects.create(
        destination=destination,
        vendor_revision=wanted.vendor_revision,
        name="Waiting",
        mode="live",
        secrets=dict(wanted.values),
        staged_by="somebody",
    )
    draft.consent_categories.set([samples.category])

    paths = [*LISTS, *pages(samples), "audit", "vendors/partnerstack", "vendors/partnerstack/revisions/1"]
    answers = {path: admin.get(path) for path in paths}
    answers["changed"] = admin.patch(
        f"destinations/{samples.destinations['Paused'].id}", {"settings": {"secret_key": f"{SECRET}-3"}}
    )
    answers["audit after"] = admin.get("audit")

    assert {answer.status_code for answer in answers.values()} == {200}
    assert answers[f"destinations/{destination.id}"].json()["draft"]["secrets_set"] == [
        "secret_key",
        "tracking_token",
    ]
    for path, answer in answers.items():
        body = answer.content.decode()
        assert SECRET not in body, path
        assert DRAFTED not in body, path
        assert "public-key" not in body, path


def test_lists_ask_the_database_a_fixed_number_of_times(admin, samples, django_assert_max_num_queries):
    for name in ("Waiting", "Paused", "Held"):
        destination = Destination.objects.select_related("pipeline").get(id=samples.destinations[name].id)
        wanted = Wanted(
            name=name,
            vendor_revision=destination.vendor_revision,
            mode="live",
            values={},
            categories=[samples.category],
            delay_s=5,
        )
        change_destination(BY, destination, wanted)
    admin.get("vendors")
    for path in LISTS:
        with django_assert_max_num_queries(9):
            admin.get(path)


def test_a_story_asks_the_database_a_fixed_number_of_times(admin, samples, django_assert_max_num_queries):
    for path in (f"events/{samples.event.id}", f"deliveries/{samples.deliveries['Delivered']}"):
        with django_assert_max_num_queries(11):
            admin.get(path)


def test_a_reader_reads_everything_but_contents(call, samples):
    reader: Caller = call(Role.READ_ONLY)

    assert {reader.get(path).status_code for path in (*LISTS, *pages(samples))} == {200}


@pytest.mark.django_db
def test_nobody_gets_in_without_a_token(samples):
    nobody = Caller("s2s_wrong")

    assert {nobody.get(path).status_code for path in (*LISTS, *pages(samples))} == {401}
