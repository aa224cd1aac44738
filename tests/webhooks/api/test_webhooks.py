"""Webhooks by the REST API: what a program with a token can do, from creation to recovery."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization
from tests.accounts.api.calls import token_of
from tests.walks.messages import make_webhook
from tests.webhooks.endpoints import make_organization, make_subscription
from webhooks.checks import egress_addresses_are_named, no_host_is_on_trial
from webhooks.core.event_types import EVENT_TYPES
from webhooks.models import MessageDelivery, MessageDeliveryRecord, Recovery, Subscription
from webhooks.services.recoveries import run_recoveries

pytestmark = pytest.mark.django_db
NEW = {"url": "https://hooks.acme.example/s2s", "event_types": ["file.deployed"]}


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr("webhooks.services.urls.system_resolve", lambda host, port: ["93.184.215.14"])
    settings.API_RATE_PER_MINUTE = 10**6


@pytest.fixture
def organization() -> Organization:
    return make_organization()


class Caller:
    def __init__(self, organization: Organization) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token_of(organization)}"})

    def __call__(self, method: str, path: str, body: Any = None, status: int = 200, **query: Any) -> Any:
        answer = self.client.generic(
            method,
            f"/api/v1/{path}",
            body if isinstance(body, bytes) else _raw(body),
            content_type="application/json",
            query_params=query or None,
        )
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None


def _raw(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


@pytest.fixture
def call(organization: Organization) -> Caller:
    return Caller(organization)


def test_a_webhook_is_made_read_changed_and_removed(call):
    made = call("POST", "webhooks", NEW, 201)
    assert made.pop("secret").startswith("whsec_")
    assert (made["enabled"], made["policy"], made["disable_after_days"]) == (True, "standard", None)

    assert call("GET", f"webhooks/{made['id']}") == made
    changes = {"event_types": ["file.config_saved"], "breaker_only_observes": True}
    changed = call("PATCH", f"webhooks/{made['id']}", changes)
    assert {name: changed[name] for name in changes} == changes
    assert made["breaker_only_observes"] is False
    call("DELETE", f"webhooks/{made['id']}", status=204)
    assert not Subscription.objects.exists()


def test_every_broken_rule_of_a_url_has_its_sentence_and_pointer(call):
    problem = call("POST", "webhooks", {**NEW, "url": "http://a:b@127.0.0.1/"}, 400)

    assert {error["pointer"] for error in problem["errors"]} == {"#/url"}
    assert [error["detail"] for error in problem["errors"]] == [
        "It must begin with https://.",
        "Leave user and password out: requests are proven by their signature.",
        "Use a host name: an IP address is not allowed, however it is written.",
    ]


def test_a_test_message_is_queued_and_stands_in_the_history(call, organization):
    subscription = make_subscription(organization)

    sent = call("POST", f"webhooks/{subscription.id}/test", {}, 202)

    whole = call("GET", f"webhook-deliveries/{sent['delivery']}")
    assert (whole["event_type"], whole["origin"], whole["outcome"]) == ("webhook.test", "test", "waiting")
    assert whole["payload"]["data"]["webhook_id"] == str(subscription.id)
    assert whole["attempts"] == []


def test_the_state_tells_of_breaker_waiting_and_rotation(call, organization):
    subscription = make_webhook(organization, mark="acme", secret="c2VjcmV0")
    call("POST", f"webhooks/{subscription.id}/rotate-secret", {"overlap_hours": 1})

    state = call("GET", f"webhooks/{subscription.id}/state")

    assert (state["enabled"], state["breaker_state"], state["waiting"]) == (True, "closed", 1)
    assert state["old_secret_until"] is not None
    call("POST", f"webhooks/{subscription.id}/finish-rotation", {})
    assert call("GET", f"webhooks/{subscription.id}/state")["old_secret_until"] is None


def test_disabling_cancels_and_enabling_does_not_bring_back(call, organization):
    subscription = make_webhook(organization, mark="acme", secret="c2VjcmV0")

    assert call("POST", f"webhooks/{subscription.id}/disable", {})["enabled"] is False
    assert call("POST", f"webhooks/{subscription.id}/enable", {})["enabled"] is True

    outcomes = {one["outcome"] for one in call("GET", "webhook-deliveries")["results"]}
    assert outcomes == {"exhausted", "cancelled"}


def test_the_history_is_filtered_and_shows_attempts_with_phases(call, organization):
    make_webhook(organization, mark="acme", secret="c2VjcmV0")

    (failed,) = call("GET", "webhook-deliveries", outcome="exhausted")["results"]
    whole = call("GET", f"webhook-deliveries/{failed['id']}")

    (attempt,) = whole["attempts"]
    assert (attempt["status"], attempt["response_body"]) == (503, "acme is down")
    assert [phase["name"] for phase in attempt["phases"]] == ["DNS", "Connect", "TLS", "Wait", "Rest"]
    assert call("GET", "webhook-deliveries", event_type="webhook.test")["results"] == []


def test_one_is_sent_again_and_what_is_still_tried_is_not(call, organization):
    make_webhook(organization, mark="acme", secret="c2VjcmV0")
    failed = MessageDeliveryRecord.objects.get(outcome="exhausted")
    waiting = MessageDeliveryRecord.objects.get(outcome="waiting")

    sent = call("POST", f"webhook-deliveries/{failed.id}/resend", {}, 202)

    assert sent["message"] == str(failed.message_id)
    assert sent["delivery"] != str(failed.id)
    call("POST", f"webhook-deliveries/{waiting.id}/resend", {}, 409)


def test_a_recovery_says_how_many_runs_and_tells_its_progress(call, organization):
    subscription = make_webhook(organization, mark="acme", secret="c2VjcmV0")
    Recovery.objects.all().delete()
    since = {"since": "2026-01-01T00:00:00Z"}

    assert call("POST", f"webhooks/{subscription.id}/count-failed", since) == {"count": 1}
    started = call("POST", "webhook-recoveries", {"webhook": str(subscription.id), **since}, 201)
    assert (started["state"], started["planned"], started["queued"]) == ("running", 1, 0)

    run_recoveries()

    done = call("GET", f"webhook-recoveries/{started['id']}")
    assert (done["state"], done["queued"]) == ("done", 1)
    assert MessageDelivery.objects.filter(origin="recovery").count() == 1


def test_event_types_come_with_schema_and_example(call):
    listed = call("GET", "webhook-event-types")["event_types"]

    assert [one["name"] for one in listed] == list(EVENT_TYPES)
    assert listed[0]["example"]["event_type"] == "file.config_saved"
    assert listed[0]["schema"]["required"] == ["event_type", "timestamp", "data"]


def test_egress_addresses_are_listed_or_said_to_be_unknown(call, settings):
    unknown = call("GET", "egress-addresses")
    settings.EGRESS_ADDRESSES = ["198.51.100.0/28"]

    assert unknown["addresses"] == []
    assert "The operator has not said" in unknown["sentence"]
    assert call("GET", "egress-addresses")["addresses"] == ["198.51.100.0/28"]


def test_a_check_says_that_egress_addresses_are_not_named(settings):
    assert [one.id for one in egress_addresses_are_named(None)] == ["webhooks.W001"]
    settings.EGRESS_ADDRESSES = ["198.51.100.7"]
    assert egress_addresses_are_named(None) == []


def test_a_check_says_that_hosts_are_on_trial(settings):
    assert no_host_is_on_trial(None) == []
    settings.WEBHOOK_TRIAL_HOSTS = ["127.0.0.1"]
    assert [one.id for one in no_host_is_on_trial(None)] == ["webhooks.W002"]
