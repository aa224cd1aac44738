"""Mapping changes over the API: set, staged, refused where they are wrong, tried before they are saved."""

import pytest

from accounts.core.permissions import Role
from accounts.models import AuditEntry
from integrations.models import Destination, Event
from integrations.services.accept import accept
from tests.integrations.api.conftest import caller, told
from tests.integrations.pipelines import FACTS, VISITOR, incoming, make_pipeline

pytestmark = pytest.mark.django_db
CHANGES = [{"field": "event_name", "value": "$properties.kind", "rules": ["Order Completed"]}]
TOLD = "For Order Completed, event_name gets properties.kind."
NONE = "Every field is as the vendor's file makes it."
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "userId": "u",
    "properties": {"kind": "order"},
    "context": {**VISITOR, "consent": {"categoryPreferences": {"advertising": True}}},
}


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"


def set_up(role=Role.ADMIN):
    """A destination, its path, and somebody who calls."""
    destination = make_pipeline("audiohook").destinations.get()
    return destination, f"destinations/{destination.id}", caller(destination.pipeline.organization, role)


def marked(answer):
    return [(one["field"], one["value"]) for one in answer.json()["fields"] if one["changed"]]


def test_changes_are_set_told_and_taken_away():
    _, path, admin = set_up()

    changed = admin.patch(path, {"mapping_changes": CHANGES})
    kept = admin.patch(path, {"delay_s": 5})

    assert changed.status_code == 200
    assert (changed.json()["mapping_changes"], changed.json()["mapping_sentence"]) == (CHANGES, TOLD)
    assert kept.json()["mapping_changes"] == CHANGES
    cleared = admin.patch(path, {"mapping_changes": None}).json()
    assert (cleared["mapping_changes"], cleared["mapping_sentence"]) == ([], NONE)


def test_changes_are_staged_like_the_rest():
    _, path, manager = set_up(Role.INTEGRATION_MANAGER)

    answer = manager.patch(path, {"mapping_changes": CHANGES})

    assert answer.status_code == 202
    assert (answer.json()["mapping_changes"], answer.json()["draft"]["mapping_sentence"]) == ([], TOLD)
    assert Destination.objects.get().mapping_changes == []


def test_the_audit_log_tells_only_what_changed():
    _, path, admin = set_up()
    told_so_far = AuditEntry.objects.filter(action="update:destination").count

    assert admin.patch(path, {"mapping_changes": None}).status_code == 200
    assert told_so_far() == 0

    admin.patch(path, {"mapping_changes": CHANGES})
    admin.patch(path, {"mapping_changes": CHANGES})
    assert told_so_far() == 1


def test_each_thing_that_is_wrong_is_pointed_at():
    _, path, admin = set_up()
    bad = [{"field": "event_nam", "value": 1}, {"field": "url", "value": {"from": "emial"}}]

    answer = admin.patch(path, {"mapping_changes": bad})

    assert answer.status_code == 400
    assert told(answer) == {
        "#/mapping_changes/0/field": "There is no field `event_nam` in any rule "
        "(did you mean `event_name`?); to add a field that the file does not send, make it a new field "
        "(`new: true`).",
        "#/mapping_changes/1/value/from": "The dictionary has no `emial` (did you mean `email`?).",
    }
    assert Destination.objects.get().mapping_changes == []


@pytest.mark.parametrize("given", [{}, False, 0, "", "none"])
def test_what_is_no_list_is_refused_and_not_taken_for_none(given):
    destination, path, admin = set_up()
    admin.patch(path, {"mapping_changes": CHANGES})
    said = {"#/mapping_changes": "Mapping changes are a list, or null."}

    changed = admin.patch(path, {"mapping_changes": given})
    new = {"pipeline": str(destination.pipeline_id), "vendor": "audiohook", "settings": destination.settings}
    new |= {"consent_categories": ["advertising"]}
    made = admin.post("destinations", {**new, "mapping_changes": given})
    tried = admin.post(f"{path}/preview", {"event": ORDER, "mapping_changes": given})

    assert [answer.status_code for answer in (changed, made, tried)] == [400] * 3
    assert told(changed) == told(made) == told(tried) == said
    assert Destination.objects.get().mapping_changes == CHANGES


def test_changes_are_tried_on_an_event_before_they_are_saved():
    _, path, admin = set_up()

    stored = admin.post(f"{path}/preview", {"event": ORDER})
    tried = admin.post(f"{path}/preview", {"event": ORDER, "mapping_changes": CHANGES})
    bad = admin.post(f"{path}/preview", {"event": ORDER, "mapping_changes": [{"field": "x"}]})

    assert (marked(stored), marked(tried)) == ([], [("event_name", "order")])
    assert bad.status_code == 400
    assert Destination.objects.get().mapping_changes == []


def test_changes_ask_no_stored_event_for_those_who_may_not_see_it():
    destination, path, manager = set_up(Role.INTEGRATION_MANAGER)
    accept([incoming(destination.pipeline)], FACTS)
    given = {"event_id": str(Event.objects.get().id), "mapping_changes": CHANGES}

    answer = manager.post(f"{path}/preview", given)

    assert told(answer) == {
        "#/mapping_changes": "To try changes on an event that came you need read:events. Paste an event "
        "instead."
    }


def test_changes_that_wait_ask_no_stored_event_either():
    destination, path, manager = set_up(Role.INTEGRATION_MANAGER)
    accept([incoming(destination.pipeline)], FACTS)
    given = {"event_id": str(Event.objects.get().id), "as_published": True}
    asking = {"field": "extra", "new": True, "value": {"from": "user_id", "as": "number"}}
    manager.patch(path, {"delay_s": 5})
    harmless = manager.post(f"{path}/preview", given)
    manager.patch(path, {"mapping_changes": [asking]})

    answer = manager.post(f"{path}/preview", given)

    assert harmless.status_code == 200
    assert told(answer) == {
        "#/as_published": "To try changes on an event that came you need read:events. Paste an event instead."
    }
