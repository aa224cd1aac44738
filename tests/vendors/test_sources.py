"""What previews say of each field never disagrees with the request, for every example of every vendor."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from integrations.core.event import Event
from integrations.core.mapping import is_empty
from integrations.core.mapping.origins import leaves_of
from integrations.core.mapping.paths import parse_steps, query_parameter
from integrations.core.vendor import BatchRequest, Element, Mode, Rejected, RejectReason, Skipped, Vendor
from integrations.core.vendor.definition import BodyKind
from integrations.core.vendor.explain import Explanation, explain
from integrations.core.vendor.sourced import SourcedField, StandsIn, sourced_fields, spelled
from tests.vendors.samples import EXAMPLES, NOW, event_of

# A place in the event; what is made of the event's facts is told of in brackets.
PLACE = re.compile(
    r"(\$(?!now|mode|part|event_|timestamp|receivedAt)[^ ]*)(?: \((?:dictionary|custom).*\))?\Z"
)
OF_TIME = (RejectReason.TOO_OLD, RejectReason.IN_FUTURE)


@pytest.mark.parametrize(("vendor", "example"), EXAMPLES)
def test_fields_and_request_agree(vendor: Vendor, example: dict[str, Any]) -> None:
    settings = {**vendor.document.get("example_settings", {}), **example.get("settings", {})}  # type: ignore[dict-item]
    now = datetime.fromisoformat(example["now"]) if "now" in example else NOW
    mode, event = Mode(example.get("mode", "live")), event_of(example["event"], now=now)
    made = vendor.render_all(event, settings, now=now, mode=mode)
    told = [explain(vendor, event, settings, now=now, mode=mode, part=part) for part, _ in enumerate(made)]
    assert [one is None for one in told] == [isinstance(one, Skipped) for one in made]

    for rendered, one in zip(made, told, strict=True):
        sentences = [missing.sentence for missing in one.missing] if one else []
        assert not (isinstance(rendered, Element) and sentences)
        if isinstance(rendered, Rejected) and rendered.code not in OF_TIME and not _of_address(rendered):
            assert sentences[:1] == [rendered.reason]
    elements = [one for one in made if isinstance(one, Element)]
    explained = [
        one for rendered, one in zip(made, told, strict=True) if isinstance(rendered, Element) and one
    ]
    for one in explained:
        _check_sources(one, event)
    sandbox_url = example.get("sandbox_url", "")
    for request in vendor.requests(elements, settings, mode=mode, sandbox_url=sandbox_url):
        if isinstance(request, BatchRequest):
            carried = [explained[member] for member in request.members]
            fields = sourced_fields(vendor, request, carried, settings, mode=mode)
            _agree(fields, request, vendor)


def _check_sources(explanation: Explanation, event: Event) -> None:
    """Each place that is named has a value; the only source of one without operations has this value."""
    for leaf in explanation.fields:
        named = [match[1] for source in leaf.sources if (match := PLACE.match(source))]
        found = [_at(event, text) for text in named]
        assert all(not is_empty(value) or leaf.value is None for value in found), leaf
        if len(leaf.sources) == len(named) == 1 and not leaf.operations:
            assert found == [leaf.value], leaf


def _at(event: Event, text: str) -> object:
    """What stands at a path such as $properties.products[0].id or $context.page.url?gclid."""
    text, _, parameter = text.partition("?")
    value: object = event.payload
    for step in parse_steps(text[1:], ()):
        inside = isinstance(value, list) if isinstance(step, int) else isinstance(value, dict)
        value = value[step] if inside else None  # type: ignore[index]
    return query_parameter(value, parameter) if parameter else value


def _of_address(rejected: Rejected) -> bool:
    """What is refused when the fields are written down is no missing field."""
    return "parameter `" in rejected.reason or "the URL would have" in rejected.reason


def _agree(fields: list[SourcedField], sent: BatchRequest, vendor: Vendor) -> None:
    request, operation = sent.request, vendor.operation(sent.operation)
    assert all(field.source for field in fields)
    assert [one.value for one in fields if one.stands_in is StandsIn.ADDRESS] == [
        request.url.partition("?")[0]
    ]
    assert _pairs(fields, StandsIn.HEADER) == list(request.headers)
    query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True, strict_parsing=False)
    assert _pairs(fields, StandsIn.QUERY) == query
    path = unquote(urlsplit(request.url).path)
    assert all(str(value) in path for _, value in _pairs(fields, StandsIn.PATH))
    body = request.logged_body.decode()
    found = _pairs(fields, StandsIn.BODY)
    if operation.body is BodyKind.FORM:
        assert found == parse_qsl(body, keep_blank_values=True)
    elif body:
        document = (
            [json.loads(line) for line in body.splitlines()]
            if operation.body is BodyKind.LINES and len(sent.members) > 1
            else json.loads(body)
        )
        assert found == [(spelled(steps), value) for steps, value in leaves_of(document)]


def _pairs(fields: list[SourcedField], stands_in: StandsIn) -> list[tuple[str, object]]:
    return [(one.field, one.value) for one in fields if one.stands_in is stands_in]
