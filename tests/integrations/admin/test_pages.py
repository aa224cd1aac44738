"""Every page renders for everybody who may see it, shows no secret, and counts no cold table."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.models import ApiToken
from integrations.models import (
    Attempt,
    DeliveryRecord,
    Destination,
    Event,
    Pipeline,
    VendorRevision,
    WriteKey,
)
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.pages import LOGS, MODELS, add_of, list_of, page_of, pages, registered
from tests.integrations.admin.samples import EMAIL, SECRET, Samples

COLD_COUNT = re.compile(r"COUNT\(.*integrations_(event|deliveryresult|deliveryrecord|attempt)\b", re.DOTALL)


def test_it_has_a_page_for_every_model_of_the_issue() -> None:
    assert registered() == set(MODELS)


@pytest.mark.parametrize("model", MODELS)
def test_it_lists_every_model_for_staff(staff: Client, samples: Samples, model: type) -> None:
    assert staff.get(list_of(model)).status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_it_renders_every_page_for_every_role(sign_in: SignIn, samples: Samples, role: Role) -> None:
    client = sign_in(role)
    addresses = [reverse("admin:index"), *map(list_of, MODELS), *pages(samples).values()]

    answers = {address: client.get(address, follow=True).status_code for address in addresses}

    hidden = {pages(samples)[ApiToken]: 404} if role == Role.READ_ONLY else {}
    assert answers == {**dict.fromkeys(addresses, 200), **hidden}


def test_it_renders_every_form_for_staff(staff: Client, samples: Samples) -> None:
    revision = samples.destinations["Held"].vendor_revision_id
    names = ("cluster", "pipeline", "writekey", "consentcategory", "destination")
    addresses = [reverse(f"admin:integrations_{name}_add") for name in names]
    addresses += [reverse(f"admin:accounts_{name}_add") for name in ("organization", "user", "invitation")]
    addresses.append(f"{reverse('admin:accounts_apitoken_add')}?organization={samples.organization.id}")
    addresses.append(f"{reverse('admin:integrations_destination_add')}?vendor_revision={revision}")

    assert [staff.get(address).status_code for address in addresses] == [200] * 10


def test_it_shows_no_secret_on_any_page(staff: Client, samples: Samples) -> None:
    addresses = [reverse("admin:index"), *map(list_of, MODELS), *pages(samples).values()]

    bodies = [staff.get(address, follow=True).content.decode() for address in addresses]

    assert SECRET not in "".join(bodies)
    assert "•••• is set" in "".join(bodies)


@pytest.mark.parametrize("role", [Role.DEPLOYMENT_MANAGER, Role.INTEGRATION_MANAGER, Role.READ_ONLY])
def test_it_shows_no_personal_data_without_the_grant(sign_in: SignIn, samples: Samples, role: Role) -> None:
    client = sign_in(role)
    addresses = [reverse("admin:index"), *map(list_of, LOGS), *pages(samples).values()]

    bodies = "".join(client.get(address, follow=True).content.decode() for address in addresses)

    assert EMAIL not in bodies
    assert "user-4242" not in bodies
    assert "u•••42" in bodies


def test_it_shows_personal_data_with_the_grant(sign_in: SignIn, samples: Samples) -> None:
    client = sign_in(Role.READ_ONLY, can_read_events=True)

    body = client.get(pages(samples)[Event]).content.decode()

    assert EMAIL in body
    assert "user-4242" in body


@pytest.mark.parametrize("model", LOGS)
def test_its_log_lists_count_nothing_and_ask_few_queries(
    staff: Client, samples: Samples, model: type
) -> None:
    staff.get(list_of(model))

    with CaptureQueriesContext(
        connection,
    ) as queries:
        staff.get(f"{list_of(model)}?p=1")

    # The operators' switches are read once a second.
    statements = [query["sql"] for query in queries if "integrations_operatorswitch" not in query["sql"]]
    assert not [sql for sql in statements if COLD_COUNT.search(sql)]
    assert len(statements) <= 8


def test_its_dashboard_counts_only_what_is_hot(staff: Client, samples: Samples) -> None:
    with CaptureQueriesContext(connection) as queries:
        body = staff.get(reverse("admin:index")).content.decode()

    counted = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert all('FROM "integrations_delivery"' in sql for sql in counted)
    assert len(counted) == 1
    assert len(queries) <= 11
    assert "Open breakers" in body


def test_its_destination_list_asks_one_query_for_all_that_waits(staff: Client, samples: Samples) -> None:
    with CaptureQueriesContext(connection) as queries:
        body = staff.get(list_of(samples.destinations["Held"].__class__)).content.decode()

    assert len([q for q in queries if '"integrations_delivery"' in q["sql"]]) == 1
    assert "1 (1 held)" in body


def test_its_vendor_page_shows_settings_and_examples(sign_in: SignIn, samples: Samples) -> None:
    body = sign_in(Role.READ_ONLY).get(pages(samples)[VendorRevision]).content.decode()

    assert "Tracking token" in body
    assert "slug: partnerstack" in body
    assert "Signed Up with a click id and sub-ids" in body


def test_its_delivery_page_is_the_event_page(staff: Client, samples: Samples) -> None:
    answer = staff.get(pages(samples)[DeliveryRecord])

    held = samples.destinations["Held"]
    assert answer["Location"] == f"{pages(samples)[Event]}#{held.id}"


def test_its_attempt_page_names_no_query_of_the_address_without_the_grant(
    sign_in: SignIn, samples: Samples
) -> None:
    body = sign_in(Role.READ_ONLY).get(pages(samples)[Attempt]).content.decode()

    assert "https://vendor.example/conversion/xid?•••" in body


def test_what_a_role_may_not_or_is_not_there_leads_back(sign_in: SignIn, samples: Samples) -> None:
    reader = sign_in(Role.READ_ONLY)

    refused = reader.get(add_of(Destination))
    missing = reader.get("/admin/nothing/")

    assert (refused.status_code, missing.status_code) == (403, 404)
    assert "Your role does not allow this." in refused.content.decode()
    assert all('href="/admin/">To the admin' in answer.content.decode() for answer in (refused, missing))


def test_an_empty_list_says_whether_a_filter_hides_the_rows(staff: Client, samples: Samples) -> None:
    hidden = staff.get(f"{list_of(Destination)}?q=nothing-of-this-name").content.decode()
    ApiToken.objects.all().delete()
    none = staff.get(list_of(ApiToken)).content.decode()

    assert "No destinations fit the search and the filters." in hidden
    assert "There are no API tokens that you may see." in none


def test_a_row_is_called_as_it_is(staff: Client, samples: Samples) -> None:
    key = WriteKey.objects.order_by("key").last()
    assert key is not None
    WriteKey.objects.filter(pk=key.pk).update(key="lower_case_key")

    body = staff.get(page_of(WriteKey, key.pk)).content.decode()

    assert "lower_case_key" in body
    assert "Lower_case_key" not in body


def test_the_only_organization_is_chosen_already(sign_in: SignIn, samples: Samples) -> None:
    body = sign_in(Role.ADMIN).get(add_of(Pipeline)).content.decode()

    assert f'<option value="{samples.organization.id}" selected>' in body
    assert f'<option value="{samples.cluster.id}" selected>' in body


def test_deleting_tells_only_of_what_has_a_page(sign_in: SignIn, samples: Samples) -> None:
    path = reverse("admin:integrations_pipeline_delete", args=[samples.pipeline.id])

    body = sign_in(Role.ADMIN).get(path).content.decode()

    assert "Destinations:" in body
    assert "relationship" not in body
    assert "lane" not in body.lower().replace("plane", "")
