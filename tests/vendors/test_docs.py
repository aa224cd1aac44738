"""docs/vendor-files.md says what the code does."""

import re

import pytest

from integrations.core.vendor import compile_vendor
from integrations.services.catalogue import load_text
from tests.vendors.doc_tables import PAGE, tables, written


def test_the_tables_are_the_codes_own() -> None:
    page = PAGE.read_text()

    assert all(f"<!-- {name} -->" in page for name in tables())
    assert page == written(page), "run python -m tests.vendors.doc_tables"


@pytest.mark.parametrize("text", re.findall(r"```yaml complete\n(.*?)```", PAGE.read_text(), flags=re.S))
def test_a_complete_file_on_the_page_compiles(text: str) -> None:
    vendor = load_text(text, "docs/vendor-files.md")

    assert compile_vendor(dict(vendor.document)).slug == vendor.slug
