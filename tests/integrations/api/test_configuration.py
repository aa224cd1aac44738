"""Clusters, pipelines, consent categories and write keys over the API."""

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.core.permissions import Role
from accounts.models import AuditEntry
from integrations.models import Cluster, ConsentCategory, Delivery, DeliveryResult, Pipeline, WriteKey
from tests.integrations.api.conftest import told

UNSEEN = "There is none with this id that you may use here."


def actions():
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_cluster_is_made_read_changed_and_removed(admin, samples):
    made = admin.post("clusters", {"name": "Paris", "base_url": "https://p.example"})

    assert made.status_code == 201
    row = made.json()
    assert row == {
        "id": row["id"],
        "organization": str(samples.organization.id),
        "name": "Paris",
        "region": "",
        "base_url": "https://p.example",
        "sites": [],
    }
    changed = admin.patch(f"clusters/{row['id']}", {"region": "eu-west"}, **{"If-Match": made["ETag"]})
    assert (changed.status_code, changed.json()) == (200, {**row, "region": "eu-west"})
    assert admin.delete(f"clusters/{row['id']}").status_code == 204
    assert admin.get(f"clusters/{row['id']}").status_code == 404
    assert actions()[-3:] == ["create:cluster", "update:cluster", "delete:cluster"]


def test_the_sites_of_a_cluster_are_domains(admin, samples):
    path = f"clusters/{samples.cluster.id}"
    etag = {"If-Match": admin.get(path)["ETag"]}

    refused = admin.patch(path, {"sites": ["https://shop.example"]}, **etag)
    changed = admin.patch(path, {"sites": ["shop.example"]}, **etag)

    assert "https://shop.example is no domain" in told(refused)["#/sites"]
    assert changed.json()["sites"] == ["shop.example"]


def test_a_key_that_fetched_its_file_warns_of_revoking_it(admin, samples):
    path = f"write-keys/{samples.key.id}"
    assert admin.get(path).json()["revoke_warning"] == ""

    WriteKey.objects.filter(id=samples.key.id).update(file_fetched_at=timezone.now())

    assert admin.get(path).json()["revoke_warning"].startswith("The tracking file was fetched with ")


def test_a_cluster_in_use_stays(admin, samples):
    answer = admin.delete(f"clusters/{samples.cluster.id}")

    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        "Frankfurt is still used by Sample shop web. Remove or change those first."
    )
    assert Cluster.objects.filter(id=samples.cluster.id).exists()


def test_a_change_of_what_was_changed_meanwhile_is_refused(admin, samples):
    path = f"clusters/{samples.cluster.id}"
    etag = admin.get(path)["ETag"]
    admin.patch(path, {"region": "moved"})

    answer = admin.patch(path, {"name": "Mine"}, **{"If-Match": etag})

    assert answer.status_code == 412
    assert Cluster.objects.get(id=samples.cluster.id).name == "Frankfurt"


