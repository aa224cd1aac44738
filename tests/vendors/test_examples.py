"""Every example of every vendor file, through the same code as delivery."""

from typing import Any

import pytest

from tests.vendors.samples import EXAMPLES, expected, outcome


@pytest.mark.parametrize(("vendor", "example"), EXAMPLES)
def test_example(vendor: Any, example: dict[str, Any]) -> None:
    wanted, found = expected(example), outcome(vendor, example)
    if isinstance(wanted, list) and isinstance(found, list):  # an example may leave the headers out
        found = [{key: request[key] for key in asked} for asked, request in zip(wanted, found, strict=True)]

    assert found == wanted
