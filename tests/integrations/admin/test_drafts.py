"""Staged changes of destinations: shown, gone on from, published, discarded."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.models import AuditEntry
from integrations.models import Destination, DestinationDraft
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.pages import list_of, page_of
from tests.integrations.admin.samples import SECRET, Samples, make_samples
from tests.integrations.admin.test_destinations import add, change

NEW = "another-tracking-token"


@pytest.fixture
def manager(sign_in: SignIn) -> Client:
    """Somebody who may configure and not publish."""
    return sign_in(Role.INTEGRATION_MANAGER)


@pytest.fixture
def publisher(sign_in: SignIn) -> Client:
    return sign_in(Role.DEPLOYMENT_MANAGER)


def stage(client: Client, samples: Samples, **changed: Any) -> Any:
    return change(client, samples, "Held", **{"name": "Renamed", **changed})


def held(samples: Samples) -> Destination:
    return Destination.objects.get(id=samples.destinations["Held"].id)


def page(client: Client, samples: Samples) -> str:
    return client.get(page_of(Destination, samples.destinations["Held"].id)).content.decode()


def dialog(samples: Samples, verb: str) -> str:
    return reverse(f"admin:integrations_destination_{verb}", args=[samples.destinations["Held"].id])


def decide(client: Client, samples: Samples, verb: str) -> Any:
    """As a person does: open the dialog, look, confirm."""
    body = client.get(dialog(samples, verb)).content.decode()
    (staged_at,) = re.findall(r'name="staged_at" value="([^"]*)"', body)
    return client.post(dialog(samples, verb), {"_form_submitted": "on", "staged_at": staged_at})


def last_action() -> str:
    return AuditEntry.objects.latest("id").action


# --- Staging ---
def test_who_may_not_publish_stages(manager: Client, samples: Samples) -> None:
    before = AuditEntry.objects.count()

    stage(manager, samples, setting_tracking_token=NEW)

    entry = AuditEntry.objects.latest("id")
    assert held(samples).name == "Held"
    assert DestinationDraft.objects.get().name == "Renamed"
    assert (entry.action, AuditEntry.objects.count()) == ("stage:destination", before + 1)
    assert entry.changes == {"name": ["Held", "Renamed"], "secrets.tracking_token": ["••••", "••••"]}


def test_a_default_that_only_stood_in_the_form_is_not_staged(manager: Client, samples: Samples) -> None:
    before = held(samples).settings

    stage(manager, samples)

    assert DestinationDraft.objects.get().settings == before


def test_the_dashboard_counts_what_waits_to_be_published(
    manager: Client, publisher: Client, samples: Samples
) -> None:
    stage(manager, samples)

    body = publisher.get(reverse("admin:index")).content.decode()

    assert f'href="{list_of(Destination)}?draft=waiting">1</a>' in body


def test_it_says_that_it_is_staged_and_not_that_it_is_changed(manager: Client, samples: Samples) -> None:
    answer = stage(manager, samples)

    body = manager.get(answer["Location"]).content.decode()
    assert "Staged: it is in force once an Admin or a Deployment Manager publishes it." in body
    assert "was changed successfully" not in body


def test_what_is_connected_without_publishing_is_off(manager: Client, samples: Samples) -> None:
    add(manager, samples)

    assert not Destination.objects.get(name="New one").enabled
    body = manager.get(list_of(Destination)).content.decode()
    assert "New one is connected and off until an Admin or a Deployment Manager enables it." in body


def test_the_page_shows_who_staged_what(manager: Client, samples: Samples, publisher: Client) -> None:
    stage(manager, samples, setting_tracking_token=NEW, delay_s="30")

    body = page(publisher, samples)

    assert "Staged by <b>integration_manager@sample.example</b>" in body
    assert ">Held</td>" in body
    assert "<b>Renamed</b>" in body
    assert "<b>30</b>" in body
    assert "<td>Tracking token</td>" in body
    assert "<b>changed</b>" in body
    assert NEW not in body
    assert SECRET not in body


def test_a_reader_sees_the_draft_and_no_button(manager: Client, samples: Samples, sign_in: SignIn) -> None:
    stage(manager, samples)

    body = page(sign_in(Role.READ_ONLY), samples)

    assert "<b>Renamed</b>" in body
    assert dialog(samples, "publish") not in body
    assert dialog(samples, "discard") not in body


def test_without_a_draft_there_is_no_button(publisher: Client, samples: Samples) -> None:
    body = page(publisher, samples)

    assert "Draft waiting" not in body
    assert dialog(samples, "publish") not in body
    assert publisher.post(dialog(samples, "publish")).status_code == 403


def test_who_stages_again_goes_on_from_what_waits(manager: Client, samples: Samples) -> None:
    stage(manager, samples, setting_tracking_token=NEW)

    assert 'value="Renamed"' in page(manager, samples)
    stage(manager, samples, delay_s="30")

    draft = DestinationDraft.objects.get()
    assert (draft.name, draft.delay_s, draft.secrets["tracking_token"]) == ("Renamed", 30, NEW)
    assert held(samples).secrets["tracking_token"] == SECRET


def test_a_publisher_begins_with_what_is_in_force(
    manager: Client, publisher: Client, samples: Samples
) -> None:
    stage(manager, samples)

    body = page(publisher, samples)

    assert 'name="name" value="Held"' in body
    assert "drops this draft" in body


# --- The list ---
def test_the_list_marks_and_filters_drafts(manager: Client, samples: Samples) -> None:
    stage(manager, samples)
    held_id = samples.destinations["Held"].id

    def ids(query: str) -> set[Any]:
        answer = manager.get(f"{list_of(Destination)}?{query}")
        return {row.id for row in answer.context["cl"].result_list}

    rows = manager.get(list_of(Destination)).context["cl"].result_list
    assert {row.id for row in rows if row.has_draft} == {held_id}
    assert ids("draft=waiting") == {held_id}
    assert ids("draft=none") == {one.id for one in samples.destinations.values()} - {held_id}


# --- Deciding ---
def test_the_dialog_shows_what_it_decides_about(manager: Client, publisher: Client, samples: Samples) -> None:
    stage(manager, samples, setting_tracking_token=NEW)

    body = publisher.get(dialog(samples, "publish")).content.decode()

    assert "Publish the staged change?" in body
    assert "<b>Renamed</b>" in body
    assert "<b>changed</b>" in body
    assert NEW not in body
    assert held(samples).name == "Held"


def test_publishing_puts_it_in_force(manager: Client, publisher: Client, samples: Samples) -> None:
    stage(manager, samples, setting_tracking_token=NEW)

    answer = decide(publisher, samples, "publish")

    entry = AuditEntry.objects.latest("id")
    assert answer["HX-Redirect"] == page_of(Destination, samples.destinations["Held"].id)
    assert (held(samples).name, held(samples).secrets["tracking_token"]) == ("Renamed", NEW)
    assert not DestinationDraft.objects.exists()
    assert (entry.action, entry.actor) == ("publish:destination", "deployment_manager@sample.example")
    assert entry.changes == {"name": ["Held", "Renamed"], "secrets.tracking_token": ["••••", "••••"]}


def test_discarding_leaves_it_as_it_is(manager: Client, publisher: Client, samples: Samples) -> None:
    stage(manager, samples)

    decide(publisher, samples, "discard")

    assert held(samples).name == "Held"
    assert not DestinationDraft.objects.exists()
    assert last_action() == "discard:destination"


@pytest.mark.parametrize("verb", ["publish", "discard"])
def test_a_draft_that_changed_since_it_was_shown_is_not_decided(
    manager: Client, publisher: Client, samples: Samples, verb: str
) -> None:
    stage(manager, samples)
    body = publisher.get(dialog(samples, verb)).content.decode()
    (staged_at,) = re.findall(r'name="staged_at" value="([^"]*)"', body)
    stage(manager, samples, name="Something else")

    publisher.post(dialog(samples, verb), {"_form_submitted": "on", "staged_at": staged_at})

    assert held(samples).name == "Held"
    assert DestinationDraft.objects.get().name == "Something else"
    assert last_action() == "stage:destination"
    assert "The staged change is another one by now" in page(publisher, samples)


def test_who_stages_discards_and_does_not_publish(manager: Client, samples: Samples) -> None:
    stage(manager, samples)
    body = page(manager, samples)
    assert dialog(samples, "publish") not in body
    assert dialog(samples, "discard") in body

    decide(manager, samples, "discard")

    assert not DestinationDraft.objects.exists()
    assert last_action() == "discard:destination"


@pytest.mark.parametrize(
    ("role", "verb"),
    [
        (Role.INTEGRATION_MANAGER, "publish"),
        (Role.READ_ONLY, "publish"),
        (Role.READ_ONLY, "discard"),
    ],
)
def test_others_decide_nothing(
    sign_in: SignIn, samples: Samples, staff: Client, role: Role, verb: str
) -> None:
    client = sign_in(role)
    _make_draft(samples)
    before = AuditEntry.objects.count()

    answer = client.post(dialog(samples, verb), {"_form_submitted": "on", "staged_at": "x"})

    assert answer.status_code == 403
    assert DestinationDraft.objects.exists()
    assert AuditEntry.objects.count() == before


def test_a_stranger_decides_nothing(stranger: Client, samples: Samples) -> None:
    _make_draft(samples)

    answer = stranger.post(dialog(samples, "publish"), {"_form_submitted": "on", "staged_at": "x"})

    assert answer.status_code in (403, 404)
    assert held(samples).name == "Held"


def test_staging_in_one_organization_is_not_publishing_in_another(samples: Samples) -> None:
    """An Admin elsewhere who is an Integration Manager here stages here."""
    from tests.integrations.admin.samples import make_user

    others = make_samples("others", "Other shop")
    user = make_user("both@sample.example", samples.organization, Role.INTEGRATION_MANAGER)
    others.organization.members.create(user=user, role=Role.ADMIN)
    client = Client()
    client.force_login(user)

    stage(client, samples)

    assert held(samples).name == "Held"
    assert client.post(dialog(samples, "publish")).status_code == 403


def test_saving_by_a_publisher_drops_the_draft(manager: Client, publisher: Client, samples: Samples) -> None:
    stage(manager, samples)

    change(publisher, samples, "Held", name="Mine")

    assert held(samples).name == "Mine"
    assert not DestinationDraft.objects.exists()


def _make_draft(samples: Samples) -> None:
    destination = held(samples)
    DestinationDraft.objects.create(
        destination=destination,
        vendor_revision=destination.vendor_revision,
        name="Renamed",
        mode="live",
        settings=destination.settings,
        secrets=destination.secrets,
        staged_by="somebody",
    )