def test_a_repeated_write_with_its_key_writes_once(admin, samples):
    body = {"name": "Once", "base_url": "https://once.example"}

    first, again = (admin.post("clusters", body, **{"Idempotency-Key": "k-1"}) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Cluster.objects.filter(name="Once").count() == 1


def test_a_pipeline_belongs_to_the_organization_of_its_cluster(admin, samples):
    body = {"cluster": str(samples.cluster.id), "name": "Server", "kind": "server"}

    row = admin.post("pipelines", body).json()

    assert row["organization"] == str(samples.organization.id)
    assert row["consent_policy"] == "explicit"
    assert "config_version" not in row
    assert [one["name"] for one in admin.get("pipelines").json()["results"]].count("Server") == 1


def test_a_changed_pipeline_is_planned_anew(admin, samples):
    before = Pipeline.objects.get(id=samples.pipeline.id).config_version

    answer = admin.patch(f"pipelines/{samples.pipeline.id}", {"consent_policy": "implied"})

    assert answer.status_code == 200
    assert Pipeline.objects.get(id=samples.pipeline.id).config_version == before + 1


@pytest.mark.parametrize("given", ["f0f69ea1-f410-4b8f-841b-bf16839899f7", "nonsense", 7, None])
def test_an_unknown_cluster_is_refused_where_it_stands(admin, samples, given):
    answer = admin.post("pipelines", {"cluster": given, "name": "Stray", "kind": "web"})

    assert answer.status_code == 400
    assert list(told(answer)) == ["#/cluster"]
    assert not Pipeline.objects.filter(name="Stray").exists()


def test_a_second_pipeline_of_the_same_name_is_refused(admin, samples):
    body = {"cluster": str(samples.cluster.id), "name": samples.pipeline.name, "kind": "web"}

    answer = admin.post("pipelines", body)

    assert answer.status_code == 400
    assert told(answer) == {"#/name": "Another one has this name: choose a different one."}
    assert Pipeline.objects.filter(name=samples.pipeline.name).count() == 1


def test_removing_a_pipeline_cancels_what_waits_with_a_reason(admin, samples):
    assert admin.delete(f"pipelines/{samples.pipeline.id}").status_code == 204

    assert not Pipeline.objects.filter(id=samples.pipeline.id).exists()
    assert [str(one.id) for one in Delivery.objects.filter(claim_id=None)] == []
    ended = DeliveryResult.objects.get(id=samples.deliveries["Waiting"])
    assert (ended.outcome, ended.reason) == ("cancelled", "Waiting was disabled.")


def test_a_category_is_made_with_what_platforms_call_it(admin, samples):
    stands_for_it = {"cmp_codes": ["C0002"], "tcf_purposes": [1, 8], "gpp_fields": ["SaleOptOut"]}
    body = {"code": "analytics", "name": "Analytics", **stands_for_it}

    row = admin.post("consent-categories", body).json()

    assert row == {
        "id": row["id"],
        "organization": str(samples.organization.id),
        **body,
        "is_sale_or_sharing": False,
    }


def test_a_tcf_purpose_that_is_none_is_refused(admin, samples):
    answer = admin.post("consent-categories", {"code": "ads", "name": "Ads", "tcf_purposes": [1, 12]})

    assert told(answer) == {"#/tcf_purposes/1": "Ensure this value is less than or equal to 11."}
    assert ConsentCategory.objects.count() == 1


def test_a_category_code_with_spaces_is_refused(admin, samples):
    answer = admin.post("consent-categories", {"code": "a b", "name": "A"})

    assert told(answer) == {"#/code": "Use letters, digits, _ . and -."}
    assert ConsentCategory.objects.count() == 1


def test_a_key_is_made_by_chance_or_by_choice(admin, samples):
    pipeline = str(samples.pipeline.id)

    by_chance = admin.post("write-keys", {"pipeline": pipeline}).json()
    by_choice = admin.post("write-keys", {"pipeline": pipeline, "key": "my-own-key-1"}).json()

    assert by_chance["key"].startswith("wk_")
    assert (by_choice["key"], by_choice["is_primary"]) == ("my-own-key-1", False)
    listed = admin.get("write-keys", pipeline=pipeline).json()["results"]
    assert len(listed) == 4
    assert admin.get("write-keys", pipeline=str(uuid4())).json()["results"] == []


def test_a_bad_key_is_refused(admin, samples):
    answer = admin.post("write-keys", {"pipeline": str(samples.pipeline.id), "key": "no spaces please"})

    assert told(answer) == {"#/key": "Use 8 to 128 letters, digits, _ and -."}
    assert WriteKey.objects.count() == 2


def test_another_key_becomes_primary_and_the_old_one_is_revoked(admin, samples):
    spare = WriteKey.objects.get(is_primary=False)

    assert admin.post(f"write-keys/{spare.id}/make-primary").json()["is_primary"] is True
    revoked = admin.post(f"write-keys/{samples.key.id}/revoke")

    assert revoked.json()["revoked_at"]
    assert actions()[-2:] == ["update:write_key", "revoke:write_key"]
    assert [one["id"] for one in admin.get("write-keys", revoked="true").json()["results"]] == [
        str(samples.key.id)
    ]


def test_the_primary_key_goes_last(admin, samples):
    answer = admin.post(f"write-keys/{samples.key.id}/revoke")

    assert answer.status_code == 400
    assert answer.json()["detail"] == "This is the primary key: make another one primary first."
    samples.key.refresh_from_db()
    assert samples.key.revoked_at is None


@pytest.mark.parametrize(
    ("method", "path", "body", "needed"),
    [
        ("post", "clusters", {"name": "X", "base_url": "https://x.example"}, "create:cluster"),
        ("delete", "pipelines/{pipeline}", None, "delete:pipeline"),
        ("post", "write-keys/{key}/revoke", {}, "revoke:write_key"),
        ("post", "write-keys/{key}/make-primary", {}, "update:write_key"),
        ("delete", "consent-categories/{category}", None, "delete:consent_category"),
    ],
)
def test_an_integration_manager_is_told_what_is_missing(call, samples, method, path, body, needed):
    manager, before = call(Role.INTEGRATION_MANAGER), AuditEntry.objects.count()
    path = path.format(pipeline=samples.pipeline.id, key=samples.key.id, category=samples.category.id)

    answer = getattr(manager, method)(path, *([body] if body is not None else []))

    assert answer.status_code == 403
    assert answer.json()["detail"] == f"This needs the permission {needed}."
    assert AuditEntry.objects.count() == before
