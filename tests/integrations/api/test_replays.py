"""Replays by the API: asked for, counted, started, watched, cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.core.permissions import Role
from integrations.models import Delivery, Event, Replay
from tests.integrations.admin.samples import Samples
from tests.integrations.admin.test_replays import refused  # noqa: F401 (a fixture)
from tests.integrations.api.conftest import Call, Caller, told
from tests.integrations.replaying import run_replays

pytestmark = pytest.mark.django_db
SINCE = "2026-01-01T00:00:00Z"


def body(destination: Any, **values: Any) -> dict[str, Any]:
    return {"destinations": [str(destination.id)], "since": SINCE, **values}


def test_a_dry_run_counts_and_waits_for_the_start(admin: Caller, refused: Any) -> None:  # noqa: F811
    made = admin.post("replays", body(refused, dry_run=True))
    assert (made.status_code, made.json()["state"]) == (201, "counting")
    path = f"replays/{made.json()['id']}"
    run_replays()

    counted = admin.get(path).json()
    assert (counted["state"], counted["progress"]["expected"], counted["progress"]["queued"]) == (
        "ready",
        1,
        0,
    )
    (share,) = counted["progress"]["destinations"]
    assert share["by_outcome"] == {"rejected": 1}
    assert share["samples"] == [{"event": str(Event.objects.get(name="Signed Up").id), "outcome": "rejected"}]
    assert not Delivery.objects.filter(lane_id=refused.id).exists()

    assert admin.post(f"{path}/start").json()["state"] == "running"
    run_replays()
    done = admin.get(path).json()
    assert (done["state"], done["progress"]["queued"], done["progress"]["waiting"]) == ("done", 1, 1)
    assert [one["replay"] for one in admin.get("deliveries", replay=made.json()["id"]).json()["results"]] == [
        made.json()["id"]
    ]


def test_without_a_dry_run_it_starts_once_it_has_counted(admin: Caller, refused: Any) -> None:  # noqa: F811
    made = admin.post("replays", body(refused)).json()
    run_replays()

    assert admin.get(f"replays/{made['id']}").json()["state"] == "done"
    assert Delivery.objects.filter(lane_id=refused.id).count() == 1


def test_named_events_are_counted_in_the_answer(admin: Caller, refused: Any) -> None:  # noqa: F811
    event = Event.objects.get(name="Signed Up")

    made = admin.post("replays", {"events": [str(event.id)], "dry_run": True}).json()

    assert (made["state"], made["progress"]["expected"]) == ("ready", 1)


def test_asking_twice_with_one_key_asks_once(admin: Caller, refused: Any) -> None:  # noqa: F811
    before = Replay.objects.count()
    first = admin.post("replays", body(refused), **{"Idempotency-Key": "one"})
    again = admin.post("replays", body(refused), **{"Idempotency-Key": "one"})

    assert first.json() == again.json()
    assert Replay.objects.count() == before + 1


def test_a_cancel_takes_what_waits_with_it_when_told(admin: Caller, refused: Any) -> None:  # noqa: F811
    path = f"replays/{admin.post('replays', body(refused)).json()['id']}"
    run_replays()

    answer = admin.post(f"{path}/cancel", {"cancel_waiting": True})

    assert answer.json()["state"] == "cancelled"
    assert answer.json()["progress"]["cancelled"] == 1
    assert admin.post(f"{path}/cancel").status_code == 409
    assert admin.post(f"{path}/start").status_code == 409


def test_wrong_ones_are_told_by_field(admin: Caller, refused: Any) -> None:  # noqa: F811
    assert "since" in str(told(admin.post("replays", {"destinations": [str(refused.id)]})))
    assert "is none of: rejected" in str(told(admin.post("replays", body(refused, outcomes=["lost"]))))
    nothing = admin.post("replays", body(refused, outcomes=[]))
    assert told(nothing) == {"#/outcomes": "Choose at least one outcome, or nothing is replayed."}


def test_replaying_needs_its_permission(call: Call, samples: Samples, refused: Any) -> None:  # noqa: F811
    reader = call(Role.READ_ONLY)

    assert reader.post("replays", body(refused)).status_code == 403
    assert reader.post(f"replays/{samples.replay.id}/cancel").status_code == 403
    assert reader.get(f"replays/{samples.replay.id}").status_code == 200


def test_a_stranger_sees_and_replays_nothing(stranger: Caller, samples: Samples, refused: Any) -> None:  # noqa: F811
    assert stranger.get(f"replays/{samples.replay.id}").status_code == 404
    assert stranger.post(f"replays/{samples.replay.id}/cancel").status_code == 404
    assert "/destinations" in str(told(stranger.post("replays", body(refused))))
    assert stranger.post("replays", {"events": [str(samples.event.id)]}).status_code == 400
