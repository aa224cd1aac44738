"""File Summary and the pages of builds: how the file stands, how it is loaded, uploaded and rolled back."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.models import Organization
from integrations.models import FileBuild, FileDeployment, TrackingFile
from integrations.services.tracking_files.drafts import save_draft
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.files import BY, HOSTING_URL, make_build, make_file, make_live_file, step
from tests.integrations.admin.samples import Samples

NOT_PUBLISHING = [Role.INTEGRATION_MANAGER, Role.READ_ONLY]


@pytest.fixture
def file(samples: Samples) -> TrackingFile:
    """Build 1 is live, build 2 is not."""
    file = make_live_file(samples)
    make_build(file, library_name="shop")
    return TrackingFile.objects.get(pk=file.pk)


@pytest.fixture
def publisher(sign_in: SignIn) -> Client:
    return sign_in(Role.DEPLOYMENT_MANAGER)


def of_build(file: TrackingFile, number: int, page: str) -> str:
    return reverse(f"admin:integrations_filebuild_{page}", args=[file.builds.get(number=number).pk])


def summary(client: Client, file: TrackingFile) -> str:
    return client.get(step(file, "change")).content.decode()


def upload(client: Client, file: TrackingFile, number: int) -> Any:
    return client.post(of_build(file, number, "upload"), {"_form_submitted": "on"})


def live(file: TrackingFile) -> int | None:
    build = TrackingFile.objects.get(pk=file.pk).live_build
    return build.number if build else None


# --- How it stands -------------------------------------------------------------------------------


def test_it_says_what_is_live_and_what_waits(publisher: Client, file: TrackingFile) -> None:
    save_draft(BY, file, {"settings": {"library_name": "other"}})

    body = summary(publisher, file)

    assert "Live is build 1, since" in body
    assert "Build 2 is newer than the live file" in body
    assert "The draft is newer than build 2" in body


def test_a_file_without_a_build_leads_to_the_builder(publisher: Client, samples: Samples) -> None:
    file = make_file(samples)

    body = summary(publisher, file)

    assert "Nothing has been built yet" in body
    assert "The snippet stands here after the first build." in body
    assert "Nothing was uploaded yet." in body
    assert f'href="{step(file, "settings")}"' in body


def test_the_snippet_can_be_pasted_with_and_without_sri(publisher: Client, file: TrackingFile) -> None:
    body = summary(publisher, file)

    first = file.builds.get(number=1)
    assert f"&lt;script async src=&quot;{HOSTING_URL}&quot;&gt;" in body
    assert f"integrity=&quot;{first.integrity}&quot;" in body
    assert "nonce=&quot;NONCE&quot;" in body
    assert "script-src &#x27;nonce-NONCE&#x27; https://cdn.sample.example" in body


def test_every_build_and_upload_has_its_who_and_when(publisher: Client, file: TrackingFile) -> None:
    upload(publisher, file, 2)

    body = summary(publisher, file)

    newest = FileDeployment.objects.latest("deployed_at")
    assert newest.deployed_by == "deployment_manager@sample.example"
    assert f"{newest.deployed_at:%Y-%m-%d %H:%M:%S}" in body
    assert body.count("deployment_manager@sample.example</td>") == 1
    assert body.count("the samples</td>") == 3
    assert file.builds.get(number=2).sha256[:12] in body


def test_the_cache_lifetime_is_changed_without_a_build(publisher: Client, file: TrackingFile) -> None:
    address = reverse("admin:integrations_trackingfile_cache_lifetime", args=[file.pk])

    dialog = publisher.get(address).content.decode()
    publisher.post(address, {"_form_submitted": "on", "seconds": "60"})

    assert 'value="300"' in dialog
    assert TrackingFile.objects.get(pk=file.pk).cache_seconds == 60
    assert FileBuild.objects.count() == 2


def test_a_cache_lifetime_that_is_too_long_is_refused_with_a_sentence(
    publisher: Client, file: TrackingFile
) -> None:
    address = reverse("admin:integrations_trackingfile_cache_lifetime", args=[file.pk])

    publisher.post(address, {"_form_submitted": "on", "seconds": "99999999"})

    assert TrackingFile.objects.get(pk=file.pk).cache_seconds == 300
    assert "which is a year" in summary(publisher, file)


# --- Upload and rollback -------------------------------------------------------------------------


def test_the_upload_dialog_says_what_it_replaces_and_what_changes(
    publisher: Client, file: TrackingFile
) -> None:
    body = publisher.get(of_build(file, 2, "upload")).content.decode()

    assert "Build 2 replaces Build 1." in body
    assert "/v1/pipelines/" in body
    assert "shop" in body
    assert live(file) == 1


def test_an_upload_makes_the_build_live(publisher: Client, file: TrackingFile) -> None:
    answer = upload(publisher, file, 2)

    assert answer["HX-Redirect"] == step(file, "change")
    assert live(file) == 2
    assert "Build 2 is live at the Cluster File Endpoint." in summary(publisher, file)


def test_any_older_build_can_be_rolled_back_to(publisher: Client, file: TrackingFile) -> None:
    upload(publisher, file, 2)
    body = summary(publisher, file)

    upload(publisher, file, 1)

    assert "Roll back to build 1" in body
    assert live(file) == 1
    assert FileDeployment.objects.latest("deployed_at").is_rollback
    assert "Rollback" in summary(publisher, file)


@pytest.mark.parametrize("role", NOT_PUBLISHING)
def test_who_may_not_deploy_sees_no_upload_and_is_refused_it(
    sign_in: SignIn, file: TrackingFile, role: Role
) -> None:
    client = sign_in(role)

    body = summary(client, file) + client.get(of_build(file, 2, "change")).content.decode()
    answer = upload(client, file, 2)

    assert "An Admin or a Deployment Manager uploads it." in body
    assert of_build(file, 2, "upload") not in body
    assert answer.status_code == 403
    assert live(file) == 1


def test_with_manual_location_there_is_no_upload(publisher: Client, file: TrackingFile) -> None:
    save_draft(BY, file, {"settings": {"hosting": "manual"}})

    body = summary(publisher, file)
    answer = upload(publisher, file, 2)

    assert of_build(file, 2, "upload") not in body
    assert "With Manual Deployment it answers 404." in body
    assert "Download build 2" in body
    assert answer.status_code == 403
    assert live(file) is None


def test_without_auto_deploy_staff_is_to_be_asked(publisher: Client, file: TrackingFile) -> None:
    Organization.objects.filter(id=file.pipeline.organization_id).update(auto_deploys=False)

    body = summary(publisher, file)

    assert "ask the staff of this installation to switch it on" in body
    assert of_build(file, 2, "upload") not in body
    assert upload(publisher, file, 2).status_code == 403


# --- Builds --------------------------------------------------------------------------------------


def test_a_build_shows_its_hashes_and_what_it_changed(sign_in: SignIn, file: TrackingFile) -> None:
    second = file.builds.get(number=2)

    body = sign_in(Role.READ_ONLY).get(of_build(file, 2, "change")).content.decode()

    assert second.sha256 in body
    assert second.integrity.replace("+", "&#x2B;") in body or second.integrity in body
    assert "Compared with the build before, Build 1" in body
    assert re.search(r"analytics</td>\s*<td[^>]*><b>shop", body)
    assert "It was never uploaded." in body


def test_a_build_is_downloaded_byte_for_byte(sign_in: SignIn, file: TrackingFile) -> None:
    second = file.builds.get(number=2)

    answer = sign_in(Role.READ_ONLY).get(of_build(file, 2, "content"))

    assert answer.content == bytes(second.content)
    assert answer["Content-Type"].startswith("application/javascript")
    assert answer["Content-Disposition"] == f'attachment; filename="site-2-{second.sha256[:8]}.js"'


def test_the_file_is_shown_as_text_only(publisher: Client, samples: Samples) -> None:
    file = make_live_file(samples)
    build = file.builds.get()
    build.pk, build.number, build.content = uuid4(), 2, b"</pre><script>alert(1)</script>"
    build.save(force_insert=True)

    body = publisher.get(of_build(file, 2, "change")).content.decode()

    assert "<script>alert(1)" not in body
    assert "&lt;script&gt;alert(1)" in body


@pytest.mark.parametrize("page", ["change", "content", "upload"])
def test_a_stranger_finds_no_build(stranger: Client, file: TrackingFile, page: str) -> None:
    assert stranger.get(of_build(file, 2, page)).status_code in (403, 404)
    assert upload(stranger, file, 2).status_code in (403, 404)
    assert live(file) == 1


def test_history_is_only_read(publisher: Client, file: TrackingFile) -> None:
    deployment = file.deployments.get()
    addresses = [
        of_build(file, 2, "change"),
        of_build(file, 2, "delete"),
        step(file, "change"),
        step(file, "delete"),
        reverse("admin:integrations_filedeployment_change", args=[deployment.pk]),
        reverse("admin:integrations_filedeployment_delete", args=[deployment.pk]),
    ]

    assert [publisher.post(one, {"post": "yes"}).status_code for one in addresses] == [403] * 6
    assert (FileBuild.objects.count(), FileDeployment.objects.count()) == (2, 1)


def test_lists_read_no_bytes_of_files(
    publisher: Client, file: TrackingFile, django_assert_max_num_queries: Any
) -> None:
    names = ("trackingfile", "filebuild", "filedeployment")

    for name in names:
        with django_assert_max_num_queries(12) as queries:
            publisher.get(reverse(f"admin:integrations_{name}_changelist"))
        assert not [one["sql"] for one in queries if '"content_brotli"' in one["sql"]]
