"""Vendors over the API: what can be connected, and its definition."""

import pytest
import yaml

from accounts.models import Organization
from integrations.models import VendorRevision
from integrations.services.catalogue import catalogue
from integrations.services.vendors import newest_revision


def own_vendor(organization, slug="partnerstack", document=None):
    built_in = newest_revision("partnerstack")
    return VendorRevision.objects.create(
        organization=organization,
        slug=slug,
        name="Our own",
        revision=1,
        document=document or built_in.document,
        sha256=f"own {slug}",
    )


def test_every_vendor_is_listed_once(admin, samples):
    results = admin.get("vendors", limit=100).json()["results"]

    assert [one["slug"] for one in results] == sorted(catalogue())
    assert [one["problem"] for one in results] == [""] * len(results)


def test_a_vendor_says_what_its_definition_declares(admin, samples):
    vendor = admin.get("vendors/partnerstack").json()

    document = yaml.safe_load(newest_revision("partnerstack").document)
    assert vendor["about"] == document["about"]
    assert vendor["docs"] == document["docs"]
    assert vendor["consent"] == document["consent"]
    assert vendor["capabilities"] == document["capabilities"]
    assert vendor["known_limits"] == document["known_limits"]
    assert vendor["unverified"] == document["unverified"]
    assert vendor["test_mode"]["supported"] is False
    assert vendor["settings"][0] == {
        "name": "tracking_token",
        "type": "string",
        "label": "Tracking token",
        "help": "Made in the PartnerStack dashboard; used for sign-up conversions.",
        "required": False,
        "required_for": ["conversion"],
        "required_when": None,
        "secret": True,
        "choices": [],
        "pattern": "",
        "default": None,
    }


def test_a_revision_has_its_document(admin, samples):
    first = newest_revision("audiohook")
    VendorRevision.objects.create(
        slug="audiohook", name="Audiohook", revision=2, document=first.document, sha256="2"
    )

    listed = admin.get("vendors/audiohook/revisions").json()["results"]

    assert [one["revision"] for one in listed] == [2, 1]
    assert "document" not in listed[0]
    assert admin.get("vendors/audiohook/revisions/1").json()["document"] == first.document
    assert admin.get("vendors/audiohook").json()["revision"] == 2


@pytest.mark.parametrize(
    "path", ["vendors/nobody", "vendors/audiohook/revisions/9", "vendors/audiohook/revisions/x"]
)
def test_what_is_not_there_is_not_found(admin, samples, path):
    assert admin.get(path).status_code == 404


def test_an_organizations_own_vendor_stands_before_a_built_in_one(admin, samples):
    own_vendor(samples.organization)

    vendor = admin.get("vendors/partnerstack").json()

    assert (vendor["name"], vendor["organization"]) == ("Our own", str(samples.organization.id))


def test_anothers_vendor_is_not_there(admin, samples):
    other = Organization.objects.create(name="Other", slug="other")
    theirs = own_vendor(other, "secret-vendor")

    assert admin.get("vendors/secret-vendor").status_code == 404
    assert admin.get("vendors/secret-vendor/revisions/1").status_code == 404
    assert "secret-vendor" not in admin.get("vendors").content.decode()
    answer = admin.patch(
        f"destinations/{samples.destinations['Waiting'].id}", {"vendor_revision": str(theirs.id)}
    )
    assert answer.status_code == 400


def test_a_definition_that_no_longer_compiles_says_so(admin, samples):
    own_vendor(samples.organization, "broken", document="slug: broken\n")

    vendor = admin.get("vendors/broken").json()

    assert "broken:1:1" in vendor["problem"]
    assert vendor["settings"] == []
