"""Mapping changes as somebody at a browser sets them: rows, the sentences, a preview, and then the save."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Destination
from tests.chromium import Remote
from tests.integrations.admin.pages import page_of
from tests.integrations.admin.samples import make_samples
from tests.integrations.admin.test_file_builder_in_chromium import Staff

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = "[data-mapping-rows] > li"


@pytest.fixture
def staff(context: Remote, live_server: Any) -> Staff:
    return Staff(context, live_server.url, make_samples())


def says(staff: Staff, text: str) -> None:
    """Wait until the sentences are these."""
    staff.page.wait_for_function(
        "text => document.querySelector('[data-mapping-sentence]').textContent === text", arg=text
    )


def test_changes_are_typed_previewed_and_saved(staff: Staff) -> None:
    page, destination = staff.page, staff.samples.destinations["Waiting"]
    staff.open(page_of(Destination, destination.id))

    # No row is there before one is added
    assert page.locator(ROWS).count() == 0
    page.click("[data-mapping] [data-add]")
    page.fill("[name=mapping_changes-field]", "external_type")
    page.select_option("[name=mapping_changes-gets]", "text")
    page.fill("[name=mapping_changes-value]", "shop")
    says(staff, 'external_type gets the text "shop".')

    # A row that can't be used says why beside it, and leaves with its button
    page.click("[data-mapping] [data-add]")
    page.fill(f"{ROWS} >> nth=1 >> [name=mapping_changes-field]", "user_agnt")
    page.select_option(f"{ROWS} >> nth=1 >> [name=mapping_changes-gets]", "out")
    page.focus(f"{ROWS} >> nth=0 >> [name=mapping_changes-value]")
    page.wait_for_function("() => document.querySelectorAll('[data-mapping-rows] > li.errors').length === 1")
    assert "did you mean `user_agent`?" in page.inner_text(f"{ROWS} >> nth=1")
    page.click(f"{ROWS} >> nth=1 >> [data-remove]")
    says(staff, 'external_type gets the text "shop".')

    # Previewed in place, before anything is saved
    page.click("[data-mapping] [data-try]")
    page.wait_for_function(
        "() => document.querySelector('[data-mapping-trial]').textContent.includes('changed for this')"
    )
    assert Destination.objects.get(id=destination.id).mapping_changes == []

    # And saved
    staff.leave_by("[name=_continue]")
    assert page.locator(ROWS).count() == 1
    assert Destination.objects.get(id=destination.id).mapping_changes == [
        {"field": "external_type", "value": "shop"}
    ]
    assert staff.complaints == []
