"""Every client of research/trackingfile.md section 3a, as the requests that it really sends."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from integrations.core.normalise import SENDABLE_TYPES
from tests.integrations.ingest.doors import KEY, SUCCESS, TRACK, Storage, basic, knock, said

TEXT = {"content-type": "text/plain;charset=UTF-8"}
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
GZIP = {"content-encoding": "gzip"}

AJS_EVENT: dict[str, object] = {
    "timestamp": "2026-11-21T05:42:00.043Z",
    "integrations": {"Segment.io": True},
    "event": "Signed Up",
    "type": "track",
    "properties": {"plan": "pro", "price": 9.5},
    "context": {"page": {"path": "/", "title": "Home"}, "userAgent": "Mozilla/5.0", "campaign": {}},
    "messageId": "ajs-next-1763703720043-6f1c",
    "anonymousId": "6f1c",
    "writeKey": KEY,
    "userId": None,
    "sentAt": "2026-11-21T05:42:00.050Z",
    "_metadata": {"bundled": ["Segment.io"], "unbundled": [], "bundledIds": []},
}
RUDDER_EVENT: dict[str, object] = {
    "properties": {"price": 9.5},
    "event": "Signed Up",
    "type": "track",
    "channel": "web",
    "context": {"traits": {"email": "a@example.com"}, "sessionId": 1763703720043},
    "originalTimestamp": "2026-11-21T05:42:00.043Z",
    "messageId": "3b0c",
    "userId": "",
    "anonymousId": "6f1c",
    "integrations": {"All": True},
    "sentAt": "2026-11-21T05:42:05.043Z",
}
PYTHON_EVENT: dict[str, object] = {
    "integrations": {},
    "anonymousId": None,
    "properties": {},
    "timestamp": "2026-11-21T05:42:00.043000+00:00",
    "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
    "userId": "u1",
    "type": "track",
    "event": "Signed Up",
    "messageId": "py-1",
}
SENT_AT = "2026-11-21T05:42:10+00:00"


def stored_by(storage: Storage, path: str, body: object, **request: Any) -> list[dict[str, Any]]:
    reply = knock(storage, path, body, **request)

    assert (reply.status, reply.body) == (200, b'{"success": true}')
    return [dict(event.payload) for event in storage.events]


@pytest.mark.parametrize("letter", ["t", "p", "s", "i"])
def test_segments_browser_library_sends_one_event_as_text(storage: Storage, letter: str) -> None:
    kind = {name[0]: name for name in SENDABLE_TYPES}[letter]

    (event,) = stored_by(storage, f"/v1/{letter}", AJS_EVENT | {"type": kind}, headers=TEXT | basic())

    assert event["type"] == kind
    assert "userId" not in event
    assert "writeKey" not in event


def test_an_older_one_has_the_key_in_the_body_only(storage: Storage) -> None:
    (event,) = stored_by(storage, "/v1/t", AJS_EVENT, headers=TEXT)

    assert storage.seen[0].key == KEY
    assert event["messageId"] == "ajs-next-1763703720043-6f1c"


def test_it_batches_with_one_sent_at_for_all(storage: Storage) -> None:
    element = {name: value for name, value in AJS_EVENT.items() if name != "sentAt"}
    body = {"writeKey": KEY, "batch": [element], "sentAt": "2026-11-21T05:42:00.050Z"}

    (event,) = stored_by(storage, "/v1/b", body, headers=TEXT | basic())

    assert event["timestamp"] == "2026-11-21T05:42:09.993Z"


def test_its_metrics_are_swallowed_without_a_key(storage: Storage) -> None:
    body = {"series": [{"type": "Counter", "metric": "analytics_js.invoke", "value": 1, "tags": {}}]}

    assert stored_by(storage, "/v1/m", body, headers=TEXT) == []


def test_rudderstacks_browser_library_sends_one_event(storage: Storage) -> None:
    headers = {"content-type": "application/json;charset=UTF-8", "anonymousid": "NmYxYw=="} | basic()

    (event,) = stored_by(storage, "/v1/track", RUDDER_EVENT, headers=headers)

    assert event["timestamp"] == "2026-11-21T05:42:05.000Z"
    assert event["originalTimestamp"] == "2026-11-21T05:42:00.043Z"
    assert "userId" not in event


def test_its_beacon_has_the_key_in_the_query_only(storage: Storage) -> None:
    body = {"batch": [RUDDER_EVENT], "sentAt": SENT_AT}

    (event,) = stored_by(
        storage, "/beacon/v1/batch", body, query=f"writeKey={KEY}", headers={"content-type": "text/plain"}
    )

    assert event["type"] == "track"


def test_segments_python_sends_batches(storage: Storage) -> None:
    body = {"batch": [PYTHON_EVENT], "sentAt": SENT_AT, "writeKey": KEY}

    (event,) = stored_by(storage, "/v1/batch", body, headers=JSON | basic())

    assert "anonymousId" not in event
    assert event["userId"] == "u1"


def test_and_gzips_them(storage: Storage) -> None:
    body = gzip.compress(json.dumps({"batch": [PYTHON_EVENT], "sentAt": SENT_AT}).encode())

    assert len(stored_by(storage, "/v1/batch", body, headers=JSON | GZIP | basic())) == 1


def test_rudderstacks_node_gzips_and_calls_it_a_form(storage: Storage) -> None:
    body = gzip.compress(
        json.dumps({"batch": [RUDDER_EVENT], "timestamp": SENT_AT, "sentAt": SENT_AT}).encode()
    )

    assert len(stored_by(storage, "/v1/batch", body, headers=FORM | GZIP | basic())) == 1


def test_gzip_is_seen_without_its_header(storage: Storage) -> None:
    body = gzip.compress(json.dumps(TRACK).encode())

    assert len(stored_by(storage, "/v1/track", body, headers=TEXT | basic())) == 1


def test_a_gzip_header_on_plain_json_does_no_harm(storage: Storage) -> None:
    assert len(stored_by(storage, "/v1/track", TRACK, headers=GZIP | basic())) == 1


@pytest.mark.parametrize(
    "headers",
    [
        basic(),
        basic(colon=False),
        {"authorization": "basic " + base64.b64encode(f"{KEY}:password".encode()).decode()},
        {"authorization": "Basic " + base64.urlsafe_b64encode(f"{KEY}:".encode()).decode().rstrip("=")},
        {"authorization": f"Bearer {KEY}"},
        {"x-write-key": KEY},
        {"authorization": "Basic Og==", "x-write-key": KEY},
    ],
)
def test_the_key_comes_in_many_headers(storage: Storage, headers: dict[str, str]) -> None:
    stored_by(storage, "/v1/track", TRACK | {"writeKey": "k:***"}, headers=headers)

    assert storage.seen[0].key == KEY


def test_the_key_of_the_body_goes_before_the_elements_and_theirs_before_the_querys(
    storage: Storage,
) -> None:
    other = TRACK | {"writeKey": "other"}

    stored_by(storage, "/v1/batch", {"writeKey": KEY, "batch": [other]}, query="writeKey=third")
    assert storage.seen[0].key == KEY

    stored_by(storage, "/v1/batch", {"batch": [TRACK | {"writeKey": KEY}]}, query="writeKey=third")
    assert storage.seen[0].key == KEY


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"])
def test_batches_come_on_four_paths(storage: Storage, path: str, slash: str) -> None:
    assert len(stored_by(storage, path + slash, {"batch": [TRACK]}, headers=basic())) == 1


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("kind", SENDABLE_TYPES)
@pytest.mark.parametrize("short", [True, False])
def test_the_path_names_the_type(storage: Storage, kind: str, slash: str, short: bool) -> None:
    body = {"event": "E", "userId": "u", "groupId": "g", "previousId": "p"}
    path = f"/v1/{kind[0] if short else kind}{slash}"

    (event,) = stored_by(storage, path, body, headers=basic())

    assert event["type"] == kind


def test_the_same_message_again_is_success_and_stored_once(storage: Storage) -> None:
    stored_by(storage, "/v1/t", AJS_EVENT, headers=TEXT)

    assert len(stored_by(storage, "/v1/t", AJS_EVENT, headers=TEXT)) == 1


def test_a_partly_bad_batch_stores_the_good_and_names_the_bad(storage: Storage) -> None:
    body = {"batch": [TRACK, 5, TRACK | {"event": ""}, TRACK]}

    reply = knock(storage, "/v1/batch", body, headers=basic())

    assert reply.status == 200
    assert said(reply) == SUCCESS | {
        "errors": [
            {
                "index": 1,
                "code": "not_object",
                "message": "The element is JSON but no object. Send the event as a JSON object.",
            },
            {
                "index": 2,
                "code": "missing_event",
                "message": "event is missing or empty; a track event must name what happened. Send its name.",
            },
        ]
    }
    assert len(storage.events) == 2


@pytest.mark.parametrize(("query", "of_pipeline"), [("partial=207", False), ("", True)])
def test_it_is_207_for_who_asks(storage: Storage, query: str, of_pipeline: bool) -> None:
    storage.partial_207 = of_pipeline

    partly = knock(storage, "/v1/batch", {"batch": [TRACK, 5]}, query=query, headers=basic())
    wholly = knock(storage, "/v1/batch", {"batch": [TRACK]}, query=query, headers=basic())

    assert (partly.status, wholly.status) == (207, 200)
