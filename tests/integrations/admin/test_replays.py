"""Replays in the admin: asked for by a form, counted on the next page, started and cancelled by a button."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.permissions import Role
from integrations.models import Delivery, DeliveryRecord, DeliveryResult, Event, Replay
from integrations.services.replays.jobs import Asked, ask_replay
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.pages import add_of, list_of, page_of
from tests.integrations.admin.samples import BY, Samples
from tests.integrations.replaying import run_replays
from tests.integrations.stub_vendor import deliver, send, stub_destination

HOUR_AGO = "2026-01-01T00:00"


@pytest.fixture
def refused(samples: Samples, settings: Any) -> Any:
    """A destination of the samples' pipeline that refused an event which is stored as ingest stores it."""
    settings.SANDBOX_URL = "http://127.0.0.1:9"  # nobody answers there
    destination = stub_destination(pipeline=samples.pipeline, name="Refuses")
    destination.consent_categories.set([samples.category])
    send(destination, "Signed Up")
    Delivery.objects.filter(lane_id=destination.id).delete()
    event = Event.objects.get(name="Signed Up")
    DeliveryResult.objects.create(
        id=event.id,
        lane_id=destination.id,
        organization_id=event.organization_id,
        pipeline_id=event.pipeline_id,
        event_id=event.id,
        outcome="rejected",
        reason="Answered 400.",
        attempts=1,
        attempt_ids=[],
        ended_at=timezone.now(),
    )
    return destination


def text_of(client: Client, address: str) -> str:
    body = client.get(address).content.decode()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def ask(client: Client, samples: Samples, **values: Any) -> Any:
    given = {"pipeline": samples.pipeline.id, "since": HOUR_AGO, "which": ["rejected"], **values}
    return client.post(add_of(Replay), given)


def test_a_filter_is_counted_and_started_on_the_next_page(
    sign_in: SignIn, samples: Samples, refused: Any
) -> None:
    client = sign_in(Role.INTEGRATION_MANAGER)
    answer = ask(client, samples, destinations=[refused.id])
    replay = Replay.objects.exclude(id=samples.replay.id).get()
    assert answer.headers["Location"] == page_of(Replay, replay.id)
    run_replays()

    text = text_of(client, page_of(Replay, replay.id))
    assert "1 delivery to send. Nothing is queued yet." in text
    assert "Start: send 1" in text
    assert not Delivery.objects.filter(lane_id=refused.id).exists()

    client.post(page_of(Replay, replay.id), {"go": "start"})
    run_replays()

    assert Delivery.objects.get(lane_id=refused.id).replay_id == replay.id
    text = text_of(client, page_of(Replay, replay.id))
    assert "1 queued: 0 delivered, 0 failed again, 1 waiting, 0 cancelled." in text


def test_what_waits_of_a_replay_is_cancelled_by_a_button(
    sign_in: SignIn, samples: Samples, refused: Any
) -> None:
    client = sign_in()
    ask(client, samples, destinations=[refused.id])
    replay = Replay.objects.exclude(id=samples.replay.id).get()
    run_replays()
    client.post(page_of(Replay, replay.id), {"go": "start"})
    run_replays()

    client.post(page_of(Replay, replay.id), {"go": "cancel_waiting"})

    replay.refresh_from_db()
    assert replay.state == "cancelled"
    assert DeliveryRecord.objects.get(replay_id=replay.id).outcome == "cancelled"


def test_one_that_failed_says_why_and_is_started_again_by_a_button(sign_in: SignIn, samples: Samples) -> None:
    client, address = sign_in(), page_of(Replay, samples.replay.id)
    Replay.objects.filter(id=samples.replay.id).update(state="failed", reason="Stub was given up.")
    text = text_of(client, address)
    assert "Stub was given up." in text
    assert "Start again" in text

    client.post(address, {"go": "start"})

    samples.replay.refresh_from_db()
    assert (samples.replay.state, samples.replay.reason) == ("counting", "")


