"""Trying an event on a destination's page: what would be sent, or why not."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from accounts.core.permissions import Role
from integrations.models import Destination, DestinationDraft

pytestmark = pytest.mark.django_db
EVENT = {"type": "track", "event": "Signed Up", "userId": "u-1", "messageId": "m-1"}


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"


def page_of(samples) -> str:
    return reverse("admin:integrations_destination_trial", args=[samples.destinations["Waiting"].pk])


def test_it_begins_with_an_example_of_the_vendor(sign_in, samples):
    page = sign_in().get(page_of(samples)).content.decode()

    assert "Examples of the vendor" in page and "&quot;event&quot;" in page


def test_what_waits_is_offered_only_where_something_waits(sign_in, samples):
    client, offer = sign_in(), "Preview with what waits to be published"
    address = page_of(samples)
    destination = samples.destinations["Waiting"]
    assert offer not in client.get(address).content.decode()

    Destination.objects.filter(pk=destination.pk).update(enabled=False)
    assert offer in client.get(address).content.decode()

    Destination.objects.filter(pk=destination.pk).update(enabled=True)
    same = {name: getattr(destination, name) for name in ("vendor_revision", "name", "mode")}
    DestinationDraft.objects.create(destination=destination, staged_by="ada", **same)
    assert offer in client.get(address).content.decode()


def test_an_example_is_of_now_and_of_a_visitor_who_grants_it(sign_in, samples):
    destination = samples.destinations["Waiting"]
    number = next(i for i, one in enumerate(_examples(destination)) if "requests" in one)
    client = sign_in()

    page = client.get(f"{page_of(samples)}?example={number}")
    sent = client.post(page_of(samples), {"event": page.context["text"], "go": "preview"}).content.decode()

    assert "2024-01-15" not in page.context["text"]
    assert "Would be sent" in sent


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            {
                **EVENT,
                "event": "Nobody Knows It",
                "context": {"consent": {"categoryPreferences": {"advertising": True}}},
            },
            "Skipped",
        ),
        (EVENT, "Skipped"),
        ("not json", "This is no JSON object."),
        ([], "This is no JSON object."),
        ({"type": "nonsense"}, "it must be one of"),
    ],
)
def test_what_becomes_of_it_is_told_in_words(sign_in, samples, event, words):
    text = event if isinstance(event, str) else json.dumps(event)

    page = sign_in(Role.READ_ONLY).post(page_of(samples), {"event": text, "go": "preview"}).content.decode()

    assert words in page


def test_a_read_only_member_sends_no_test(sign_in, samples):
    client = sign_in(Role.READ_ONLY)

    assert "Send a test" not in client.get(page_of(samples)).content.decode()
    assert client.post(page_of(samples), {"event": json.dumps(EVENT), "go": "test"}).status_code == 403


def test_requests_are_shown_with_secrets_masked(sign_in, samples):
    destination = samples.destinations["Waiting"]
    examples = [one for one in _examples(destination) if "requests" in one]
    event = {**examples[0]["event"]}
    codes = [one.code for one in destination.consent_categories.all()]
    consent = {"consent": {"categoryPreferences": dict.fromkeys(codes, True)}}
    event["context"] = {**event.get("context", {}), **consent}

    page = sign_in().post(page_of(samples), {"event": json.dumps(event), "go": "preview"}).content.decode()

    assert "Would be sent" in page
    for secret in destination.secrets.values():
        assert secret not in page


def _examples(destination):
    from integrations.services.vendors import compiled

    return compiled(destination.vendor_revision).document["examples"]
