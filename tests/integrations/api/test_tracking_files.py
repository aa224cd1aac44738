"""Tracking files by API: configured, checked, built, reviewed, deployed."""

from __future__ import annotations

import hashlib

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.permissions import Role
from accounts.models import AuditEntry
from integrations.models import FileBuild, FileDeployment, TrackingFile
from integrations.services.tracking_files.drafts import file_of
from tests.integrations.admin.samples import make_samples, make_user
from tests.integrations.api.conftest import caller

HOSTING_URL = "https://cdn.shop.example/s.js"


@pytest.fixture
def file(samples):
    return file_of(samples.pipeline)


@pytest.fixture
def path(file):
    return f"tracking-files/{file.id}"


@pytest.fixture
def api(samples):
    return caller(samples.organization)


def hosted(api, path):
    return api.patch(path, {"draft": {"settings": {"file_hosting_url": HOSTING_URL}}})


def pointers(answer):
    return {one["pointer"]: one["detail"] for one in answer.json()["errors"]}


def test_a_program_configures_reviews_builds_and_deploys(samples, api):
    pipeline = samples.pipeline
    made = api.post("tracking-files", {"pipeline": str(pipeline.id), "cache_seconds": 60})
    path = f"tracking-files/{made.json()['id']}"
    assert made.status_code == 201
    assert made.json()["endpoint_url"].endswith(f"/v1/pipelines/{samples.key.key}/file")
    assert hosted(api, path).status_code == 200

    built = api.post(f"{path}/builds")
    content = api.client.get(f"/api/v1/{path}/builds/1/content", headers={"Accept": "*/*"})
    deployed = api.post(f"{path}/deployments", {"build": 1})

    assert built.status_code == 201
    assert hashlib.sha256(content.content).hexdigest() == built.json()["sha256"]
    assert content.headers["Content-Type"] == "application/javascript; charset=utf-8"
    assert content.headers["ETag"] == f'"{built.json()["sha256"]}"'
    assert (deployed.status_code, deployed.json()["build"]) == (201, 1)
    assert deployed.json()["is_rollback"] is False
    row = api.get(path).json()
    assert (row["live_build"], row["cache_seconds"]) == (1, 60)
    assert [one["build"] for one in api.get(f"{path}/deployments").json()["results"]] == [1]
    listed = api.get("tracking-files", pipeline=str(pipeline.id)).json()["results"]
    assert [one["id"] for one in listed] == [row["id"]]


def test_a_client_may_ask_for_javascript_by_name(api, path):
    api.post(f"{path}/builds")

    answer = api.client.get(f"/api/v1/{path}/builds/1/content", headers={"Accept": "application/javascript"})

    assert answer.status_code == 200


def test_a_pipeline_has_one_file(api, file):
    answer = api.post("tracking-files", {"pipeline": str(file.pipeline_id)})

    assert answer.status_code == 409
    assert str(file.pipeline_id) in answer.json()["detail"]


def test_a_patch_changes_what_it_names(api, path):
    answer = api.patch(path, {"draft": {"consent": {"policy": "implied"}}})

    draft = answer.json()["draft"]
    assert draft["consent"]["policy"] == "implied"
    assert draft["consent"]["categories"] == ["advertising"]
    assert draft["settings"]["batch_size"] == 20


def test_a_wrong_shape_is_refused_with_pointers_into_the_body(api, path, file):
    before = TrackingFile.objects.values().get(id=file.id)

    answer = api.patch(path, {"draft": {"settings": {"kind": "other", "colour": 1}, "consent": []}})

    assert answer.status_code == 400
    assert pointers(answer) == {
        "#/draft/consent": "An object is needed here.",
        "#/draft/settings/colour": "`colour` is not known here.",
        "#/draft/settings/kind": "Choose one of analytics, sync_injector.",
    }
    assert TrackingFile.objects.values().get(id=file.id) == before


def test_unfinished_work_is_kept_and_a_build_of_it_refused_with_pointers(api, path):
    kept = api.patch(path, {"draft": {"settings": {"library_name": "class"}}})
    standing = api.get(f"{path}/standing").json()
    refused = api.post(f"{path}/builds")

    assert kept.status_code == 200
    assert standing["sentences"][0] == "The draft can't be built yet: correct one thing first."
    (error,) = [one for one in standing["problems"] if not one["is_warning"]]
    assert error["pointer"] == "/settings/library_name"
    assert refused.status_code == 400
    assert list(pointers(refused)) == ["#/draft/settings/library_name"]
    for name in ("sizes", "differences", "snippet"):
        assert api.get(f"{path}/{name}").status_code == 400
    assert not FileBuild.objects.exists()


def test_a_draft_is_not_written_over_somebody_elses(api, path):
    seen = api.get(path).headers["ETag"]
    api.patch(path, {"cache_seconds": 10})

    late = api.patch(path, {"draft": {"settings": {"follows_spa": True}}}, **{"If-Match": seen})

    assert late.status_code == 412
    assert TrackingFile.objects.get().draft["settings"]["follows_spa"] is False


def test_a_build_that_changes_nothing_is_the_newest_one(api, path):
    first = api.post(f"{path}/builds")

    again = api.post(f"{path}/builds")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert FileBuild.objects.count() == 1


def test_a_build_is_repeated_by_its_idempotency_key(api, path):
    first = api.post(f"{path}/builds", **{"Idempotency-Key": "b-1"})
    api.patch(path, {"draft": {"settings": {"follows_spa": True}}})

    again = api.post(f"{path}/builds", **{"Idempotency-Key": "b-1"})

    assert again.content == first.content
    assert FileBuild.objects.count() == 1


