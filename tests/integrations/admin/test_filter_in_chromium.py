"""A destination's filter as somebody at a browser sets it: rows, the sentence, a trial, and then the save."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Destination
from tests.chromium import Remote
from tests.integrations.admin.pages import page_of
from tests.integrations.admin.samples import make_samples
from tests.integrations.admin.test_file_builder_in_chromium import Staff

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = "[data-rows] > li"


@pytest.fixture
def staff(context: Remote, live_server: Any) -> Staff:
    return Staff(context, live_server.url, make_samples())


def says(staff: Staff, text: str) -> None:
    """Wait until the sentence is this one."""
    staff.page.wait_for_function(
        "text => document.querySelector('[data-sentence]').textContent === text", arg=text
    )


def test_a_filter_is_built_tried_and_saved(staff: Staff) -> None:
    page, destination = staff.page, staff.samples.destinations["Waiting"]
    staff.open(page_of(Destination, destination.id))

    # No row is there before one is added
    assert page.locator(ROWS).count() == 0
    page.click("[data-add]")
    page.fill("[name=filter-field]", "event")
    page.fill("[name=filter-value]", "Signed Up")
    says(staff, "Only Signed Up events are sent.")

    # A row that can't be used says why beside it, and leaves with its button
    page.click("[data-add]")
    page.fill(f"{ROWS} >> nth=1 >> [name=filter-field]", "$properties.total")
    page.select_option(f"{ROWS} >> nth=1 >> [name=filter-operator]", "at_least")
    page.fill(f"{ROWS} >> nth=1 >> [name=filter-value]", "much")
    page.focus("[name=filter-effect]")
    page.select_option("[name=filter-match]", "any")
    page.wait_for_function("() => document.querySelectorAll('[data-rows] > li.errors').length === 1")
    assert "A number is needed" in page.inner_text(f"{ROWS} >> nth=1")
    page.fill(f"{ROWS} >> nth=1 >> [name=filter-value]", "10")
    says(
        staff,
        'Only events where the event is "Signed Up" or properties.total is at least 10 are sent.',
    )
    page.click(f"{ROWS} >> nth=1 >> [data-remove]")
    says(staff, "Only Signed Up events are sent.")

    # Tried in place, before anything is saved
    page.click("[data-try]")
    page.wait_for_selector("[data-trial] .s2s-chip")
    told = page.inner_text("[data-trial]")
    assert "Of the last 1 event:" in told
    assert "1 FILTERED" in told.upper()
    assert Destination.objects.get(id=destination.id).filter == {}

    # An operator without a value asks for none
    page.select_option("[name=filter-operator]", "present")
    says(staff, "Only events where the event is there are sent.")
    assert page.is_hidden("[name=filter-value]")
    page.select_option("[name=filter-operator]", "not_equals")
    page.fill("[name=filter-value]", "Order Completed")
    page.select_option("[name=filter-effect]", "deny")
    says(staff, 'Every event is sent, except events where the event is not "Order Completed".')

    staff.leave_by("[name=_continue]")
    assert staff.reads('Every event is sent, except events where the event is not "Order Completed".')
    assert page.locator(ROWS).count() == 1
    assert Destination.objects.get(id=destination.id).filter == {
        "effect": "deny",
        "match": "any",
        "conditions": [{"field": "event", "operator": "not_equals", "value": "Order Completed"}],
    }
    assert staff.complaints == []