def test_one_whose_deliveries_failed_again_is_not_shown_as_a_success(
    sign_in: SignIn, samples: Samples
) -> None:
    client, address = sign_in(), page_of(Replay, samples.replay.id)
    now = timezone.now()
    Replay.objects.filter(id=samples.replay.id).update(state="done", started_at=now, ended_at=now)
    done = client.get(address).content.decode()

    share = samples.replay.shares.first()
    samples.replay.shares.filter(id=share.id).update(failed=2)
    failed = client.get(address).content.decode()

    assert "s2s-chip-delivered" in done and "failed again</span>" not in done.split("s2s-facts")[0]
    assert '<span class="s2s-chip s2s-chip-partial">Done, 2 failed again</span>' in failed
    assert 'class="rp-bar rp-failed"' in failed and 'class="rp-bar"' in done


def test_the_page_asks_for_itself_while_it_moves(sign_in: SignIn, samples: Samples) -> None:
    client, address = sign_in(), page_of(Replay, samples.replay.id)
    assert 'hx-trigger="every 2s"' in client.get(address).content.decode()

    client.post(address, {"go": "cancel"})

    assert 'hx-trigger="every 2s"' not in client.get(address).content.decode()


def test_deliveries_selected_on_the_list_lead_to_the_form(sign_in: SignIn, samples: Samples) -> None:
    client, chosen = sign_in(), [samples.deliveries["Refused"], samples.deliveries["Given up"]]

    answer = client.post(
        list_of(DeliveryRecord), {"action": "replay", "_selected_action": chosen, "index": "0"}
    )

    address = answer.headers["Location"]
    assert set(parse_qs(urlsplit(address).query)["delivery"]) == {str(one) for one in chosen}
    assert "2 selected deliveries" in text_of(client, address)
    assert not Replay.objects.exclude(id=samples.replay.id).exists()


def test_a_delivery_of_the_event_page_is_replayed_and_counted_at_once(
    sign_in: SignIn, samples: Samples, refused: Any
) -> None:
    client, event = sign_in(), Event.objects.get(name="Signed Up")
    assert f"?delivery={event.id}" in client.get(page_of(Event, event.id)).content.decode()

    client.post(add_of(Replay), {"delivery": str(event.id), "which": ["rejected", "exhausted"]})

    replay = Replay.objects.exclude(id=samples.replay.id).get()
    assert (replay.state, replay.delivery_ids) == ("ready", [event.id])


def test_a_mistake_is_shown_beside_its_field(sign_in: SignIn, samples: Samples) -> None:
    client = sign_in()

    assert "Choose at least one" in ask(client, samples, which=[]).content.decode()
    assert "Give a time in the past" in ask(client, samples, since="2999-01-01T00:00").content.decode()
    assert not Replay.objects.exclude(id=samples.replay.id).exists()


def test_who_may_not_replay_sees_progress_and_no_button(
    sign_in: SignIn, samples: Samples, refused: Any
) -> None:
    client = sign_in(Role.READ_ONLY)
    address = page_of(Replay, samples.replay.id)

    assert 'name="go"' not in client.get(address).content.decode()
    assert client.post(address, {"go": "cancel"}).status_code == 403
    assert client.get(add_of(Replay)).status_code == 403
    assert "Replay this event" not in text_of(client, page_of(Event, samples.event.id))


def test_nothing_of_another_organization_can_be_selected(stranger: Client, samples: Samples) -> None:
    address = f"{add_of(Replay)}?delivery={samples.deliveries['Refused']}"

    assert stranger.get(address).headers["Location"] == list_of(DeliveryRecord)
    assert stranger.get(page_of(Replay, samples.replay.id)).status_code == 404
    answer = ask(stranger, samples)
    assert "Select a valid choice" in answer.content.decode()


def test_the_list_of_deliveries_is_narrowed_to_a_replay(
    sign_in: SignIn, samples: Samples, refused: Any
) -> None:
    organization = samples.organization
    replay = ask_replay(
        BY,
        Asked(organization=organization, events=[Event.objects.get(name="Signed Up").id], starts_itself=True),
    )
    run_replays()
    deliver()

    text = text_of(sign_in(), f"{list_of(DeliveryRecord)}?replay={replay.id}")

    assert "Refuses" in text
    assert "Given up" not in re.sub(r"Filters.*", "", text.split("next try")[-1])
