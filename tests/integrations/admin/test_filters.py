"""A destination's filter in the admin: typed in rows, refused beside them, tried before it is saved."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.models import AuditEntry
from integrations.models import Destination, DestinationDraft
from integrations.services.vendors import newest_revision
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.pages import page_of
from tests.integrations.admin.samples import Samples, make_samples
from tests.integrations.admin.test_destinations import add, change

ORDERS = {
    "effect": "allow",
    "match": "all",
    "conditions": [{"field": "event", "operator": "one_of", "value": ["Order Completed", "Hats, coats"]}],
}
TOLD = "Only Order Completed and &quot;Hats, coats&quot; events are sent."


def typed(*rows: tuple[str, str, str], effect: str = "allow", match: str = "all") -> dict[str, Any]:
    fields, operators, values = zip(*rows, strict=True) if rows else ((), (), ())
    return {
        "filter-effect": effect,
        "filter-match": match,
        "filter-field": fields,
        "filter-operator": operators,
        "filter-value": values,
    }


BLANK = ("", "equals", "")
NAMES = ("event", "one_of", 'Order Completed, "Hats, coats"')


def filter_of(samples: Samples, which: str = "Waiting") -> Any:
    return Destination.objects.get(id=samples.destinations[which].id).filter


def page(client: Client, samples: Samples, which: str = "Waiting") -> str:
    return client.get(page_of(Destination, samples.destinations[which].id)).content.decode()


def ask(client: Client, samples: Samples, what: str, **values: Any) -> Any:
    address = reverse(f"admin:integrations_destination_filter_{what}")
    return client.post(f"{address}?destination={samples.destinations['Waiting'].id}", values)


# --- Saving ---
def test_rows_become_a_filter_and_the_page_tells_it_as_a_sentence(sign_in: SignIn, samples: Samples) -> None:
    publisher = sign_in(Role.DEPLOYMENT_MANAGER)

    change(publisher, samples, "Waiting", **typed(BLANK, NAMES, BLANK))

    assert filter_of(samples) == ORDERS
    assert page(publisher, samples).count(TOLD) == 2  # above the form and in it
    assert TOLD in publisher.get(reverse("admin:integrations_destination_changelist")).content.decode()
    entry = AuditEntry.objects.filter(action="update:destination").latest("id")
    assert entry.changes["filter"] == [
        "Every event is sent.",
        'Only Order Completed and "Hats, coats" events are sent.',
    ]


def test_numbers_and_presence_are_typed_as_they_are_meant(sign_in: SignIn, samples: Samples) -> None:
    rows = [
        ("$properties.total", "at_least", " 10 "),
        ("revenue", "below", "12.50"),
        ("coupon", "present", ""),
    ]

    change(sign_in(Role.DEPLOYMENT_MANAGER), samples, "Waiting", **typed(*rows, effect="deny", match="any"))

    assert filter_of(samples) == {
        "effect": "deny",
        "match": "any",
        "conditions": [
            {"field": "$properties.total", "operator": "at_least", "value": 10},
            {"field": "revenue", "operator": "below", "value": "12.50"},
            {"field": "coupon", "operator": "present"},
        ],
    }


def test_without_conditions_there_is_no_filter_any_more(sign_in: SignIn, samples: Samples) -> None:
    publisher = sign_in(Role.DEPLOYMENT_MANAGER)
    change(publisher, samples, "Waiting", **typed(NAMES))

    change(publisher, samples, "Waiting", **typed(BLANK))

    assert filter_of(samples) == {}


def test_a_form_without_the_editor_leaves_the_filter(sign_in: SignIn, samples: Samples) -> None:
    publisher = sign_in(Role.DEPLOYMENT_MANAGER)
    change(publisher, samples, "Waiting", **typed(NAMES))

    change(publisher, samples, "Waiting", delay_s="7")

    assert filter_of(samples) == ORDERS


def test_what_a_program_wrote_is_not_rewritten_by_looking_at_it(sign_in: SignIn, samples: Samples) -> None:
    written = {"effect": "allow", "conditions": [{"field": "revenue", "operator": "equals", "value": 10}]}
    Destination.objects.filter(id=samples.destinations["Waiting"].id).update(filter=written)

    change(sign_in(Role.DEPLOYMENT_MANAGER), samples, "Waiting", **typed(("revenue", "equals", "10")))

    assert filter_of(samples) == written


def test_what_is_wrong_stands_beside_its_row_and_nothing_is_saved(sign_in: SignIn, samples: Samples) -> None:
    answer = change(
        sign_in(Role.DEPLOYMENT_MANAGER), samples, "Waiting", **typed(NAMES, ("revenue", "above", "much"))
    )

    body = answer.content.decode()
    assert "Some conditions can&#x27;t be used: see beside them." in body
    first, second = body.split('<li class="s2s-filter-row')[1:3]
    assert "A number is needed" in second
    assert "A number is needed" not in first
    assert 'value="much"' in second
    assert filter_of(samples) == {}


def test_a_new_destination_begins_with_its_filter(sign_in: SignIn, samples: Samples) -> None:
    add(sign_in(Role.DEPLOYMENT_MANAGER), samples, **typed(NAMES))

    assert Destination.objects.get(name="New one").filter == ORDERS


def test_a_staged_filter_is_shown_as_a_difference_and_gone_on_from(sign_in: SignIn, samples: Samples) -> None:
    manager = sign_in(Role.INTEGRATION_MANAGER)

    change(manager, samples, "Waiting", **typed(NAMES))

    assert (filter_of(samples), DestinationDraft.objects.get().filter) == ({}, ORDERS)
    body = page(manager, samples)
    assert "Filter: Every event is sent." in body
    assert TOLD in body
    assert (
        "Order Completed, &quot;Hats, coats&quot;" in body
        or "Order Completed,&quot;Hats, coats&quot;" in body
    )


def test_a_reader_sees_the_sentence_and_no_rows(sign_in: SignIn, samples: Samples) -> None:
    change(sign_in(Role.DEPLOYMENT_MANAGER), samples, "Waiting", **typed(NAMES))

    body = page(sign_in(Role.READ_ONLY), samples)

    assert TOLD in body
    assert "filter-field" not in body


# --- Trying ---
def test_the_sentence_follows_what_is_typed(sign_in: SignIn, samples: Samples) -> None:
    manager = sign_in(Role.INTEGRATION_MANAGER)

    good = ask(manager, samples, "sentence", **typed(NAMES)).json()
    bad = ask(manager, samples, "sentence", **typed(NAMES, ("total", "equals", "1"))).json()

    assert good["sentence"] == 'Only Order Completed and "Hats, coats" events are sent.'
    assert bad["sentence"] == ""
    assert list(bad["problems"]) == ["1"]
    assert "$properties.total" in bad["problems"]["1"]["field"][0]


def test_it_is_tried_on_recent_events_and_not_saved(sign_in: SignIn, samples: Samples) -> None:
    answer = ask(sign_in(Role.ADMIN), samples, "trial", **typed(("type", "equals", "page")))

    body = answer.content.decode()
    assert "Of the last 1 event:" in body
    assert "1 filtered" in body
    assert "sends only events where the type is &quot;page&quot;; here the type is &quot;track&quot;." in body
    assert "What the filter would do" in body
    assert filter_of(samples) == {}


def test_the_script_gets_only_the_part_that_stands_in_the_form(sign_in: SignIn, samples: Samples) -> None:
    address = reverse("admin:integrations_destination_filter_trial")
    client = sign_in(Role.ADMIN)

    answer = client.post(
        f"{address}?destination={samples.destinations['Waiting'].id}",
        typed(NAMES),
        headers={"X-Fragment": "yes"},
    )

    assert answer.content.decode().lstrip().startswith("<section")


def test_without_read_events_there_are_counts_and_no_list(sign_in: SignIn, samples: Samples) -> None:
    manager = sign_in(Role.INTEGRATION_MANAGER)

    counts = ask(manager, samples, "trial", **typed(("type", "equals", "page"))).content.decode()
    people = ask(manager, samples, "trial", **typed(("email", "starts_with", "a"))).content.decode()

    assert "1 filtered" in counts
    assert str(samples.event.id) not in counts
    assert "you need the read:events permission" in people
    assert "filtered" not in people


def test_a_filter_of_a_new_destination_is_tried_on_its_pipeline(sign_in: SignIn, samples: Samples) -> None:
    revision = newest_revision("adroll")
    assert revision
    address = reverse("admin:integrations_destination_filter_trial") + f"?vendor_revision={revision.id}"
    client = sign_in(Role.ADMIN)

    without = client.post(address, typed(NAMES))
    tried = client.post(address, {"pipeline": samples.pipeline.id, **typed(NAMES)})

    assert "Choose the pipeline first" in without.content.decode()
    assert "Of the last 1 event:" in tried.content.decode()


@pytest.mark.parametrize("what", ["sentence", "trial"])
def test_readers_and_strangers_try_nothing(sign_in: SignIn, samples: Samples, what: str) -> None:
    others = make_samples("others", "Other shop")
    address = reverse(f"admin:integrations_destination_filter_{what}")
    revision = newest_revision("adroll")
    assert revision

    assert ask(sign_in(Role.READ_ONLY), samples, what, **typed(NAMES)).status_code == 403
    admin = sign_in(Role.ADMIN)
    theirs = f"{address}?destination={others.destinations['Waiting'].id}"
    assert admin.post(theirs, typed(NAMES)).status_code == 404
    foreign = {"pipeline": others.pipeline.id, **typed(NAMES)}
    answer = admin.post(f"{address}?vendor_revision={revision.id}", foreign)
    assert "Of the last" not in answer.content.decode()
    assert admin.get(f"{address}?destination={samples.destinations['Waiting'].id}").status_code == 405


def test_fields_that_came_are_offered_to_who_may_see_them(sign_in: SignIn, samples: Samples) -> None:
    samples.event.payload["properties"] = {"tier level": 1, "tier": "gold"}
    samples.event.save()

    shown = page(sign_in(Role.ADMIN), samples)
    hidden = page(sign_in(Role.INTEGRATION_MANAGER), samples)

    assert '<option value="$properties.tier">' in shown
    assert "tier level" not in shown
    assert "$properties.tier" not in hidden
    assert '<option value="Order Completed">' in hidden
