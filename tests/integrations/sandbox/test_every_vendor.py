"""In sandbox mode every vendor's events are taken: the stand-in answers in the vendor's own words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from delivery.core.outcome import Verdict
from delivery.core.response import Response
from integrations.core.questionnaire import definition, read_answers
from integrations.core.vendor import BatchRequest, Element, Mode, Vendor, compile_vendor
from integrations.services.catalogue import catalogue
from tests.integrations.core.questionnaire.filled import BATCH, GET
from tests.integrations.core.questionnaire.test_questionnaire import NOW as ORDERED_AT
from tests.integrations.core.questionnaire.test_questionnaire import ORDER
from tests.vendors.samples import NOW, event_of

from .client import SandboxClient

CHECKED = {"adroll", "audiohook", "partnerstack"}  # their requests are checked in tests of their own
VENDORS = {slug: file.vendor for slug, file in catalogue().items() if slug not in CHECKED}


@pytest.mark.parametrize("slug", VENDORS)
def test_its_first_example_is_delivered(sandbox: SandboxClient, slug: str) -> None:
    vendor = VENDORS[slug]
    found = [judged(sandbox, vendor, request) for request in requests_of(sandbox, vendor)]

    assert found
    assert [(verdict, reason) for verdict, reason in found if verdict is not Verdict.DELIVERED] == []


def requests_of(sandbox: SandboxClient, vendor: Vendor) -> list[BatchRequest]:
    """The requests of the first example that has some."""
    examples: Any = vendor.document["examples"]
    example = next(one for one in examples if "requests" in one and "mode" not in one)
    settings = {**vendor.document.get("example_settings", {}), **example.get("settings", {})}  # type: ignore[dict-item]
    now = datetime.fromisoformat(example["now"]) if "now" in example else NOW
    elements = vendor.render_all(event_of(example["event"], now=now), settings, now=now, mode=Mode.SANDBOX)
    made = vendor.requests(
        [element for element in elements if isinstance(element, Element)],
        settings,
        mode=Mode.SANDBOX,
        sandbox_url=sandbox.origin,
    )
    return [request for request in made if isinstance(request, BatchRequest)]


def judged(sandbox: SandboxClient, vendor: Vendor, item: BatchRequest) -> tuple[Verdict, str]:
    request = item.request
    answer = sandbox.request(request.method, request.url, data=request.body, headers=dict(request.headers))
    response = Response(status=answer.status_code, headers=tuple(answer.headers.items()), body=answer.content)
    (found, *_) = vendor.judge(
        item.operation, response, len(item.members), now=datetime.now(UTC), arrays=item.arrays
    )
    return found.verdict, found.reason


@pytest.mark.parametrize("answers", [GET, BATCH], ids=["get", "batch"])
def test_a_made_up_vendor_of_the_questionnaire_is_taken(
    sandbox: SandboxClient, answers: dict[str, Any]
) -> None:
    read, _ = read_answers(answers)
    document, problems = definition(read, slug="made-up", today="2026-11-26")
    vendor = compile_vendor(document)
    event = event_of(ORDER, now=ORDERED_AT)
    settings = {"credential": "k"}
    element = vendor.render(event, settings, now=ORDERED_AT, mode=Mode.SANDBOX)
    assert problems == [] and isinstance(element, Element)

    [request] = vendor.requests([element], settings, mode=Mode.SANDBOX, sandbox_url=sandbox.origin)

    assert isinstance(request, BatchRequest)
    assert judged(sandbox, vendor, request) == (Verdict.DELIVERED, "")