def test_a_build_can_not_be_changed_or_removed(api, path):
    api.post(f"{path}/builds")

    for method in ("put", "patch", "delete"):
        answer = getattr(api.client, method)(
            f"/api/v1/{path}/builds/1", b"{}", content_type="application/json"
        )
        assert answer.status_code == 405


def test_differences_against_the_live_build_the_previous_and_any(api, path):
    api.post(f"{path}/builds")
    api.post(f"{path}/deployments", {"build": 1})
    api.patch(path, {"draft": {"settings": {"follows_spa": True}}})

    of_draft = api.get(f"{path}/differences", against="live").json()
    api.post(f"{path}/builds")
    of_build = api.get(f"{path}/builds/2/differences").json()
    backwards = api.get(f"{path}/builds/1/differences", against="2").json()

    assert of_draft["changes"] == of_build["changes"]
    assert of_build["changes"] == [
        {
            "path": "follows_spa",
            "place": "Page call on navigation in the page",
            "before": "no",
            "after": "yes",
        }
    ]
    assert of_build["added_modules"] == backwards["removed_modules"]
    assert "spa" in of_build["added_modules"]
    assert api.get(f"{path}/differences").json()["is_empty"] is True
    unknown = api.get(f"{path}/builds/1/differences", against="9")
    assert unknown.json()["errors"][0]["parameter"] == "against"


def test_a_list_of_builds_is_short_and_one_tells_its_configuration(api, path):
    api.post(f"{path}/builds")

    (listed,) = api.get(f"{path}/builds").json()["results"]
    one = api.get(f"{path}/builds/1").json()

    assert "config" not in listed
    assert one["config"]["library_name"] == "analytics"
    assert {name: one[name] for name in listed} == listed


def test_sizes_and_syncs_and_snippets(api, path):
    hosted(api, path)
    sizes, syncs = api.get(f"{path}/sizes").json(), api.get(f"{path}/syncs").json()
    api.post(f"{path}/builds")
    snippet = api.get(f"{path}/snippet", build=1).json()

    assert sizes["raw"] > sizes["gzip"] > sizes["brotli"] > 0
    assert {"module", "about", "gzip"} == set(sizes["modules"][0])
    assert [(one["vendor"], one["sync"]) for one in syncs] == [("partnerstack", "ps_xid")]
    assert HOSTING_URL in snippet["plain"]
    assert api.get(f"{path}/snippet", build=2).json()["errors"][0]["parameter"] == "build"


def test_what_can_not_be_deployed_says_why(api, path):
    assert api.post(f"{path}/deployments", {"build": 1}).json()["errors"][0]["pointer"] == "#/build"
    api.patch(path, {"draft": {"settings": {"hosting": "manual", "file_hosting_url": HOSTING_URL}}})
    api.post(f"{path}/builds")

    refused = api.post(f"{path}/deployments", {"build": 1})

    assert refused.status_code == 409
    assert "Download the build" in refused.json()["detail"]
    assert not FileDeployment.objects.exists()


def test_who_builds_may_not_deploy(samples, path):
    manager = caller(samples.organization, Role.INTEGRATION_MANAGER)

    assert manager.post(f"{path}/builds").status_code == 201
    assert manager.post(f"{path}/deployments", {"build": 1}).status_code == 403
    assert manager.patch(path, {"draft": {"settings": {"hosting": "manual"}}}).status_code == 200


def test_who_may_not_deploy_can_not_end_what_is_live(samples, api, path):
    api.post(f"{path}/builds")
    api.post(f"{path}/deployments", {"build": 1})
    manager = caller(samples.organization, Role.INTEGRATION_MANAGER)

    refused = manager.patch(path, {"draft": {"settings": {"hosting": "manual"}}})

    assert "deploy:tracking_file" in pointers(refused)["#/draft/settings/hosting"]
    assert TrackingFile.objects.get().live_build.number == 1


def test_another_organization_finds_nothing_under_a_file(api, path):
    api.post(f"{path}/builds")
    stranger = caller(make_samples("strangers", "Strangers").organization)

    for name in ("", "/builds", "/builds/1", "/builds/1/content", "/deployments", "/standing"):
        assert stranger.get(f"{path}{name}").status_code == 404
    assert stranger.post(f"{path}/builds").status_code == 404


def test_auto_deploy_is_switched_by_staff_only_and_audited(samples, api):
    path = f"organizations/{samples.organization.id}"
    refused = api.patch(path, {"auto_deploys": False})
    staff = Client()
    staff.force_login(make_user("staff@s2sadmin.example"))

    done = staff.patch(f"/api/v1/{path}", b'{"auto_deploys": false}', content_type="application/json")

    assert "staff" in pointers(refused)["#/auto_deploys"]
    assert (done.status_code, done.json()["auto_deploys"]) == (200, False)
    entry = AuditEntry.objects.filter(action="update:organization").latest("at")
    assert (entry.changes, entry.is_staff) == ({"auto_deploys": [True, False]}, True)
    assert api.patch(path, {"auto_deploys": False, "name": "New"}).status_code == 200


def test_revoking_a_key_that_fetched_the_file_warns(samples, api):
    other = samples.pipeline.write_keys.exclude(id=samples.key.id).get()
    other.file_fetched_at = timezone.now()
    other.save()

    answer = api.post(f"write-keys/{other.id}/revoke")

    assert "gets 404 once the key is revoked" in answer.json()["revoke_warning"]
    assert answer.json()["revoked_at"]
