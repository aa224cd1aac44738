"""The catalogue's pages: current, one for each vendor, and readable where a vendor file has odd signs."""

from __future__ import annotations

import re

from django.core.management import call_command

from integrations.management.commands.vendor_docs import FOLDER
from integrations.services.catalogue import built_in, built_in_slugs
from integrations.services.vendor_docs import vendor_page


def test_the_committed_pages_are_current() -> None:
    call_command("vendor_docs", check=True)


def test_every_vendor_has_a_page_and_a_line_in_the_index() -> None:
    index = (FOLDER / "README.md").read_text()

    assert sorted(re.findall(r"\]\(([a-z0-9-]+)\.md\)", index)) == built_in_slugs()


def test_a_page_tells_settings_events_answers_and_whole_requests() -> None:
    page = vendor_page(built_in("adroll"))

    assert "| Server access token `server_access_token` | string, secret | yes |" in page
    assert "| Order Completed | Order Completed | `purchase` (purchase) |  |" in page
    assert "| status 2xx | delivered |" in page
    assert '"url": "https://srv.adroll.com/api?advertisable=ADVERTISABLE"' in page
