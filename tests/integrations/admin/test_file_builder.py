"""The File Builder: each step saves the draft, says what is wrong where it is wrong, and tells nobody."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.models import AuditEntry, Organization
from integrations.models import FileBuild, Pipeline, TrackingFile
from integrations.services.tracking_files.drafts import draft_of, save_draft
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.files import BY, make_file, make_live_file, step
from tests.integrations.admin.forms import inputs
from tests.integrations.admin.samples import Samples
from webhooks.models import Message


@pytest.fixture
def file(samples: Samples) -> TrackingFile:
    return make_file(samples)


@pytest.fixture
def manager(sign_in: SignIn) -> Client:
    """Somebody who may configure and not deploy."""
    return sign_in(Role.INTEGRATION_MANAGER)


def draft(file: TrackingFile) -> dict[str, Any]:
    return draft_of(TrackingFile.objects.get(pk=file.pk))


def send(client: Client, file: TrackingFile, name: str, go: str = "save", **changed: Any) -> Any:
    """The step's page as it stands, with these fields changed, left by this button."""
    page = client.get(step(file, name)).content.decode()
    return client.post(step(file, name), {**inputs(page), **changed, "go": go})


# --- Coming in -----------------------------------------------------------------------------------


def test_a_pipeline_leads_to_its_file(manager: Client, samples: Samples) -> None:
    file = make_live_file(samples)

    answer = manager.get(reverse("admin:integrations_pipeline_tracking_file", args=[samples.pipeline.id]))

    assert answer["Location"] == step(file, "change")


def test_a_pipeline_without_a_file_asks_what_it_should_do(manager: Client, samples: Samples) -> None:
    page = manager.get(
        reverse("admin:integrations_pipeline_tracking_file", args=[samples.pipeline.id]), follow=True
    )

    assert "What should the file of Sample shop web do?" in page.content.decode()
    assert not TrackingFile.objects.exists()


def test_a_file_is_started_with_defaults_that_work(manager: Client, samples: Samples) -> None:
    address = reverse("admin:integrations_trackingfile_add")

    answer = manager.post(address, {"pipeline": samples.pipeline.id, "kind": "sync_injector"})

    file = TrackingFile.objects.get()
    assert answer["Location"] == step(file, "settings")
    assert draft(file)["settings"]["kind"] == "sync_injector"
    assert draft(file)["settings"]["library_name"] == "syncs"
    assert draft(file)["settings"]["ingestion_url"] == "https://events.example.com"


def test_only_web_pipelines_start_a_file(manager: Client, samples: Samples) -> None:
    server = Pipeline.objects.create(
        organization=samples.organization, cluster=samples.cluster, name="Back end", kind="server"
    )

    body = manager.get(reverse("admin:integrations_trackingfile_add")).content.decode()
    page = manager.get(reverse("admin:integrations_pipeline_tracking_file", args=[server.id]))

    assert "Sample shop web" in body
    assert "Back end" not in body
    assert page.status_code == 403


def test_a_missing_write_key_is_counted_in_the_first_step(manager: Client, file: TrackingFile) -> None:
    file.pipeline.write_keys.all().delete()

    body = manager.get(step(file, "review")).content.decode()

    assert "The pipeline has no write key that is not revoked" in body
    assert "1 to put right" in body


