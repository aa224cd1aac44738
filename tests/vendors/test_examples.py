"""Every example of every vendor file, through the same code as delivery."""

from typing import Any

import pytest

from integrations.services.catalogue import catalogue
from tests.vendors.samples import expected, outcome

CASES = [
    pytest.param(file.vendor, example, id=f"{slug}: {example['title']}")
    for slug, file in catalogue().items()
    for example in file.vendor.document["examples"]  # type: ignore[attr-defined]
]


@pytest.mark.parametrize(("vendor", "example"), CASES)
def test_example(vendor: Any, example: dict[str, Any]) -> None:
    wanted, found = expected(example), outcome(vendor, example)
    if isinstance(wanted, list) and isinstance(found, list):  # an example may leave the headers out
        found = [{key: request[key] for key in asked} for asked, request in zip(wanted, found, strict=True)]

    assert found == wanted
