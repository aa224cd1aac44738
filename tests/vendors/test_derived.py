"""Requests derived from the vendors' documents by someone who had not read the vendor files' mappings.

Where the documents leave a choice (optional fields, properties that pass through), the file's own was taken
over afterwards.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from integrations.services.catalogue import catalogue
from tests.vendors.samples import outcome

FOLDER = Path(__file__).parent / "derived"
EVENTS = yaml.safe_load((FOLDER / "events.yaml").read_text())
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}: {case['title']}")
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.stem != "events"
    for case in yaml.safe_load(path.read_text())
]
DIGEST = re.compile(r"(md5|sha1|sha256)\((.*)\)")


@pytest.mark.parametrize(("slug", "case"), CASES)
def test_derived(slug: str, case: dict[str, Any]) -> None:
    vendor = catalogue()[slug].vendor
    event = changed(EVENTS[case["event"]], case.get("change", {}))

    found = outcome(vendor, {**case, "event": event})

    if "requests" not in case:
        kind = "skipped" if "skipped" in case else "rejected"
        assert isinstance(found, dict) and kind in found, found
        assert case[kind] in found[kind]
        return
    assert isinstance(found, list), found
    assert [asked(request, wanted) for request, wanted in zip(found, case["requests"], strict=True)] == [
        hashed(wanted) for wanted in case["requests"]
    ]


def changed(event: Any, change: Any) -> Any:
    """One of the shared events with other values; null takes a field away."""
    if not isinstance(event, dict) or not isinstance(change, dict):
        return change
    names = [*event, *(name for name in change if name not in event)]
    return {
        name: changed(event.get(name), change[name]) if name in change else event[name]
        for name in names
        if change.get(name, "") is not None
    }


def asked(request: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The request in the words of the expectation; orders of fields do not count."""
    parts = urlsplit(request["url"])
    said = {
        "method": request["method"],
        "url": parts._replace(query="").geturl(),
        "query": dict(parse_qsl(parts.query, keep_blank_values=True)),
        "headers": {name: request["headers"].get(name) for name in wanted.get("headers", {})},
    }
    if "json" in wanted:
        said["json"] = json.loads(request["body"])
    if "form" in wanted:
        said["form"] = dict(parse_qsl(request["body"], keep_blank_values=True))
    return {name: value for name, value in said.items() if name in wanted or (name == "query" and value)}


def hashed(value: Any) -> Any:
    """`sha256(jane@example.com)` as the digest that it names."""
    if isinstance(value, dict):
        return {name: hashed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [hashed(item) for item in value]
    if isinstance(value, str) and (digest := DIGEST.fullmatch(value)):
        return hashlib.new(digest[1], digest[2].encode()).hexdigest()
    return value
