"""Every change made by a form leaves exactly one audit entry with what differs; a refused one none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.core.principal import Principal
from accounts.models import AuditEntry
from integrations.models import Cluster, ConsentCategory, Delivery, DeliveryRecord, Destination, Pipeline
from integrations.services import configuration
from integrations.services.snapshots import configuration_changed
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.pages import add_of, list_of, page_of
from tests.integrations.admin.samples import SECRET, Samples
from tests.integrations.admin.test_destinations import act, add, change
from tests.integrations.admin.test_pipelines import act_on_key, other_key, values_of

Told = Callable[[], list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def told(samples: Samples) -> Told:
    """What the log has since the samples were made: actions with their differences."""
    last = AuditEntry.objects.latest("id").id

    def read() -> list[tuple[str, dict[str, Any]]]:
        return list(AuditEntry.objects.filter(id__gt=last).order_by("id").values_list("action", "changes"))

    return read


def actions(told: Told) -> list[str]:
    return [action for action, _ in told()]


def delete(client: Client, model: type, object_id: Any) -> Any:
    name = f"admin:integrations_{model._meta.model_name}_delete"  # type: ignore[attr-defined]
    return client.post(reverse(name, args=[object_id]), {"post": "yes"}, follow=True)


# --- Pipelines, clusters, consent categories ---
def test_a_made_pipeline_is_told_once(sign_in: SignIn, samples: Samples, told: Told) -> None:
    sign_in(Role.INTEGRATION_MANAGER).post(add_of(Pipeline), values_of(samples))

    ((action, changes),) = told()
    assert action == "create:pipeline"
    assert changes["name"] == [None, "Server"]
    assert changes["environment"] == [None, "staging"]


def test_a_changed_pipeline_is_told_with_what_differs(sign_in: SignIn, samples: Samples, told: Told) -> None:
    values = values_of(samples, name="Sample shop web", kind="web", environment="production")

    sign_in().post(page_of(Pipeline, samples.pipeline.id), {**values, "consent_policy": "implied"})

    entry = AuditEntry.objects.latest("id")
    assert (entry.actor, entry.address, entry.is_staff) == ("admin@sample.example", "127.0.0.1", False)
    assert entry.organization_id == samples.organization.id
    ((action, changes),) = told()
    assert action == "update:pipeline"
    assert changes["consent_policy"] == ["explicit", "implied"]


def test_saving_a_pipeline_as_it_is_tells_nothing(staff: Client, samples: Samples, told: Told) -> None:
    cluster = {"name": "Frankfurt", "region": "eu-central", "base_url": "https://events.example.com"}

    staff.post(page_of(Cluster, samples.cluster.id), cluster)

    assert told() == []


def test_what_moved_meanwhile_stays_as_it_is(
    staff: Client, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the form's reading and its writing another request changed the pipeline."""
    before = Pipeline.objects.get(pk=samples.pipeline.pk).config_version
    update = configuration.update

    def meanwhile(by: Principal, obj: Pipeline, changes: dict[str, Any]) -> Any:
        Pipeline.objects.filter(pk=obj.pk).update(answers_207=True)
        configuration_changed(obj.pk)
        return update(by, obj, changes)

    monkeypatch.setattr(configuration, "update", meanwhile)
    staff.post(page_of(Pipeline, samples.pipeline.id), values_of(samples, consent_policy="implied"))

    pipeline = Pipeline.objects.get(pk=samples.pipeline.pk)
    assert (pipeline.answers_207, pipeline.config_version) == (True, before + 2)


def test_staff_is_told_as_staff(staff: Client, samples: Samples, told: Told) -> None:
    staff.post(
        page_of(ConsentCategory, samples.category.id),
        {"name": "Ads", "code": "advertising", "cmp_codes": "C0004, marketing"},
    )

    assert told() == [("update:consent_category", {"name": ["Advertising", "Ads"]})]
    assert AuditEntry.objects.latest("id").is_staff


def test_a_made_cluster_is_told_once(sign_in: SignIn, samples: Samples, told: Told) -> None:
    values = {"organization": samples.organization.id, "name": "Dublin", "base_url": "https://eu.example.com"}

    sign_in().post(add_of(Cluster), values)

    assert actions(told) == ["create:cluster"]


def test_a_deleted_category_is_told_once(staff: Client, samples: Samples, told: Told) -> None:
    spare = ConsentCategory.objects.create(organization=samples.organization, code="spare", name="Spare")

    delete(staff, ConsentCategory, spare.id)

    assert not ConsentCategory.objects.filter(id=spare.id).exists()
    assert actions(told) == ["delete:consent_category"]


def test_a_cluster_that_is_used_stays_and_nothing_is_told(
    staff: Client, samples: Samples, told: Told
) -> None:
    delete(staff, Cluster, samples.cluster.id)

    assert Cluster.objects.filter(id=samples.cluster.id).exists()
    assert told() == []


