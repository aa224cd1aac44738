"""Settings > Webhooks > Delivery History, as people of each role see and use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import AuditEntry, Organization, User
from tests.integrations.admin.samples import make_user
from tests.walks.messages import make_webhook
from tests.webhooks.endpoints import make_organization, make_subscription
from webhooks.models import MessageDelivery, MessageDeliveryRecord, Recovery, Subscription, SubscriptionLane
from webhooks.services.secrets import rotate_secret

pytestmark = pytest.mark.django_db
LIST = "admin:webhooks_subscription_changelist"
HISTORY = "admin:webhooks_messagedeliveryrecord_changelist"


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.services.urls.system_resolve", lambda host, port: ["93.184.215.14"])


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def enter(organization: Organization) -> Callable[..., Client]:
    def sign_in(role: Role = Role.INTEGRATION_MANAGER) -> Client:
        client = Client()
        client.force_login(make_user(f"{role}@acme.example", organization, role))
        return client

    return sign_in


def page(client: Client, name: str, *arguments: Any) -> str:
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def create(client: Client, organization: Organization, **values: Any) -> Any:
    given = {
        "organization": organization.id,
        "url": "https://hooks.acme.example/s2s",
        "event_types": ["file.deployed"],
        "enabled": "on",
        "policy": "standard",
        "disable_after_days": "",
    }
    return client.post(reverse("admin:webhooks_subscription_add"), {**given, **values})


def test_the_menu_leads_from_webhooks_to_the_delivery_history(enter):
    text = page(enter(), "admin:index")

    assert text.index(reverse(LIST)) < text.index(reverse(HISTORY))


def test_read_only_members_see_neither(enter, organization):
    make_subscription(organization)
    client = enter(Role.READ_ONLY)

    assert reverse(LIST) not in page(client, "admin:index")
    assert client.get(reverse(LIST)).status_code == 403
    assert client.get(reverse(HISTORY)).status_code == 403


@pytest.mark.parametrize("role", [Role.ADMIN, Role.DEPLOYMENT_MANAGER, Role.INTEGRATION_MANAGER])
def test_creating_shows_the_secret_once(enter, organization, role):
    client = enter(role)

    answer = create(client, organization)

    secret = re.search(r"whsec_[A-Za-z0-9+/=]{44}", answer.content.decode())
    subscription = Subscription.objects.get()
    assert secret is not None
    assert subscription.secrets["current"] == secret[0]
    assert "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"]
    assert secret[0] not in page(client, "admin:webhooks_subscription_change", subscription.id)
    assert AuditEntry.objects.filter(action="create:webhook_config").count() == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"url": "http://hooks.acme.example/"}, "It must begin with https://."),
        ({"url": "https://10.0.0.1/"}, "an IP address is not allowed"),
        ({"event_types": []}, "Choose at least one event type."),
    ],
)
def test_what_is_wrong_stands_at_its_field(enter, organization, values, sentence):
    answer = create(enter(), organization, **values)

    assert sentence in answer.content.decode()
    assert not Subscription.objects.exists()


def test_all_that_is_wrong_is_told_at_once(enter, organization):
    body = create(enter(), organization, url="http://10.0.0.1/", event_types=[]).content.decode()

    assert "It must begin with https://." in body
    assert "an IP address is not allowed" in body
    assert "Choose at least one event type." in body


def test_its_breaker_can_be_set_to_only_observe_and_the_page_says_so(enter, organization):
    client = enter()
    create(client, organization, breaker_only_observes="on")
    subscription = Subscription.objects.get()
    SubscriptionLane.objects.update(breaker_state="open", breaker_failures=3)

    text = page(client, "admin:webhooks_subscription_change", subscription.id)

    assert subscription.breaker_only_observes
    assert "3 attempts in a row failed. The breaker only observes" in text
    assert "Try now" not in text
    assert AuditEntry.objects.get().changes["breaker_only_observes"] == [None, True]


def test_the_only_organization_is_chosen_already_for_staff_too(organization):
    staff = Client()
    staff.force_login(User.objects.create_superuser("staff@s2s.example"))
    name = "admin:webhooks_subscription_add"
    chosen = f'<option value="{organization.id}" selected>'

    assert chosen in page(staff, name)
    make_organization()
    assert chosen not in page(staff, name)


def test_a_second_one_is_refused_in_the_form(enter, organization):
    make_subscription(organization)

    assert "at most one webhook" in create(enter(), organization).content.decode()


def test_a_change_is_saved_by_the_service(enter, organization):
    subscription = make_subscription(organization)
    values = {"url": subscription.url, "event_types": ["file.config_saved"], "policy": "patient"}

    enter().post(
        reverse("admin:webhooks_subscription_change", args=[subscription.id]),
        {**values, "disable_after_days": "5"},
    )

    subscription.refresh_from_db()
    assert (subscription.event_types, subscription.policy) == (["file.config_saved"], "patient")
    assert AuditEntry.objects.get(action="update:webhook_config").changes["disable_after_days"] == [None, 5]


def act(client: Client, name: str, object_id: Any, **values: Any) -> Any:
    return client.post(
        reverse(f"admin:webhooks_{name}", args=[object_id]),
        {"_form_submitted": "on", **values},
        headers={"HX-Request": "true"},
    )


def test_the_buttons_test_disable_and_enable(enter, organization):
    client, subscription = enter(), make_subscription(organization)

    act(client, "subscription_test", subscription.id)
    assert MessageDelivery.objects.get().event_type == "webhook.test"

    act(client, "subscription_disable", subscription.id)
    subscription.refresh_from_db()
    assert not subscription.enabled
    assert MessageDeliveryRecord.objects.get().outcome == "cancelled"

    act(client, "subscription_enable", subscription.id)
    subscription.refresh_from_db()
    assert subscription.enabled


def test_rotating_asks_for_the_overlap_and_shows_the_new_secret_once(enter, organization):
    subscription = make_subscription(organization)
    client, url = enter(Role.ADMIN), reverse("admin:webhooks_subscription_rotate", args=[subscription.id])

    assert "Overlap (hours)" in client.get(url).content.decode()
    answer = client.post(url, {"overlap_hours": "24"})

    subscription.refresh_from_db()
    assert subscription.secrets["current"] in answer.content.decode().replace("&#x2B;", "+")
    assert len(subscription.secrets["previous"]) == 1
    standing = page(client, "admin:webhooks_subscription_change", subscription.id)
    assert "Rotating:" in standing
    act(client, "subscription_finish_rotation", subscription.id)
    subscription.refresh_from_db()
    assert subscription.secrets["previous"] == []


def test_what_rotating_refuses_stands_on_its_page(enter, organization):
    subscription = make_subscription(organization)
    for _ in range(10):
        rotate_secret(system("test"), subscription)
    url = reverse("admin:webhooks_subscription_rotate", args=[subscription.id])
    before = subscription.secrets

    answer = enter(Role.ADMIN).post(url, {"overlap_hours": "24"})

    assert "finish the rotation first" in answer.content.decode()
    subscription.refresh_from_db()
    assert subscription.secrets == before


def test_who_may_not_rotate_does_not(enter, organization):
    subscription = make_subscription(organization)
    url = reverse("admin:webhooks_subscription_rotate", args=[subscription.id])
    before = subscription.secrets

    assert enter(Role.INTEGRATION_MANAGER).post(url, {"overlap_hours": "0"}).status_code == 403

    subscription.refresh_from_db()
    assert subscription.secrets == before


def test_deleting_asks_and_then_keeps_the_history(enter, organization):
    client, subscription = enter(), make_webhook(organization, mark="acme", secret="c2VjcmV0")
    url = reverse("admin:webhooks_subscription_delete", args=[subscription.id])

    assert "The Delivery History stays." in client.get(url).content.decode()
    assert Subscription.objects.exists()
    client.post(url, {"post": "yes"})

    assert not Subscription.objects.exists()
    assert set(MessageDeliveryRecord.objects.values_list("outcome", flat=True)) == {"exhausted", "cancelled"}
    assert "deleted" in page(client, HISTORY)


def test_the_history_shows_outcome_reason_payload_answer_and_phases(enter, organization):
    make_webhook(organization, mark="acme", secret="c2VjcmV0")
    client, record = enter(), MessageDeliveryRecord.objects.get(outcome="exhausted")

    listed = page(client, HISTORY)
    shown = page(client, "admin:webhooks_messagedeliveryrecord_change", record.id)

    assert "acme answered 503." in listed
    for part in ("acme is down", "TLS 3.0 ms", "file.deployed", f"msg_{record.message_id.hex}", "acme name"):
        assert part in shown, part


def test_the_history_says_where_each_went_and_not_where_the_webhook_is_now(enter, organization):
    subscription = make_webhook(organization, mark="acme", secret="c2VjcmV0")
    Subscription.objects.filter(id=subscription.id).update(url="https://moved.example/hook")
    rows = re.findall(r"<tr.*?</tr>", page(enter(), HISTORY), re.DOTALL)

    (failed,) = (row for row in rows if "Exhausted" in row)
    (waiting,) = (row for row in rows if "Waiting" in row)

    assert "https://acme.example/hook" in failed
    assert "https://moved.example/hook" in waiting


def test_the_history_is_filtered(enter, organization):
    make_webhook(organization, mark="acme", secret="c2VjcmV0")
    client = enter()

    answer = client.get(reverse(HISTORY), {"outcome": "waiting"}).content.decode()

    assert "acme answered 503." not in answer


def test_one_message_is_sent_again_from_its_page(enter, organization):
    make_webhook(organization, mark="acme", secret="c2VjcmV0")
    record = MessageDeliveryRecord.objects.get(outcome="exhausted")

    act(enter(), "messagedeliveryrecord_send_again", record.id)

    assert MessageDelivery.objects.get(origin="resend").message_id == record.message_id


def test_recovering_says_how_many_and_starts_a_job_that_can_be_cancelled(enter, organization):
    subscription = make_webhook(organization, mark="acme", secret="c2VjcmV0")
    Recovery.objects.all().delete()
    client = enter()
    url = reverse("admin:webhooks_subscription_recover", args=[subscription.id])

    assert "the last hour: 1 message<" in client.get(url, headers={"HX-Request": "true"}).content.decode()
    act(client, "subscription_recover", subscription.id, hours="1")
    recovery = Recovery.objects.get()
    assert (recovery.state, recovery.planned) == ("running", 1)

    act(client, "recovery_cancel", recovery.id)
    recovery.refresh_from_db()
    assert recovery.state == "cancelled"


def test_the_page_reads_as_sentences(enter, organization):
    subscription = make_webhook(organization, mark="acme", secret="c2VjcmV0")
    client = enter()
    act(client, "subscription_disable", subscription.id)

    told = page(client, "admin:webhooks_subscription_change", subscription.id)
    assert "Disabled by a person. Nothing is sent or kept for it." in told
    assert "For an event, " in told and "queued again</a>:" in told and "what failed since" in told

    Subscription.objects.update(disabled_reason="Disabled by the endpoint: it answered 410 (gone).")
    gone = page(client, "admin:webhooks_subscription_change", subscription.id)
    assert "Disabled:" not in gone and "Disabled by the endpoint: it answered 410 (gone)." in gone


def test_the_egress_addresses_are_told_or_their_absence_is(enter, organization, settings):
    subscription = make_subscription(organization)
    client = enter()
    absent = page(client, "admin:webhooks_subscription_change", subscription.id)

    settings.EGRESS_ADDRESSES = ["198.51.100.7"]
    told = page(client, "admin:webhooks_subscription_change", subscription.id)

    assert "The operator has not said" in absent
    assert "Requests come from 198.51.100.7." in told
