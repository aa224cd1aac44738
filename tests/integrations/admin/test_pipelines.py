"""Pipelines and their write keys in the admin."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.core.permissions import Role
from integrations.models import Cluster, Delivery, Pipeline, WriteKey
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.pages import add_of, page_of
from tests.integrations.admin.samples import Samples, make_samples


def no_rows(prefix: str) -> dict[str, str]:
    """What a form posts for rows that it only shows."""
    return {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}


def values_of(samples: Samples, **changed: Any) -> dict[str, Any]:
    return {
        "organization": samples.organization.id,
        "cluster": samples.cluster.id,
        "name": "Server",
        "kind": "server",
        "environment": "staging",
        "enabled": "on",
        "consent_policy": "explicit",
        **no_rows("write_keys"),
        **no_rows("destinations"),
        **changed,
    }


def act_on_key(client: Client, key: WriteKey, action: str) -> Any:
    address = reverse(f"admin:integrations_writekey_{action}", args=[key.id])
    return client.post(address, {"_form_submitted": "on"})


def other_key(samples: Samples) -> WriteKey:
    return samples.pipeline.write_keys.get(is_primary=False)


def test_it_makes_a_pipeline(sign_in: SignIn, samples: Samples) -> None:
    sign_in(Role.INTEGRATION_MANAGER).post(add_of(Pipeline), values_of(samples))

    assert Pipeline.objects.get(name="Server").organization == samples.organization


def test_it_takes_no_cluster_of_another_organization(staff: Client, samples: Samples) -> None:
    others = make_samples("others", "Other shop")

    body = staff.post(add_of(Pipeline), values_of(samples, cluster=others.cluster.id)).content.decode()

    assert "This cluster is not one of Sample shop: choose one of its clusters." in body
    assert not Pipeline.objects.filter(name="Server").exists()


def test_a_change_makes_ingest_plan_anew(staff: Client, samples: Samples) -> None:
    before = Pipeline.objects.get(id=samples.pipeline.id).config_version

    staff.post(page_of(Pipeline, samples.pipeline.id), values_of(samples, consent_policy="implied"))

    after = Pipeline.objects.get(id=samples.pipeline.id)
    assert after.consent_policy == "implied"
    assert after.config_version == before + 1


def test_a_pipeline_stays_in_its_organization(staff: Client, samples: Samples) -> None:
    others = make_samples("others", "Other shop")

    staff.post(
        page_of(Pipeline, samples.pipeline.id), values_of(samples, organization=others.organization.id)
    )

    assert Pipeline.objects.get(id=samples.pipeline.id).organization == samples.organization


def test_it_shows_its_keys_and_destinations(sign_in: SignIn, samples: Samples) -> None:
    body = sign_in(Role.ADMIN).get(page_of(Pipeline, samples.pipeline.id)).content.decode()

    assert f'data-copy="{samples.key.key}"' in body
    assert page_of(samples.destinations["Held"].__class__, samples.destinations["Held"].id) in body
    assert "https://events.example.com" in body
    assert body.count(">Make primary</button>") == 1


def test_it_shows_a_reader_no_buttons(sign_in: SignIn, samples: Samples) -> None:
    body = sign_in(Role.READ_ONLY).get(page_of(Pipeline, samples.pipeline.id)).content.decode()

    assert samples.key.key in body
    assert "Revoke" not in body
    assert "Connect a destination" not in body


def test_deleting_a_pipeline_cancels_what_waits(staff: Client, samples: Samples) -> None:
    address = reverse("admin:integrations_pipeline_delete", args=[samples.pipeline.id])

    staff.post(address, {"post": "yes"})

    assert not Pipeline.objects.filter(id=samples.pipeline.id).exists()
    assert not Delivery.objects.filter(pipeline_id=samples.pipeline.id, claim_id=None).exists()


# --- Write keys ---
def test_it_creates_a_key(sign_in: SignIn, samples: Samples) -> None:
    address = reverse("admin:integrations_pipeline_create_key", args=[samples.pipeline.id])

    answer = sign_in(Role.INTEGRATION_MANAGER).post(address, {"_form_submitted": "on", "key": "my-own-key"})

    assert answer["HX-Redirect"] == page_of(Pipeline, samples.pipeline.id)
    assert WriteKey.objects.get(key="my-own-key").pipeline == samples.pipeline


def test_it_says_why_a_key_is_refused(staff: Client, samples: Samples) -> None:
    address = reverse("admin:integrations_pipeline_create_key", args=[samples.pipeline.id])

    staff.post(address, {"_form_submitted": "on", "key": "bad key"})

    shown = staff.get(page_of(Pipeline, samples.pipeline.id)).content.decode()
    assert "Use 8 to 128 letters, digits, _ and -." in shown
    assert samples.pipeline.write_keys.count() == 2


def test_it_makes_another_key_primary(staff: Client, samples: Samples) -> None:
    other = other_key(samples)

    act_on_key(staff, other, "use_as_primary")

    assert WriteKey.objects.get(id=other.id).is_primary
    assert not WriteKey.objects.get(id=samples.key.id).is_primary


def test_it_revokes_a_key(staff: Client, samples: Samples) -> None:
    other = other_key(samples)

    act_on_key(staff, other, "revoke")

    assert WriteKey.objects.get(id=other.id).revoked_at is not None


def test_it_keeps_the_primary_key(staff: Client, samples: Samples) -> None:
    act_on_key(staff, samples.key, "revoke")

    assert WriteKey.objects.get(id=samples.key.id).revoked_at is None
    shown = staff.get(page_of(Pipeline, samples.pipeline.id)).content.decode()
    assert "This is the primary key: make another one primary first." in shown


def test_it_says_when_a_key_was_last_used_before_revoking(staff: Client, samples: Samples) -> None:
    address = reverse("admin:integrations_writekey_revoke", args=[other_key(samples).id])

    body = staff.get(address).content.decode()

    assert "Last used: <strong>never</strong>." in body
    assert WriteKey.objects.get(id=other_key(samples).id).revoked_at is None


def test_it_warns_before_revoking_a_key_that_fetched_the_file(staff: Client, samples: Samples) -> None:
    key = other_key(samples)
    WriteKey.objects.filter(id=key.id).update(file_fetched_at=timezone.now())

    body = staff.get(reverse("admin:integrations_writekey_revoke", args=[key.id])).content.decode()

    assert "The tracking file was fetched with this key on" in body


def test_a_random_key_is_made_when_none_is_typed(staff: Client, samples: Samples) -> None:
    staff.post(add_of(WriteKey), {"pipeline": samples.pipeline.id, "key": ""})

    assert samples.pipeline.write_keys.filter(key__startswith="wk_").count() == 3


def test_the_sites_of_a_cluster_are_written_with_commas(staff: Client, samples: Samples) -> None:
    values = {"organization": samples.organization.id, "name": "Dublin", "base_url": "https://eu.example.com"}

    staff.post(add_of(Cluster), values | {"sites": "shop.example, shop-two.example"})
    refused = staff.post(add_of(Cluster), values | {"name": "Paris", "sites": "https://shop.example"})

    assert Cluster.objects.get(name="Dublin").sites == ["shop.example", "shop-two.example"]
    assert "https://shop.example is no domain" in refused.content.decode()


def test_a_cluster_is_made_in_the_own_organization(sign_in: SignIn, samples: Samples) -> None:
    values = {"organization": samples.organization.id, "name": "Dublin", "base_url": "https://eu.example.com"}

    sign_in(Role.ADMIN).post(add_of(Cluster), values)

    assert Cluster.objects.get(name="Dublin").organization == samples.organization
