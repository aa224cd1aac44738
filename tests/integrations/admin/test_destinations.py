"""Connecting, changing and stopping destinations in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from integrations.models import (
    ConsentCategory,
    Delivery,
    DeliveryResult,
    Destination,
    DestinationLane,
    Pipeline,
)
from integrations.services.vendors import newest_revision
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.pages import add_of, page_of
from tests.integrations.admin.samples import SECRET, Samples, make_samples

ADROLL = {
    "setting_advertisable_eid": "ADVERTISABLE1",
    "setting_pixel_eid": "PIXEL1",
    "setting_server_access_token": "a-secret-token",
    "setting_email_form": "hashed",
}


def add(client: Client, samples: Samples, vendor: str = "adroll", **changed: Any) -> Any:
    revision = newest_revision(vendor)
    assert revision
    values = {
        "pipeline": samples.pipeline.id,
        "name": "New one",
        "mode": "live",
        "delay_s": "5",
        "max_age_s": "3600",
        "consent_categories": [samples.category.id],
        **ADROLL,
        **changed,
    }
    return client.post(f"{add_of(Destination)}?vendor_revision={revision.id}", values)


def change(client: Client, samples: Samples, which: str, **changed: Any) -> Any:
    destination = samples.destinations[which]
    values = {
        "name": destination.name,
        "vendor_revision": destination.vendor_revision_id,
        "mode": "live",
        "delay_s": "0",
        "consent_categories": [samples.category.id],
        **changed,
    }
    return client.post(page_of(Destination, destination.id), values)


def act(client: Client, samples: Samples, which: str, action: str, **values: str) -> Any:
    address = reverse(f"admin:integrations_destination_{action}", args=[samples.destinations[which].id])
    return client.post(address, {"_form_submitted": "on", **values})


def version(samples: Samples) -> int:
    return Pipeline.objects.get(id=samples.pipeline.id).config_version


# --- Connecting ---
def test_it_asks_for_the_vendor_first(sign_in: SignIn, samples: Samples) -> None:
    body = sign_in(Role.INTEGRATION_MANAGER).get(f"{add_of(Destination)}?pipeline=x").content.decode()

    assert "Choose the vendor: it says which settings the destination needs." in body
    assert "AdRoll" in body
    assert "pipeline=x&amp;vendor_revision=" in body


def test_it_asks_what_the_vendor_declares(staff: Client, samples: Samples) -> None:
    revision = newest_revision("adroll")
    assert revision
    body = staff.get(f"{add_of(Destination)}?vendor_revision={revision.id}").content.decode()

    assert "Advertisable EID" in body
    assert "About 22 letters and digits; adroll_adv_id in the base pixel." in body
    assert "AdRoll is classified as advertising." in body


def test_it_knows_no_such_vendor_revision(staff: Client, samples: Samples) -> None:
    assert staff.get(f"{add_of(Destination)}?vendor_revision=nonsense").status_code == 404


def test_it_connects_a_destination_with_its_lane(sign_in: SignIn, samples: Samples) -> None:
    before = version(samples)

    add(sign_in(Role.INTEGRATION_MANAGER), samples)

    made = Destination.objects.get(name="New one")
    assert made.settings == {
        "advertisable_eid": "ADVERTISABLE1",
        "pixel_eid": "PIXEL1",
        "email_form": "hashed",
    }
    assert made.secrets == {"server_access_token": "a-secret-token"}
    assert (made.delay_s, made.max_age_s) == (5, 3600)
    assert list(made.consent_categories.all()) == [samples.category]
    assert DestinationLane.objects.filter(destination=made).exists()
    assert version(samples) > before


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"setting_pixel_eid": ""}, "Pixel EID is needed. Fill it in."),
        ({"setting_server_access_token": ""}, "Server access token is needed. Fill it in."),
        ({"setting_pixel_eid": "not allowed!"}, "Pixel EID has the wrong form"),
        ({"consent_categories": []}, "Choose at least one: without it nobody&#x27;s consent would be asked."),
        ({"delay_s": "60", "max_age_s": "60"}, "Give more than the delay of 60 seconds"),
        ({"mode": "sandbox"}, "Sandbox mode is off in this installation: the operator sets SANDBOX_URL."),
    ],
)
def test_it_says_beside_the_field_what_is_wrong(
    staff: Client, samples: Samples, settings: Any, changed: dict[str, Any], sentence: str
) -> None:
    settings.SANDBOX_URL = ""

    body = add(staff, samples, **changed).content.decode()

    assert sentence in body
    assert not Destination.objects.filter(name="New one").exists()


def test_it_takes_no_category_of_another_organization(staff: Client, samples: Samples) -> None:
    others = make_samples("others", "Other shop")

    add(staff, samples, consent_categories=[others.category.id])

    assert not Destination.objects.filter(name="New one").exists()


def test_it_takes_no_pipeline_of_another_organization(stranger: Client, samples: Samples) -> None:
    body = add(stranger, samples).content.decode()

    assert "Select a valid choice" in body
    assert not Destination.objects.filter(name="New one").exists()


def test_it_warns_of_sandbox_mode(staff: Client, samples: Samples) -> None:
    Destination.objects.filter(id=samples.destinations["Held"].id).update(mode="sandbox")

    body = staff.get(page_of(Destination, samples.destinations["Held"].id)).content.decode()

    assert "Nothing reaches PartnerStack." in body


# --- Changing ---
def test_an_empty_secret_keeps_the_old_one(staff: Client, samples: Samples) -> None:
    change(staff, samples, "Held", name="Renamed", setting_tracking_token="")

    changed = Destination.objects.get(id=samples.destinations["Held"].id)
    assert changed.name == "Renamed"
    assert changed.secrets["tracking_token"] == SECRET


def test_a_new_secret_replaces_the_old_one(staff: Client, samples: Samples) -> None:
    change(staff, samples, "Held", setting_tracking_token="another-token")

    changed = Destination.objects.get(id=samples.destinations["Held"].id)
    assert changed.secrets["tracking_token"] == "another-token"
    assert "tracking_token" not in changed.settings


def test_a_change_makes_ingest_plan_anew(staff: Client, samples: Samples) -> None:
    before = version(samples)

    change(staff, samples, "Held", name="Renamed")

    assert version(samples) > before


def test_a_refused_change_writes_nothing(staff: Client, samples: Samples) -> None:
    before = version(samples)

    body = change(staff, samples, "Held", setting_currency="dollars").content.decode()

    assert "has the wrong form" in body
    assert version(samples) == before
    assert Destination.objects.get(id=samples.destinations["Held"].id).settings == {}


def test_a_reader_sees_only_whether_secrets_are_set(sign_in: SignIn, samples: Samples) -> None:
    page = page_of(Destination, samples.destinations["Held"].id)

    body = sign_in(Role.READ_ONLY).get(page).content.decode()

    assert "Tracking token: •••• (set)" in body
    assert SECRET not in body


# --- Stopping and starting ---
def test_it_pauses_with_a_reason(staff: Client, samples: Samples) -> None:
    answer = act(staff, samples, "Waiting", "pause", reason="Audit")

    assert answer["HX-Redirect"] == page_of(Destination, samples.destinations["Waiting"].id)
    assert DestinationLane.objects.get(destination=samples.destinations["Waiting"]).paused_reason == "Audit"


def test_it_asks_before_it_pauses(staff: Client, samples: Samples) -> None:
    address = reverse("admin:integrations_destination_pause", args=[samples.destinations["Waiting"].id])

    body = staff.get(address).content.decode()

    assert "Its deliveries wait until it is resumed." in body
    assert DestinationLane.objects.get(destination=samples.destinations["Waiting"]).paused_reason == ""


def test_it_resumes(staff: Client, samples: Samples) -> None:
    act(staff, samples, "Paused", "resume")

    assert DestinationLane.objects.get(destination=samples.destinations["Paused"]).paused_reason == ""


def test_disabling_cancels_what_waits(staff: Client, samples: Samples) -> None:
    before = version(samples)

    act(staff, samples, "Waiting", "disable")

    assert not Destination.objects.get(id=samples.destinations["Waiting"].id).enabled
    assert DeliveryResult.objects.get(id=samples.deliveries["Waiting"]).outcome == "cancelled"
    assert version(samples) > before


def test_enabling_asks_for_consent_categories(staff: Client, samples: Samples) -> None:
    destination = samples.destinations["Waiting"]
    Destination.objects.filter(id=destination.id).update(enabled=False)
    destination.consent_categories.clear()

    act(staff, samples, "Waiting", "enable")

    assert not Destination.objects.get(id=destination.id).enabled
    shown = staff.get(page_of(Destination, destination.id)).content.decode()
    assert "Choose at least one: without it nobody&#x27;s consent would be asked." in shown


def test_it_enables(staff: Client, samples: Samples) -> None:
    Destination.objects.filter(id=samples.destinations["Waiting"].id).update(enabled=False)

    act(staff, samples, "Waiting", "enable")

    assert Destination.objects.get(id=samples.destinations["Waiting"].id).enabled


def test_it_tries_a_broken_one_now(staff: Client, samples: Samples) -> None:
    act(staff, samples, "Broken", "close_breaker")

    assert DestinationLane.objects.get(destination=samples.destinations["Broken"]).breaker_open_until is None


@pytest.mark.parametrize("action", ["resume", "enable", "close_breaker"])
def test_it_offers_only_what_changes_something(staff: Client, samples: Samples, action: str) -> None:
    assert act(staff, samples, "Waiting", action).status_code == 403


def test_deleting_cancels_what_waits(staff: Client, samples: Samples) -> None:
    destination = samples.destinations["Waiting"]

    staff.post(reverse("admin:integrations_destination_delete", args=[destination.id]), {"post": "yes"})

    assert not Destination.objects.filter(id=destination.id).exists()
    assert not Delivery.objects.filter(id=samples.deliveries["Waiting"]).exists()
    assert DeliveryResult.objects.get(id=samples.deliveries["Waiting"]).outcome == "cancelled"


def test_a_changed_category_makes_ingest_plan_anew(staff: Client, samples: Samples) -> None:
    before = version(samples)
    values = {"name": "Ads", "code": "advertising", "cmp_codes": "C0004, ads"}

    staff.post(page_of(ConsentCategory, samples.category.id), values)

    assert ConsentCategory.objects.get(id=samples.category.id).cmp_codes == ["C0004", "ads"]
    assert version(samples) > before


# --- Clearing a secret ---
def test_an_optional_secret_can_be_cleared(staff: Client, samples: Samples) -> None:
    change(staff, samples, "Held", clear_secret_key="on")

    assert "secret_key" not in Destination.objects.get(id=samples.destinations["Held"].id).secrets


def test_a_needed_secret_offers_no_clearing(staff: Client, samples: Samples) -> None:
    add(staff, samples)

    page = page_of(Destination, Destination.objects.get(name="New one").id)
    body = staff.get(page).content.decode()

    assert 'name="setting_server_access_token"' in body
    assert 'name="clear_server_access_token"' not in body


def test_a_secret_that_is_not_set_offers_no_clearing(staff: Client, samples: Samples) -> None:
    change(staff, samples, "Held", clear_secret_key="on")

    body = staff.get(page_of(Destination, samples.destinations["Held"].id)).content.decode()

    assert 'name="clear_secret_key"' not in body


def test_a_secret_is_not_typed_and_cleared_at_once(staff: Client, samples: Samples) -> None:
    body = change(staff, samples, "Held", clear_secret_key="on", setting_secret_key="x").content.decode()

    assert "Type a new one or clear it, not both." in body
    assert "secret_key" in Destination.objects.get(id=samples.destinations["Held"].id).secrets


def test_a_consent_category_says_what_stands_for_it(staff: Client, samples: Samples) -> None:
    values = {
        "name": "Ads",
        "code": "advertising",
        "cmp_codes": "C0004, ads",
        "tcf_purposes": ["2", "7"],
        "gpp_fields": "SaleOptOut, SharingOptOut",
    }

    answer = staff.post(page_of(ConsentCategory, samples.category.id), values)

    assert answer.status_code == 302
    category = ConsentCategory.objects.get(id=samples.category.id)
    assert category.tcf_purposes == [2, 7]
    assert category.gpp_fields == ["SaleOptOut", "SharingOptOut"]


def test_who_may_only_read_sees_what_stands_for_a_category(sign_in: SignIn, samples: Samples) -> None:
    ConsentCategory.objects.filter(id=samples.category.id).update(tcf_purposes=[7], gpp_fields=["SaleOptOut"])

    body = sign_in(Role.READ_ONLY).get(page_of(ConsentCategory, samples.category.id)).content.decode()

    assert "7. Measure advertising performance" in body
    assert "SaleOptOut" in body
