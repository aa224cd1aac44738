"""Every word of the language is used: by a vendor of the catalogue, or by one that is made up for it."""

import re
from pathlib import Path
from typing import Any

import pytest

from integrations.core.mapping.words import CONDITIONS, DIRECTIVES
from integrations.core.operations import OPERATIONS
from integrations.core.vendor.parameters import STYLES
from integrations.core.vendor.schema import schema
from integrations.services.catalogue import catalogue, load_text
from tests.vendors.samples import expected, outcome

CAPABILITIES = load_text((Path(__file__).parent / "capabilities.yaml").read_text(), "capabilities.yaml")
EXAMPLES: list[dict[str, Any]] = list(CAPABILITIES.document["examples"])  # type: ignore[call-overload]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["title"])
def test_it_sends_what_its_examples_say(example: dict[str, Any]) -> None:
    wanted, found = expected(example), outcome(CAPABILITIES, example)
    shown = [{key: request[key] for key in asked} for asked, request in zip(wanted, found, strict=True)]

    assert shown == wanted


def test_every_word_is_used_somewhere() -> None:
    keys: set[str] = set()
    texts: set[str] = set()
    for document in [CAPABILITIES.document, *(file.vendor.document for file in catalogue().values())]:
        _collect({key: value for key, value in document.items() if key != "examples"}, keys, texts)
    operation = schema()["$defs"]["operation"]["properties"]
    auth = schema()["$defs"]["auth"]["properties"]

    assert not {word for word in [*DIRECTIVES, *CONDITIONS, *operation, *auth] if word not in keys}
    assert not {name for name in OPERATIONS if name not in texts}
    assert not {*operation["body"]["enum"], *operation["method"]["enum"], *STYLES} - texts


def _collect(value: object, keys: set[str], texts: set[str]) -> None:
    """Keys, and texts with the operations that stand in them."""
    if isinstance(value, dict):
        for key, part in value.items():
            keys.add(key)
            if key == "as":
                texts |= _operations(part)
            _collect(part, keys, texts)
    elif isinstance(value, list):
        for part in value:
            _collect(part, keys, texts)
    elif isinstance(value, str):
        texts.add(value)
        texts.update(re.findall(r"\|\s*([a-z0-9_]+)", value))


def _operations(declared: object) -> set[str]:
    entries = declared if isinstance(declared, list) else [declared]
    return {next(iter(one)) if isinstance(one, dict) else str(one).partition(":")[0] for one in entries}
