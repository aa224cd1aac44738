"""Bad input over HTTP: a clear refusal, nothing stored, and a server that answers as before."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
import requests

from tests.system.router import Database, Router, only
from tests.system.running import Run

MEGABYTE = 1024 * 1024
MAKE_KEY = """
pipeline = Pipeline.objects.get(organization__slug="demo", name="Demo server")
print(WriteKey.objects.create(pipeline=pipeline, key="soon_revoked").key)
"""
REVOKE_KEY = """
from django.utils import timezone
print(WriteKey.objects.filter(key="soon_revoked").update(revoked_at=timezone.now()))
"""


def event(user: str = "somebody", **fields: object) -> dict[str, Any]:
    """An event that no vendor gets."""
    return {"type": "track", "event": "Tested", "userId": user, "integrations": only("nobody")} | fields


def track(properties: bytes) -> bytes:
    return b'{"type":"track","event":"Tested","userId":"somebody","properties":%b}' % properties


BAD_ELEMENTS = [
    (b"7", "not_object"),
    (b"{}", "unknown_type"),
    (b'{"type":"track","event":"Tested"}', "missing_id"),
    (track(rb'{"a":"\u0000"}'), "nul_character"),
    (track(b'{"a":"\xff"}'), "not_json"),
    (track(b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"), "too_deep"),
    (track(b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}"), "too_deep"),
    (track(b'{"a":"' + b"x" * 32 * 1024 + b'"}'), "event_too_large"),
]


def assert_refused(answer: requests.Response, status: int, code: str) -> None:
    """The documented error, whole."""
    message = answer.json()["message"]
    assert message.endswith(".")
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.status_code, answer.json()) == (
        status,
        {
            "success": False,
            "code": code,
            "message": message,
            "Error": HTTPStatus(status).phrase,
            "Message": message,
            "Details": "",
        },
    )


@pytest.fixture(autouse=True)
def nothing_else_is_stored(router: Router, database: Database) -> Iterator[None]:
    """Whatever a test sends: what it says is refused leaves no event, and the next good one is stored."""
    before = database.all_events() - database.events("good")
    yield
    answer = router.submit(event("good"))
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert database.all_events() - database.events("good") == before


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "empty_body"),
        (b"event=Tested", 400, "not_json"),
        (b'{"type":"track"', 400, "not_json"),
        (track(b'{"a":"\xff"}'), 400, "not_json"),
        (track(b'{"a":NaN}'), 400, "not_json"),
        (b"[1]", 400, "not_object"),
        (b'{"type":"track","event":"Tested"}', 400, "missing_id"),
        (b'{"type":"track","event":"Tested","userId":["somebody"]}', 400, "wrong_type"),
        (b'{"type":"track","event":"Tested","userId":"somebody","context":"none"}', 400, "wrong_type"),
        (b'{"type":"track","event":7,"userId":"somebody"}', 400, "wrong_type"),
        (b'{"type":"party","userId":"somebody"}', 400, "unknown_type"),
        (track(b'"text"'), 400, "wrong_type"),
        (track(b'{"a":1e400}'), 400, "bad_value"),
        (track(rb'{"a":"\u0000"}'), 400, "nul_character"),
        (track(rb'{"\u0000":1}'), 400, "nul_character"),
        (track(b'{"a":"\x00"}'), 400, "not_json"),
        (track(b'{"a":' * 33 + b"1" + b"}" * 33), 400, "too_deep"),
        (track(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), 413, "event_too_large"),
        (track(b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"), 400, "too_deep"),
        (track(b'{"a":"' + b"x" * MEGABYTE + b'"}'), 413, "event_too_large"),
        (track(b'{"a":"' + b"x" * 5 * MEGABYTE + b'"}'), 413, "request_too_large"),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else None,
)
def test_a_bad_event_is_refused(router: Router, body: bytes, status: int, code: str) -> None:
    assert_refused(router.submit_bytes(body), status, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (gzip.compress(bytes(64 * MEGABYTE)), 413, "request_too_large"),
        (gzip.compress(b" " * 5 * MEGABYTE + json.dumps(event()).encode()), 413, "request_too_large"),
        (gzip.compress(json.dumps(event()).encode())[:-9], 400, "bad_gzip"),
    ],
    ids=["bomb", "blanks before an event", "cut off"],
)
def test_a_bad_gzip_body_is_refused(router: Router, body: bytes, status: int, code: str) -> None:
    assert len(body) < MEGABYTE

    assert_refused(router.submit_bytes(body, Content_Encoding="gzip"), status, code)


def test_an_unknown_key_is_refused(run: Run) -> None:
    with Router(run.url, "demo_nobody") as stranger:
        assert_refused(stranger.submit(event()), 401, "unknown_write_key")
        assert_refused(stranger.submit_batch([event(), event()]), 401, "unknown_write_key")


def test_a_revoked_key_is_refused(run: Run) -> None:
    with Router(run.url, run.orm(MAKE_KEY)) as former:
        assert former.submit(event("good")).status_code == 200
        assert run.orm(REVOKE_KEY) == "1"

        assert_refused(former.submit(event()), 401, "unknown_write_key")


def test_a_request_without_a_key_is_refused(run: Run) -> None:
    answer = requests.post(run.url + "/v1/track", json=event(), timeout=30)

    assert_refused(answer, 401, "missing_write_key")
    answer.connection.close()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"batch": []}, 400, "empty_batch"),
        ({"batch": "event"}, 400, "bad_batch"),
        ({}, 400, "bad_batch"),
        ({"batch": [0] * 20_001}, 413, "too_many_events"),
    ],
    ids=["empty", "text", "missing", "too many"],
)
def test_a_bad_batch_is_refused(router: Router, body: object, status: int, code: str) -> None:
    assert_refused(router.submit(body, "/v1/batch"), status, code)


@pytest.mark.parametrize(("element", "code"), BAD_ELEMENTS, ids=[code for _, code in BAD_ELEMENTS])
def test_in_a_batch_only_the_bad_element_is_refused(
    router: Router, database: Database, element: bytes, code: str
) -> None:
    good = json.dumps(event("good")).encode()
    before = database.events("good")

    answer = router.submit_bytes(b'{"batch":[%b,%b,%b]}' % (good, element, good), "/v1/batch")

    (error,) = answer.json()["errors"]
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert (error["index"], error["code"]) == (1, code)
    assert database.events("good") == before + 2
