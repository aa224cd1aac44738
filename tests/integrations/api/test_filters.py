"""Filters over the API: set, staged, refused where they are wrong, and tried before they are saved."""

import pytest

from accounts.core.permissions import Role
from integrations.models import Destination, Event
from integrations.services.accept import accept
from tests.integrations.api.conftest import caller, told
from tests.integrations.pipelines import FACTS, VISITOR, incoming, make_pipeline

pytestmark = pytest.mark.django_db
ORDERS = {
    "effect": "allow",
    "match": "all",
    "conditions": [
        {"field": "event", "operator": "equals", "value": "Order Completed"},
        {"field": "$properties.total", "operator": "at_least", "value": 10},
    ],
}
TOLD = "Only Order Completed events where properties.total is at least 10 are sent."
BY_EMAIL = {"effect": "allow", "conditions": [{"field": "email", "operator": "starts_with", "value": "a"}]}


def set_up(role=Role.ADMIN, vendor="audiohook"):
    """A destination, its path, and somebody who calls."""
    destination = make_pipeline(vendor).destinations.get()
    return destination, f"destinations/{destination.id}", caller(destination.pipeline.organization, role)


def test_a_filter_is_set_shown_as_a_sentence_and_taken_away():
    _, path, admin = set_up()

    changed = admin.patch(path, {"filter": ORDERS})
    kept = admin.patch(path, {"delay_s": 5})

    assert (changed.status_code, changed.json()["filter"], changed.json()["filter_sentence"]) == (
        200,
        ORDERS,
        TOLD,
    )
    assert kept.json()["filter"] == ORDERS
    assert admin.patch(path, {"filter": None}).json()["filter"] is None
    assert Destination.objects.get().filter == {}


def test_a_filter_is_staged_like_the_rest():
    _, path, manager = set_up(Role.INTEGRATION_MANAGER)

    answer = manager.patch(path, {"filter": ORDERS})

    assert answer.status_code == 202
    assert (answer.json()["filter"], answer.json()["draft"]["filter_sentence"]) == (None, TOLD)
    assert Destination.objects.get().filter == {}


def test_each_thing_that_is_wrong_is_pointed_at():
    _, path, admin = set_up()
    bad = {"field": "$properties.total", "operator": "above", "value": "much"}

    answer = admin.patch(path, {"filter": {"effect": "maybe", "conditions": [ORDERS["conditions"][0], bad]}})

    assert answer.status_code == 400
    assert told(answer) == {
        "#/filter/effect": "Choose allow or deny.",
        "#/filter/conditions/1/value": "A number is needed, with a decimal point, such as 12.50.",
    }
    assert Destination.objects.get().filter == {}


@pytest.mark.parametrize("bad", ["orders", 7, [], {"effect": "allow"}, {"conditions": []}])
def test_what_is_no_filter_is_refused(bad):
    _, path, admin = set_up()

    assert admin.patch(path, {"filter": bad}).status_code == 400
    assert Destination.objects.get().filter == {}


def came(destination):
    """An order that passes, one that is too small, and one without consent."""
    pipeline = destination.pipeline
    large, small = {"properties": {"total": 12}}, {"properties": {"total": 5}}
    for event in (large, small, {**large, "context": VISITOR}):
        accept([incoming(pipeline, **event)], FACTS)


def test_a_filter_is_tried_on_what_came_and_nothing_is_saved():
    destination, path, admin = set_up()
    came(destination)

    answer = admin.post(f"{path}/filter-trial", {"filter": ORDERS})

    trial = answer.json()
    assert answer.status_code == 200
    assert trial["filter_sentence"] == TOLD
    assert [trial[name] for name in ("events_tried", "sent", "filtered", "skipped")] == [3, 1, 1, 1]
    by_verdict = {one["verdict"]: one for one in trial["events"]}
    assert by_verdict["filtered"]["sentence"] == (
        "The filter of Audiohook sends only events where properties.total is at least 10; "
        "here properties.total is 5. Change the destination's filter if such events are to be sent."
    )
    assert (by_verdict["skipped"]["reason"], by_verdict["sent"]["reason"]) == ("consent", "")
    assert {one["id"] for one in trial["events"]} == {
        str(id) for id in Event.objects.values_list("id", flat=True)
    }
    assert Destination.objects.get().filter == {}


def test_without_a_filter_the_stored_one_is_tried_on_as_many_as_asked():
    destination, path, admin = set_up()
    came(destination)
    admin.patch(path, {"filter": ORDERS})

    trial = admin.post(f"{path}/filter-trial", {"last": 2}).json()
    open_ = admin.post(f"{path}/filter-trial", {"filter": None}).json()

    assert (trial["filter_sentence"], trial["events_tried"]) == (TOLD, 2)
    assert (open_["filter_sentence"], open_["filtered"]) == ("Every event is sent.", 0)


def test_without_read_events_there_are_counts_only():
    destination, path, manager = set_up(Role.INTEGRATION_MANAGER)
    came(destination)

    trial = manager.post(f"{path}/filter-trial", {"filter": ORDERS}).json()

    assert (trial["events"], trial["events_tried"], trial["filtered"]) == (None, 3, 1)


def test_without_read_events_nobody_searches_for_people_by_counting():
    _, path, manager = set_up(Role.INTEGRATION_MANAGER)

    answer = manager.post(f"{path}/filter-trial", {"filter": BY_EMAIL})

    assert answer.status_code == 400
    assert "read:events" in told(answer)["#/filter"]


def test_a_reader_tries_no_filters():
    _, path, reader = set_up(Role.READ_ONLY)

    assert reader.post(f"{path}/filter-trial", {"filter": ORDERS}).status_code == 403


def test_a_stranger_finds_nothing_to_try():
    _, path, _ = set_up()
    _, _, stranger = set_up()

    assert stranger.post(f"{path}/filter-trial", {"filter": ORDERS}).status_code == 404


def test_a_bad_filter_is_not_tried():
    _, path, admin = set_up()

    answer = admin.post(f"{path}/filter-trial", {"filter": {**ORDERS, "effect": "maybe"}})

    assert told(answer) == {"#/filter/effect": "Choose allow or deny."}


def test_a_trial_of_another_state_than_the_one_seen_is_refused():
    _, path, admin = set_up()

    answer = admin.post(f"{path}/filter-trial", {"filter": ORDERS}, **{"If-Match": '"another"'})

    assert answer.status_code == 412


def test_a_preview_obeys_the_filter():
    _, path, admin = set_up()
    admin.patch(path, {"filter": ORDERS})
    order = {"type": "track", "event": "Order Completed", "userId": "u", "properties": {"total": 5}}

    preview = admin.post(f"{path}/preview", {"event": order}).json()

    assert (preview["verdict"], preview["reason"]) == ("skipped", "filter")