def test_a_deleted_pipeline_is_told_after_its_destinations(
    staff: Client, samples: Samples, told: Told
) -> None:
    delete(staff, Pipeline, samples.pipeline.id)

    assert actions(told)[-1] == "delete:pipeline"
    assert actions(told).count("delete:destination") == len(samples.destinations)


@pytest.mark.parametrize(
    ("model", "values"),
    [(Pipeline, {"name": ""}), (Cluster, {"name": "x", "base_url": "nonsense"}), (ConsentCategory, {})],
)
def test_a_refused_form_tells_nothing(
    staff: Client, samples: Samples, told: Told, model: Any, values: dict[str, str]
) -> None:
    answers = [staff.post(add_of(model), values), staff.post(page_of(model, _first(model)), values)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert told() == []


def _first(model: Any) -> Any:
    return model.objects.first().pk


# --- Write keys ---
def test_write_keys_are_told_once_each(staff: Client, samples: Samples, told: Told) -> None:
    create = reverse("admin:integrations_pipeline_create_key", args=[samples.pipeline.id])

    act_on_key(staff, samples.key, "revoke")  # refused: it is the primary one
    act_on_key(staff, other_key(samples), "revoke")
    staff.post(create, {"_form_submitted": "on", "key": "my-own-key"})
    staff.post(create, {"_form_submitted": "on", "key": "bad key"})

    assert actions(told) == ["revoke:write_key", "create:write_key"]


def test_a_write_key_is_not_deleted(staff: Client, samples: Samples, told: Told) -> None:
    answer = delete(staff, type(samples.key), samples.key.id)

    assert answer.status_code == 403
    assert told() == []


# --- Destinations ---
def test_a_connected_destination_is_told_once_without_its_secrets(
    sign_in: SignIn, samples: Samples, told: Told
) -> None:
    add(sign_in(), samples)

    ((action, changes),) = told()
    assert action == "create:destination"
    assert changes["secrets.server_access_token"] == [None, "••••"]
    assert "a-secret-token" not in str(changes)


def test_a_changed_destination_is_told_with_what_differs(
    sign_in: SignIn, samples: Samples, told: Told
) -> None:
    change(sign_in(), samples, "Held", name="Renamed", setting_tracking_token="another-token")

    ((action, changes),) = told()
    assert action == "update:destination"
    assert changes == {"name": ["Held", "Renamed"], "secrets.tracking_token": ["••••", "••••"]}


def test_a_refused_destination_tells_nothing(staff: Client, samples: Samples, told: Told) -> None:
    add(staff, samples, setting_pixel_eid="not allowed!")
    change(staff, samples, "Held", setting_currency="dollars")

    assert told() == []


@pytest.mark.parametrize(
    ("which", "verb", "action"),
    [
        ("Waiting", "pause", "pause:destination"),
        ("Paused", "resume", "resume:destination"),
        ("Waiting", "disable", "disable:destination"),
        ("Broken", "close_breaker", "close_breaker:destination"),
    ],
)
def test_a_button_of_a_destination_is_told_once(
    staff: Client, samples: Samples, told: Told, which: str, verb: str, action: str
) -> None:
    act(staff, samples, which, verb)

    assert actions(told) == [action]


def test_a_deleted_destination_is_told_with_its_end(staff: Client, samples: Samples, told: Told) -> None:
    delete(staff, Destination, samples.destinations["Waiting"].id)

    assert actions(told) == ["disable:destination", "delete:destination"]
    assert SECRET not in str(told())


# --- Decisions ---
@pytest.mark.parametrize(
    ("name", "action", "outcome"),
    [
        ("send_again", "send_again:delivery", "waiting"),
        ("mark_as_delivered", "mark_delivered:delivery", "delivered"),
        ("cancel", "cancel:delivery", "cancelled"),
    ],
)
def test_a_decision_is_told_once(
    sign_in: SignIn, samples: Samples, told: Told, name: str, action: str, outcome: str
) -> None:
    ids = [str(samples.deliveries["Held"]), str(samples.deliveries["Waiting"])]
    values = {"action": name, "index": "0", "select_across": "0", "_selected_action": ids}

    sign_in(Role.DEPLOYMENT_MANAGER).post(list_of(DeliveryRecord), values)

    assert told() == [(action, {"outcome": ["held", outcome]})]
    assert AuditEntry.objects.latest("id").organization_id == samples.organization.id


def test_a_refused_decision_tells_nothing(sign_in: SignIn, samples: Samples, told: Told) -> None:
    values = {"action": "cancel", "index": "0", "_selected_action": [str(samples.deliveries["Held"])]}

    sign_in(Role.READ_ONLY).post(list_of(DeliveryRecord), values)

    assert Delivery.objects.get(id=samples.deliveries["Held"]).held_at is not None
    assert told() == []
