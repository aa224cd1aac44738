"""No object of one organization is ever visible to a member of another."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.models import Organization
from integrations.models import Cluster, Destination, Pipeline, VendorRevision
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.pages import MODELS, add_of, list_of, page_of, pages
from tests.integrations.admin.samples import Samples, make_user

OWN = [model for model in MODELS if model is not VendorRevision]


@pytest.mark.parametrize("model", OWN)
def test_a_stranger_finds_nothing_in_a_list(stranger: Client, samples: Samples, model: type) -> None:
    make_user("member@sample.example", samples.organization, Role.ADMIN)

    body = stranger.get(list_of(model)).content.decode()

    page = pages(samples)[model]
    assert page not in body
    assert "Sample shop" not in body
    assert "sample.example" not in body


@pytest.mark.parametrize("model", OWN)
def test_a_stranger_finds_no_page(stranger: Client, samples: Samples, model: type) -> None:
    make_user("member@sample.example", samples.organization, Role.ADMIN)

    assert stranger.get(pages(samples)[model]).status_code == 404


def test_a_stranger_sees_nothing_of_others_on_the_dashboard(stranger: Client, samples: Samples) -> None:
    assert "Sample shop" not in stranger.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("model", [Pipeline, Cluster])
def test_a_form_offers_no_other_organization(stranger: Client, samples: Samples, model: type) -> None:
    body = stranger.get(add_of(model)).content.decode()

    assert "Other shop" in body
    assert "Sample shop" not in body


@pytest.mark.parametrize("action", ["pause", "resume", "disable", "enable", "close_breaker"])
def test_a_stranger_changes_no_destination(stranger: Client, samples: Samples, action: str) -> None:
    destination = samples.destinations["Paused"]

    answer = stranger.post(
        reverse(f"admin:integrations_destination_{action}", args=[destination.id]), {"_form_submitted": "on"}
    )

    assert answer.status_code in (403, 404)
    destination.lane.refresh_from_db()
    assert destination.lane.paused_reason == "Token expired."


def test_a_posted_foreign_organization_is_refused(stranger: Client, samples: Samples) -> None:
    values = {"organization": samples.organization.id, "name": "Mine now", "base_url": "https://x.example"}

    answer = stranger.post(add_of(Cluster), values)

    assert "Select a valid choice" in answer.content.decode()
    assert not Cluster.objects.filter(name="Mine now").exists()


def test_a_reader_is_refused_every_change(sign_in: SignIn, samples: Samples) -> None:
    client = sign_in(Role.READ_ONLY)
    destination = samples.destinations["Waiting"]

    answers = [
        client.post(pages(samples)[Pipeline], {"name": "Changed"}),
        client.post(page_of(Destination, destination.id), {"name": "Changed"}),
        client.post(page_of(Organization, samples.organization.id), {"name": "Changed"}),
        client.get(add_of(Destination)),
        client.post(reverse("admin:integrations_destination_pause", args=[destination.id])),
        client.post(reverse("admin:integrations_writekey_revoke", args=[samples.key.id])),
        client.post(reverse("admin:integrations_pipeline_create_key", args=[samples.pipeline.id])),
    ]

    assert [answer.status_code for answer in answers] == [403] * 7
    assert not Pipeline.objects.filter(name="Changed").exists()


def test_an_integration_manager_can_not_revoke_keys(sign_in: SignIn, samples: Samples) -> None:
    client = sign_in(Role.INTEGRATION_MANAGER)

    answer = client.post(
        reverse("admin:integrations_writekey_revoke", args=[samples.key.id]), {"_form_submitted": "on"}
    )

    assert answer.status_code == 403
    samples.key.refresh_from_db()
    assert samples.key.revoked_at is None
