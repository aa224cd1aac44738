"""Vendors of the organization's own, by API."""

from __future__ import annotations

import pytest

from accounts.models import Organization
from integrations.models import VendorRevision
from tests.integrations.core.questionnaire.filled import GET
from tests.integrations.services.test_custom_vendors import TEXT

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(samples):
    return str(samples.organization.id)


def test_a_definition_becomes_a_vendor_and_its_next_revision(admin, organization):
    made = admin.post("vendors", {"organization": organization, "document": TEXT})
    next_one = admin.post("vendors/acme-own/revisions", {"document": TEXT.replace("Takes", "Counts")})
    same = admin.post("vendors/acme-own/revisions", {"document": TEXT.replace("Takes", "Counts")})

    assert (made.status_code, made.json()["slug"], made.json()["revision"]) == (201, "acme-own", 1)
    assert (next_one.status_code, same.status_code) == (201, 200)
    changed = admin.get("vendors/acme-own/revisions/2/differences").json()
    assert changed["changes"] == [{"place": "about", "before": "Takes events.", "after": "Counts events."}]
    assert admin.get("vendors/acme-own/revisions/1/differences").json()["older"] is None
    assert admin.get("vendors/acme-own/revisions/2/differences", against="7").status_code == 404


def test_the_fields_that_mapping_changes_can_name_are_listed_by_revision(admin, organization):
    two = "{rule: any, when: {type: track}, operation: event, fields: {plan: $properties.plan}}"
    more = TEXT.replace("{rule: any, when: {type: track}, operation: event}", two)
    more = more.replace("fallback: drop", "fallback: {operation: event}")
    admin.post("vendors", {"organization": organization, "document": TEXT})
    admin.post("vendors/acme-own/revisions", {"document": more})

    first, second = (admin.get(f"vendors/acme-own/revisions/{number}/fields").json() for number in (1, 2))

    assert (first["rules"], first["fields"]) == (["any"], [{"field": "name", "rules": ["any"]}])
    assert (second["rules"], second["fields"]) == (
        ["any", "custom event"],
        [{"field": "name", "rules": ["any", "custom event"]}, {"field": "plan", "rules": ["any"]}],
    )
    newest = admin.get("vendors/acme-own").json()["vendor_revision"]
    assert admin.get("vendors/acme-own/fields").json() == second
    assert second["vendor_revision"] == newest != first["vendor_revision"]


def test_an_own_vendor_stands_before_a_built_in_one_of_its_name(admin, samples):
    """As an upgrade can bring one; two organizations may choose one name, too."""
    slug = samples.destinations["Waiting"].vendor_revision.slug
    built_in = VendorRevision.objects.get(organization=None, slug=slug)
    own = VendorRevision.objects.create(
        organization=samples.organization,
        slug=slug,
        name="Own",
        revision=built_in.revision,
        document=TEXT,
        sha256="9",
    )
    number = own.revision

    assert admin.get(f"vendors/{slug}/revisions/{number}").json()["id"] == str(own.pk)
    for path in (f"vendors/{slug}/fields", f"vendors/{slug}/revisions/{number}/fields"):
        assert admin.get(path).json()["vendor_revision"] == str(own.pk)
    assert admin.get(f"vendors/{slug}/revisions/{number}/differences").status_code == 200


def test_the_fields_of_another_organizations_vendor_are_not_found(admin):
    VendorRevision.objects.create(
        organization=Organization.objects.create(name="Other"),
        slug="acme-own",
        name="Other's",
        revision=1,
        document=TEXT,
        sha256="9",
    )

    for path in ("vendors/acme-own/fields", "vendors/acme-own/revisions/1/fields"):
        assert admin.get(path).status_code == 404


def test_a_revision_that_can_not_be_used_any_more_lists_no_fields_and_says_why(admin, samples):
    VendorRevision.objects.create(
        organization=samples.organization,
        slug="old",
        name="Old",
        revision=1,
        document="slug: old",
        sha256="9",
    )

    told = admin.get("vendors/old/fields").json()

    assert (told["rules"], told["fields"]) == ([], [])
    assert told["problem"] == admin.get("vendors/old").json()["problem"] != ""


def test_what_is_wrong_is_told_with_its_place(admin, organization):
    answer = admin.post("vendors", {"organization": organization, "document": TEXT.replace("POST,", "SEND,")})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "#/document"
    assert "definition:14:19 operations.event.method" in answer.json()["errors"][0]["detail"]


def test_a_built_in_vendor_takes_no_revision_and_stays(admin, samples):
    slug = samples.destinations["Waiting"].vendor_revision.slug

    assert admin.post(f"vendors/{slug}/revisions", {"document": TEXT}).status_code == 404
    assert admin.delete(f"vendors/{slug}").status_code in (400, 403)
    assert admin.get(f"vendors/{slug}").status_code == 200


def test_an_own_vendor_can_be_removed(admin, organization):
    admin.post("vendors", {"organization": organization, "document": TEXT})

    assert admin.delete("vendors/acme-own").status_code == 204
    assert admin.get("vendors/acme-own").status_code == 404


def test_a_questionnaire_becomes_a_vendor(admin, organization):
    asked = admin.post("vendor-questionnaires", {"organization": organization, "name": "Pixelry"}).json()
    path = f"vendor-questionnaires/{asked['id']}"
    assert "url" in [one["question"] for one in asked["problems"]]

    answered = admin.patch(path, {"answers": GET}).json()
    made = admin.post(f"{path}/make-revision", {})

    assert answered["problems"] == []
    assert "https://px.pixelry.example/p.gif" in answered["document"]
    assert made.json()["slug"] == "pixelry"
    assert admin.get("vendors/pixelry").json()["name"] == "Pixelry"
    assert admin.patch(path, {"name": "Other"}).status_code == 400
    assert admin.delete(path).status_code == 204


def test_a_link_is_told_once(admin, organization):
    asked = admin.post("vendor-questionnaires", {"organization": organization, "name": "Pixelry"}).json()
    path = f"vendor-questionnaires/{asked['id']}"

    link = admin.post(f"{path}/link", {"days": 3}).json()

    assert "/vendor-questionnaire/" in link["link"]
    assert link["link"] not in admin.get(path).content.decode()
    assert admin.post(f"{path}/link", {"days": 91}).status_code == 400


def test_answers_are_previewed_on_a_pasted_event(admin, organization):
    asked = admin.post("vendor-questionnaires", {"organization": organization, "name": "Pixelry"}).json()
    path = f"vendor-questionnaires/{asked['id']}"
    order = {"order_id": "O-1", "email": "ann@example.com"}
    event = {"type": "track", "event": "Order Completed", "userId": "u-1", "properties": order}

    too_early = admin.post(f"{path}/preview", {"event": event})
    admin.patch(path, {"answers": GET})
    preview = admin.post(f"{path}/preview", {"event": event}).json()

    assert too_early.status_code == 400
    assert preview["verdict"] == "sent"
    sources = {one["field"]: one["source"] for one in preview["fields"]}
    assert sources["oid"] == "$properties.order_id (dictionary: order_id)"
