"""The lists of events, deliveries and attempts: filters, search, and decisions on held ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.permissions import Role
from accounts.models import Member
from integrations.models import Attempt, Delivery, DeliveryRecord, DeliveryResult, Event
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.pages import list_of, page_of
from tests.integrations.admin.samples import Samples, make_event, make_samples, make_user


def ids_in(client: Client, model: type, query: str) -> set[str]:
    """The ids of the rows that a list shows."""
    rows = client.get(f"{list_of(model)}?{query}").context["cl"].result_list
    return {str(row.pk) for row in rows}


# --- Filters ---
@pytest.mark.parametrize(
    ("outcome", "names"),
    [
        ("delivered", {"Delivered"}),
        ("rejected", {"Refused"}),
        ("held", {"Held"}),
        ("waiting", {"Waiting", "Paused"}),
        ("retrying", {"Retrying", "Broken"}),
        ("sending", {"Sending"}),
    ],
)
def test_it_filters_deliveries_by_outcome(
    staff: Client, samples: Samples, outcome: str, names: set[str]
) -> None:
    expected = {str(samples.deliveries[name]) for name in names}

    assert ids_in(staff, DeliveryRecord, f"outcome={outcome}") == expected


def test_it_filters_deliveries_by_destination(staff: Client, samples: Samples) -> None:
    destination = samples.destinations["Refused"]

    assert ids_in(staff, DeliveryRecord, f"destination={destination.id}") == {
        str(samples.deliveries["Refused"])
    }


def test_it_filters_deliveries_by_pipeline(staff: Client, samples: Samples) -> None:
    others = make_samples("others", "Other shop")

    shown = ids_in(staff, DeliveryRecord, f"pipeline={others.pipeline.id}")

    assert shown == {str(id_) for name, id_ in others.deliveries.items() if name != "Skipped"}


def test_it_filters_by_time(staff: Client, samples: Samples) -> None:
    old = make_event(samples.pipeline, timezone.now() - timedelta(hours=3))

    assert str(old.id) not in ids_in(staff, Event, "since=1h")
    assert str(old.id) in ids_in(staff, Event, "since=24h")


def test_it_ignores_a_filter_value_that_it_does_not_offer(staff: Client, samples: Samples) -> None:
    assert len(ids_in(staff, DeliveryRecord, "pipeline=nonsense&outcome=nonsense")) == 10


def test_it_filters_attempts_by_destination(staff: Client, samples: Samples) -> None:
    shown = ids_in(staff, Attempt, f"destination={samples.destinations['Delivered'].id}")

    assert str(samples.attempt.id) in shown
    assert len(shown) == 2


# --- Search ---
@pytest.mark.parametrize("field", ["message_id", "id", "user_id", "anonymous_id"])
def test_it_finds_an_event_by_an_exact_id(staff: Client, samples: Samples, field: str) -> None:
    assert ids_in(staff, Event, f"q={getattr(samples.event, field)}") == {str(samples.event.id)}


def test_it_finds_no_event_by_a_part_of_an_id(staff: Client, samples: Samples) -> None:
    assert ids_in(staff, Event, "q=user-42") == set()


def test_it_does_not_look_for_people_in_older_events(staff: Client, samples: Samples) -> None:
    old = make_event(samples.pipeline, timezone.now() - timedelta(hours=25))

    assert str(old.id) not in ids_in(staff, Event, "q=user-4242")
    assert str(old.id) in ids_in(staff, Event, f"q={old.message_id}")


# --- Pages of a list ---
def test_it_goes_back_and_forth_without_a_count(staff: Client, samples: Samples) -> None:
    for _ in range(50):
        make_event(samples.pipeline, timezone.now())

    first = staff.get(list_of(Event))
    second = staff.get(f"{list_of(Event)}?p=2")

    assert len(first.context["cl"].result_list) == 50
    assert [row.pk for row in second.context["cl"].result_list] == [samples.event.id]
    assert "9999999999" not in first.content.decode()


# --- Decisions ---
def decide(client: Client, samples: Samples, action: str, *names: str, back: str = "") -> str:
    values = {"action": action, "index": "0", "select_across": "0", "back": back}
    values["_selected_action"] = [str(samples.deliveries[name]) for name in names]  # type: ignore[assignment]
    answer = client.post(list_of(DeliveryRecord), values)
    return answer.get("Location", "")


def test_it_sends_a_held_one_again(staff: Client, samples: Samples) -> None:
    decide(staff, samples, "send_again", "Held")

    row = Delivery.objects.get(id=samples.deliveries["Held"])
    assert row.held_at is None
    assert row.due_at <= timezone.now()


def test_it_marks_a_held_one_as_delivered_and_says_who(staff: Client, samples: Samples) -> None:
    decide(staff, samples, "mark_as_delivered", "Held")

    result = DeliveryResult.objects.get(id=samples.deliveries["Held"])
    assert (result.outcome, result.reason) == ("delivered", "Marked as delivered by staff@here.example.")


def test_it_cancels_a_held_one_and_returns_to_its_event(staff: Client, samples: Samples) -> None:
    location = decide(staff, samples, "cancel", "Held", back="1")

    assert DeliveryResult.objects.get(id=samples.deliveries["Held"]).outcome == "cancelled"
    assert location == f"{page_of(Event, samples.event.id)}#{samples.destinations['Held'].id}"


def test_it_leaves_alone_what_is_not_held(staff: Client, samples: Samples) -> None:
    decide(staff, samples, "cancel", "Waiting", "Delivered")

    assert Delivery.objects.filter(id=samples.deliveries["Waiting"]).exists()
    assert DeliveryResult.objects.get(id=samples.deliveries["Delivered"]).outcome == "delivered"


def test_a_reader_decides_nothing(sign_in: SignIn, samples: Samples) -> None:
    client = sign_in(Role.READ_ONLY)

    decide(client, samples, "cancel", "Held")

    assert Delivery.objects.get(id=samples.deliveries["Held"]).held_at is not None


def test_a_stranger_decides_nothing(stranger: Client, samples: Samples) -> None:
    decide(stranger, samples, "cancel", "Held")

    assert Delivery.objects.get(id=samples.deliveries["Held"]).held_at is not None


def test_an_admin_elsewhere_decides_nothing_where_they_only_read(samples: Samples) -> None:
    others = make_samples("others", "Other shop")
    user = make_user("both@sample.example", samples.organization, Role.READ_ONLY)
    Member.objects.create(organization=others.organization, user=user, role=Role.ADMIN)
    client = Client()
    client.force_login(user)

    decide(client, samples, "cancel", "Held")
    decide(client, others, "cancel", "Held")

    assert Delivery.objects.get(id=samples.deliveries["Held"]).held_at is not None
    assert not Delivery.objects.filter(id=others.deliveries["Held"]).exists()
