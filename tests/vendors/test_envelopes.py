"""What stands around events: lists by name, fields in common, one event alone, lines, test mode's limits."""

import json
from typing import Any

import pytest

from integrations.core.vendor import BatchRequest, DefinitionError, Mode, Vendor, compile_vendor
from tests.vendors.test_vendor import acme, rendered, sent, track

BY_USER = {
    "group": {"client_id": "$anonymousId", "user": {"id": "$userId"}},
    "envelope": {"client_id": "$group.client_id", "user_id": "$group.user.id", "events": "$elements"},
    "batch": {"max_count": 25},
}
ALONE = {
    "url": [
        {"when": {"batched": True}, "url": "https://api.example.com/v1/batch"},
        {"url": "https://api.example.com/v1/one"},
    ],
    "headers": {"X-Method": {"constant": "BATCH_CREATE", "when": {"batched": True}}},
    "envelope": [{"when": {"batched": False}, "envelope": "object"}, {"envelope": {"elements": "$elements"}}],
    "batch": {"max_count": 3},
}


def requests(vendor: Vendor, *events: dict[str, Any], mode: Mode = Mode.LIVE) -> list[BatchRequest]:
    elements = [rendered(vendor, track(**event), mode=mode) for event in events]
    items = vendor.requests(elements, {}, mode=mode)
    assert all(isinstance(item, BatchRequest) for item in items)
    return [item for item in items if isinstance(item, BatchRequest)]


def test_only_events_with_the_same_group_share_a_request() -> None:
    one, other = {"anonymousId": "a", "userId": "u"}, {"anonymousId": "b"}

    items = requests(acme(**BY_USER), one, other, one)

    assert [item.members for item in items] == [(0, 2), (1,)]
    assert [json.loads(item.request.body) for item in items] == [
        {"client_id": "a", "user_id": "u", "events": [{"name": "Hello"}, {"name": "Hello"}]},
        {"client_id": "b", "events": [{"name": "Hello"}]},
    ]


def test_an_event_can_not_write_itself_into_the_envelope() -> None:
    hostile = 'x","events":[{"name":"forged"}],"y":"\ue000\ue000'

    [item] = requests(acme(**BY_USER), {"anonymousId": hostile})

    assert json.loads(item.request.body) == {"client_id": hostile, "events": [{"name": "Hello"}]}


def test_one_event_alone_has_another_address_and_shape_than_several() -> None:
    batch, alone = requests(acme(**ALONE), *[{}] * 4)

    assert batch.request.url == "https://api.example.com/v1/batch"
    assert dict(batch.request.headers)["X-Method"] == "BATCH_CREATE"
    assert json.loads(batch.request.body) == {"elements": [{"name": "Hello"}] * 3}
    assert alone.request.url == "https://api.example.com/v1/one"
    assert "X-Method" not in dict(alone.request.headers)
    assert json.loads(alone.request.body) == {"name": "Hello"}


def test_a_test_mode_may_take_fewer_events() -> None:
    vendor = acme(envelope="array", batch={"max_count": 100, "test_max_count": 2})

    assert len(requests(vendor, *[{}] * 5)) == 1
    assert [len(item.members) for item in requests(vendor, *[{}] * 5, mode=Mode.TEST)] == [2, 2, 1]


def test_lines_of_json_have_their_own_type() -> None:
    [item] = requests(acme(body="ndjson", batch={"max_count": 10}), {}, {"name": "Other"})

    assert item.request.body == b'{"name":"Hello"}\n{"name":"Other"}\n'
    assert dict(item.request.headers)["Content-Type"] == "application/x-ndjson"


def several_lists() -> Vendor:
    document = dict(acme().document)
    document["operations"] = {
        "track": {
            "method": "POST",
            "url": "https://api.example.com/track",
            "envelope": {"events": "$elements.events", "purchases": "$elements.purchases", "partner": "us"},
            "batch": {"max_count": 75},
            "fields": {"name": "$event"},
        }
    }
    document["events"] = [
        {
            "rule": "order",
            "when": {"event": ["Order Completed"]},
            "operation": "track",
            "array": "purchases",
            "fields": {"name": None, "product_id": "$properties.id"},
        },
        {"rule": "any", "when": {"type": "track"}, "operation": "track", "array": "events"},
    ]
    return compile_vendor(document)


def test_events_of_several_lists_share_a_request() -> None:
    vendor = several_lists()
    order = track("Order Completed", properties={"id": "p-1"})

    [item] = sent(vendor, [rendered(vendor, event) for event in (track(), order, track("Other"))])

    assert json.loads(item.request.body) == {
        "events": [{"name": "Hello"}, {"name": "Other"}],
        "purchases": [{"product_id": "p-1"}],
        "partner": "us",
    }
    assert item.members == (0, 1, 2)
    assert item.arrays == {"events": (0, 2), "purchases": (1,)}


def test_an_empty_list_is_left_out() -> None:
    vendor = several_lists()

    [item] = sent(vendor, [rendered(vendor, track())])

    assert json.loads(item.request.body) == {"events": [{"name": "Hello"}], "partner": "us"}


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"envelope": {"a": "$elements", "b": "$elements"}}, "needs the text $elements exactly once"),
        ({"envelope": {"a": "x"}}, "needs the text $elements exactly once"),
        ({"envelope": {"a": "$elements", "b": "$elements.b"}}, "needs the text $elements exactly once"),
        (
            {"envelope": {"a": "$elements", "b": "$group.x"}, "group": {"y": 1}},
            "`group` has no field `x`",
        ),
        ({"group": {"y": 1}}, "`group` needs an envelope"),
        ({"fields": {"x": "$group.x"}}, "`$group` belongs to the envelope"),
        ({"fields": {"x": {"constant": 1, "when": {"batched": True}}}}, "known only where a request is made"),
        (
            {"url": [{"when": {"batched": True}, "url": "https://a.example/{$userId}"}]},
            "`batched` and fields of the event can't decide it together",
        ),
        (
            {"envelope": [{"envelope": "object"}, {"envelope": "array"}], "batch": {"max_count": 2}},
            "needs `when: {batched: false}`",
        ),
        ({"body": "ndjson", "envelope": "array"}, "lines of JSON have no envelope"),
        ({"envelope": {"a": "$elements.a", "b": "$elements.b"}}, "`array` is missing; the envelope has a, b"),
    ],
)
def test_what_can_not_be_meant_is_refused(operation: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        acme(**operation)

    assert message in str(caught.value)