def test_a_reader_starts_no_file(sign_in: SignIn, samples: Samples) -> None:
    reader = sign_in(Role.READ_ONLY)

    answers = [
        reader.get(reverse("admin:integrations_pipeline_tracking_file", args=[samples.pipeline.id])),
        reader.post(reverse("admin:integrations_trackingfile_add"), {"pipeline": samples.pipeline.id}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert not TrackingFile.objects.exists()


def test_the_endpoint_is_shown_before_the_first_build(manager: Client, file: TrackingFile) -> None:
    body = manager.get(step(file, "settings")).content.decode()

    key = file.pipeline.write_keys.get(is_primary=True).key
    assert f"<code>https://events.example.com/v1/pipelines/{key}/file</code>" in body
    assert "It answers 404 until a build is uploaded." in body


# --- Saving --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("go", "page"), [("save", "settings"), ("next", "consent"), ("review", "review"), ("syncs", "syncs")]
)
def test_a_step_is_saved_whichever_way_it_is_left(
    manager: Client, file: TrackingFile, go: str, page: str
) -> None:
    answer = send(manager, file, "settings", go, library_name="shop", follows_spa="on")

    assert answer["Location"] == step(file, page)
    assert draft(file)["settings"]["library_name"] == "shop"
    assert draft(file)["settings"]["follows_spa"] is True


def test_going_back_saves_too(manager: Client, file: TrackingFile) -> None:
    answer = send(manager, file, "consent", "back", policy="implied")

    assert answer["Location"] == step(file, "settings")
    assert draft(file)["consent"]["policy"] == "implied"


@pytest.mark.parametrize("name", ["settings", "consent", "syncs"])
def test_a_step_that_nobody_touched_changes_nothing(manager: Client, file: TrackingFile, name: str) -> None:
    before = draft(file)

    answer = send(manager, file, name, "next")

    assert answer.status_code == 302
    assert draft(file) == before


def test_a_draft_tells_nobody_and_builds_nothing(manager: Client, file: TrackingFile) -> None:
    send(manager, file, "settings", library_name="shop")

    assert not Message.objects.exists()
    assert not FileBuild.objects.exists()


def test_who_saved_is_audited(manager: Client, file: TrackingFile) -> None:
    send(manager, file, "settings", library_name="shop")

    entry = AuditEntry.objects.filter(action="update:tracking_file").latest("id")
    assert entry.actor == "integration_manager@sample.example"
    assert entry.changes["draft.settings.library_name"] == ["analytics", "shop"]


def test_what_is_wrong_stands_beside_its_field_and_is_saved(manager: Client, file: TrackingFile) -> None:
    answer = send(manager, file, "settings", "next", library_name="class")

    row = field(answer.content.decode(), "library_name")
    assert answer.status_code == 200
    assert 'class="s2s-complaint"' in row
    assert "Draft saved. Before a file can be built" in answer.content.decode()
    assert draft(file)["settings"]["library_name"] == "class"


def test_the_steps_tell_which_has_errors(manager: Client, file: TrackingFile) -> None:
    save_draft(BY, file, {"settings": {"library_name": "class", "file_hosting_url": "nowhere"}})

    body = manager.get(step(file, "consent")).content.decode()

    assert "<small>2 to put right</small>" in body
    assert body.count("s2s-wrong") == 1


def test_a_warning_has_another_colour_and_stops_nobody(
    manager: Client, samples: Samples, file: TrackingFile
) -> None:
    key = file.pipeline.write_keys.get(is_primary=True).key
    endpoint = f"https://events.example.com/v1/pipelines/{key}/file"

    answer = send(manager, file, "settings", "next", file_hosting_url=endpoint)

    row = field(manager.get(step(file, "settings")).content.decode(), "file_hosting_url")
    assert answer["Location"] == step(file, "consent")
    assert 's2s-complaint s2s-mild">Testing only' in row


def test_a_number_that_is_none_keeps_the_rest(manager: Client, file: TrackingFile) -> None:
    answer = send(manager, file, "settings", "back", batch_size="many", library_name="shop")

    assert answer.status_code == 200
    assert "Write a whole number; 20 is usual." in field(answer.content.decode(), "batch_size")
    assert draft(file)["settings"]["batch_size"] == 20
    assert draft(file)["settings"]["library_name"] == "shop"


def test_what_somebody_else_saved_is_not_overwritten_unseen(manager: Client, file: TrackingFile) -> None:
    page = inputs(manager.get(step(file, "settings")).content.decode())
    save_draft(BY, file, {"settings": {"library_name": "theirs"}})

    first = manager.post(step(file, "settings"), {**page, "library_name": "mine", "go": "next"})

    assert first.status_code == 200
    assert "the samples saved this draft after you had opened this page" in first.content.decode()
    assert draft(file)["settings"]["library_name"] == "theirs"
    again = inputs(first.content.decode())
    assert again["library_name"] == ["mine"]
    assert manager.post(step(file, "settings"), {**again, "go": "next"}).status_code == 302
    assert draft(file)["settings"]["library_name"] == "mine"


# --- Location ------------------------------------------------------------------------------------


def test_auto_deploy_can_not_be_chosen_where_staff_switched_it_off(
    manager: Client, samples: Samples, file: TrackingFile
) -> None:
    save_draft(BY, file, {"settings": {"hosting": "manual"}})
    Organization.objects.filter(id=samples.organization.id).update(auto_deploys=False)

    body = manager.get(step(file, "settings")).content.decode()
    answer = send(manager, file, "settings", hosting="cluster")

    assert "Auto-deploy is off for Sample shop. Ask staff of this installation to switch it on." in body
    assert re.search(r'value="cluster"[^>]* disabled', body)
    assert answer.status_code == 200
    assert draft(file)["settings"]["hosting"] == "manual"


def test_manual_location_asks_before_it_ends_what_is_live(sign_in: SignIn, samples: Samples) -> None:
    publisher, file = sign_in(Role.DEPLOYMENT_MANAGER), make_live_file(samples)

    asked = send(publisher, file, "settings", "next", hosting="manual")

    body = asked.content.decode()
    assert "Build 1 is live on the cluster. Manual Deployment ends that at once" in body
    assert inputs(body)["hosting"] == ["manual"]
    assert draft(file)["settings"]["hosting"] == "cluster"
    assert TrackingFile.objects.get().live_build is not None

    meant = publisher.post(step(file, "settings"), {**inputs(body), "go": "save"}, follow=True)

    assert "Build 1 has ended: nothing is on the cluster any more" in meant.content.decode()
    assert "Nothing changes for visitors" not in meant.content.decode()
    assert TrackingFile.objects.get().live_build is None


def test_manual_location_says_that_the_endpoint_answers_404(manager: Client, file: TrackingFile) -> None:
    save_draft(BY, file, {"settings": {"hosting": "manual"}})

    body = manager.get(step(file, "settings")).content.decode()

    assert "With Manual Deployment it answers 404" in body


# --- Consent -------------------------------------------------------------------------------------


def test_a_cookie_of_the_own_banner_is_described_by_fields(manager: Client, file: TrackingFile) -> None:
    send(
        manager,
        file,
        "consent",
        sources=["gpc", "custom_cookie"],
        custom_cookie_name="site_consent",
        custom_cookie_format="pairs",
    )

    consent = draft(file)["consent"]
    assert consent["sources"] == ["gpc", "custom_cookie"]
    assert consent["custom_cookie"] == {"name": "site_consent", "format": "pairs", "path": ""}


def test_a_missing_cookie_name_is_told_at_its_field(manager: Client, file: TrackingFile) -> None:
    answer = send(manager, file, "consent", "next", sources=["custom_cookie"])

    assert "s2s-complaint" in field(answer.content.decode(), "custom_cookie_name")


def test_categories_say_what_stands_for_them_and_lead_to_their_page(
    manager: Client, file: TrackingFile
) -> None:
    body = manager.get(step(file, "consent")).content.decode()

    assert "Banners call it C0004, marketing" in body
    assert reverse("admin:integrations_consentcategory_changelist") in body


# --- Syncs ---------------------------------------------------------------------------------------


def test_vendor_syncs_say_why_and_are_on(manager: Client, file: TrackingFile) -> None:
    body = manager.get(step(file, "syncs")).content.decode()

    assert "Conversions need the click id ps_xid" in body
    assert re.search(r'name="vendor-partnerstack-ps_xid-enabled"[^>]* checked', body)
    assert draft(file)["syncs"]["vendor"] == []


def test_of_a_vendor_sync_only_what_differs_is_kept(manager: Client, file: TrackingFile) -> None:
    send(manager, file, "syncs", **{"vendor-partnerstack-ps_xid-lifetime_days": "30"})

    entry = {"vendor": "partnerstack", "sync": "ps_xid", "enabled": True, "lifetime_days": 30}
    assert draft(file)["syncs"]["vendor"] == [entry]


def test_a_vendor_sync_is_switched_off(manager: Client, file: TrackingFile) -> None:
    page = inputs(manager.get(step(file, "syncs")).content.decode())
    del page["vendor-partnerstack-ps_xid-enabled"]

    manager.post(step(file, "syncs"), {**page, "go": "save"})

    [entry] = draft(file)["syncs"]["vendor"]
    assert entry == {"vendor": "partnerstack", "sync": "ps_xid", "enabled": False}


CUSTOM = {
    "fetch": (
        {
            "fetch_url": "https://id.acme.example/sync",
            "fetch_http_method": "POST",
            "fetch_paths": "visitor: data.id\nhousehold: data.home",
            "fetch_credentials": "on",
            "fetch_query": "uid: {anonymous_id}",
            "fetch_body": "email: {email_sha256}",
            "fetch_headers": "X-Partner: 42",
        },
        {
            "url": "https://id.acme.example/sync",
            "http_method": "POST",
            "paths": {"visitor": "data.id", "household": "data.home"},
            "credentials": True,
            "query": {"uid": "{anonymous_id}"},
            "body": {"email": "{email_sha256}"},
            "headers": {"X-Partner": "42"},
        },
    ),
    "matchPixel": (
        {"matchPixel_url": "https://px.acme.example/m", "matchPixel_query": "uid: {anonymous_id}"},
        {"url": "https://px.acme.example/m", "query": {"uid": "{anonymous_id}"}},
    ),
    "urlParams": ({"urlParams_parameters": "acid, sub"}, {"parameters": ["acid", "sub"]}),
    "localStorage": (
        {"localStorage_key": "acme", "localStorage_path": "user.id"},
        {"key": "acme", "path": "user.id"},
    ),
    "cookie": (
        {"cookie_name": "_acme", "cookie_skip_parts": "2"},
        {"name": "_acme", "skip_parts": 2},
    ),
    "generate": ({"generate_format": "{hex:16}-{epoch_ms}"}, {"format": "{hex:16}-{epoch_ms}"}),
    "callback": ({"callback_function": "acme.getId"}, {"function": "acme.getId"}),
}


@pytest.mark.parametrize("method", CUSTOM)
def test_a_custom_sync_of_every_method_is_made_by_fields(
    manager: Client, file: TrackingFile, method: str
) -> None:
    typed, options = CUSTOM[method]

    added = send(manager, file, "syncs", f"add:{method}")
    fields = {"provider": "acme", "id": "uid", "lifetime_days": "30", "categories": ["advertising"], **typed}
    answer = send(manager, file, "syncs", "next", **{f"custom-0-{name}": one for name, one in fields.items()})

    assert added["Location"] == f"{step(file, 'syncs')}#custom-0"
    assert answer["Location"] == step(file, "review")
    [entry] = draft(file)["syncs"]["custom"]
    assert entry["method"] == method
    assert entry["provider"] == "acme"
    assert entry["options"] == options
    assert entry["categories"] == ["advertising"]


def test_another_method_takes_other_fields(manager: Client, file: TrackingFile) -> None:
    send(manager, file, "syncs", "add:urlParams")

    send(manager, file, "syncs", **{"custom-0-method": "callback", "custom-0-callback_function": "acme.id"})

    [entry] = draft(file)["syncs"]["custom"]
    assert entry["method"] == "callback"
    assert entry["options"] == {"function": "acme.id"}


def test_a_custom_sync_is_removed(manager: Client, file: TrackingFile) -> None:
    send(manager, file, "syncs", "add:urlParams")
    send(manager, file, "syncs", "add:callback")

    send(manager, file, "syncs", "remove:0")

    assert [one["method"] for one in draft(file)["syncs"]["custom"]] == ["callback"]


def test_an_identity_endpoint_that_redirects_is_refused_with_the_reason(
    manager: Client, file: TrackingFile
) -> None:
    send(manager, file, "syncs", "add:fetch")
    url = "https://id.acme.example/sync?redirect=https://shop.example"

    answer = send(manager, file, "syncs", "next", **{"custom-0-fetch_url": url})

    body = answer.content.decode()
    assert "edirect" in field(body, "custom-0-fetch_url")
    assert "What a browser can and can&#x27;t do here" in body or "What a browser can and can't do" in body


# --- Sizes ---------------------------------------------------------------------------------------


def test_the_size_follows_what_is_typed_and_saves_nothing(manager: Client, file: TrackingFile) -> None:
    page = inputs(manager.get(step(file, "settings")).content.decode())
    before = draft(file)

    small = manager.post(step(file, "sizes"), page).json()
    large = manager.post(step(file, "sizes"), {**page, "follows_spa": "on"}).json()

    assert set(small) == {"raw", "gzip", "brotli", "modules", "costs", "sentence"}
    assert small["sentence"] == ""
    assert small["costs"]["settings.follows_spa"].endswith("bytes")
    assert {one["name"] for one in large["modules"]} - {one["name"] for one in small["modules"]} == {
        "spa",
        "views",
    }
    assert draft(file) == before


def test_a_file_without_hosting_url_and_with_an_unfinished_sync_has_a_size(
    manager: Client, file: TrackingFile
) -> None:
    save_draft(BY, file, {"settings": {"file_hosting_url": ""}})
    send(manager, file, "syncs", "add:fetch")

    body = manager.get(step(file, "syncs")).content.decode()

    assert re.search(r'<dd data-size="gzip">[\d.]+ K?B</dd>', body)


# --- Review --------------------------------------------------------------------------------------


def test_the_review_lists_what_stops_a_build_with_its_step(manager: Client, file: TrackingFile) -> None:
    save_draft(BY, file, {"settings": {"library_name": "class"}})

    body = manager.get(step(file, "review")).content.decode()
    manager.post(step(file, "review"))

    assert f'href="{step(file, "settings")}">Step 1, Library name</a>' in body
    assert "Preview of the file" not in body
    assert not FileBuild.objects.exists()


def test_the_review_shows_the_differences_and_the_file(manager: Client, samples: Samples) -> None:
    file = make_live_file(samples)
    save_draft(BY, file, {"settings": {"library_name": "shop"}})

    body = manager.get(step(file, "review")).content.decode()

    assert "Compared with the newest build, Build 1" in body
    assert "shop" in body
    assert "Preview of the file" in body


def test_save_and_build_makes_a_build_and_leads_to_the_summary(manager: Client, file: TrackingFile) -> None:
    answer = manager.post(step(file, "review"))

    made = FileBuild.objects.get()
    assert answer["Location"] == step(file, "change")
    assert made.number == 1
    assert made.made_by == "integration_manager@sample.example"


def test_building_the_same_again_makes_nothing(manager: Client, file: TrackingFile) -> None:
    manager.post(step(file, "review"))

    body = manager.post(step(file, "review"), follow=True).content.decode()

    assert FileBuild.objects.count() == 1
    assert "No new build" in body


# --- Who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["settings", "consent", "syncs", "review"])
def test_a_reader_sees_a_step_and_changes_nothing(
    sign_in: SignIn, samples: Samples, file: TrackingFile, name: str
) -> None:
    reader, before = sign_in(Role.READ_ONLY), draft(file)

    body = reader.get(step(file, name)).content.decode()
    answer = reader.post(step(file, name), {"go": "save", "library_name": "mine"})

    assert answer.status_code == 403
    assert "Save draft" not in body
    assert '<button class="s2s-button s2s-primary"' not in body
    assert draft(file) == before
    assert not FileBuild.objects.exists()


@pytest.mark.parametrize("name", ["settings", "consent", "syncs", "review", "sizes", "change"])
def test_a_stranger_finds_no_page_of_the_file(stranger: Client, file: TrackingFile, name: str) -> None:
    assert stranger.post(step(file, name)).status_code == 404
    assert stranger.get(step(file, name)).status_code == 404


def test_a_file_of_another_organization_is_not_started(stranger: Client, samples: Samples) -> None:
    stranger.post(reverse("admin:integrations_trackingfile_add"), {"pipeline": samples.pipeline.id})

    assert not TrackingFile.objects.filter(pipeline=samples.pipeline).exists()


def field(page: str, name: str) -> str:
    """The row of a field with what is said beside it."""
    rows = re.findall(r'<div class="s2s-row.*?(?=<div class="s2s-row|</section>|</details>)', page, re.DOTALL)
    return next(row for row in rows if f'name="{name}"' in row)
