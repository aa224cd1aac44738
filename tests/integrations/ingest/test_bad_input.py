"""What no client should send, and what it is told."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
import zlib
from io import BytesIO

import pytest

from integrations.core.facts import Busy
from integrations.ingest.door import Door
from integrations.ingest.handle import handle
from tests.integrations.ingest.doors import KEY, TRACK, Storage, basic, failure, knock, said

MEGABYTE = 1024 * 1024
NOT_OBJECT = (400, "not_object")
NOT_JSON = (400, "not_json")


def track(properties: bytes) -> bytes:
    return b'{"type":"track","event":"E","userId":"u","properties":' + properties + b"}"


def refused(storage: Storage, body: object, path: str = "/v1/track", **headers: str) -> tuple[int, object]:
    """The status and code of the refusal; nothing was stored."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = knock(storage, path, body, headers=basic() | named)

    assert storage.events == []
    answer = said(reply)
    assert answer["success"] is False
    assert answer["message"] == answer["Message"] != ""
    return reply.status, answer["code"]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"", (400, "empty_body")),
        (b"not json", NOT_JSON),
        (b"{", NOT_JSON),
        (b"{} {}", NOT_JSON),
        (b"a=1&b=2", NOT_JSON),
        (b"NaN", NOT_JSON),
        (track(b'{"a":NaN}'), NOT_JSON),
        (b"\xff\xfe{\x00}\x00", NOT_JSON),
        (b"[]", NOT_OBJECT),
        (b"null", NOT_OBJECT),
        (b"5", NOT_OBJECT),
        (b'"text"', NOT_OBJECT),
        (b"{}", (400, "missing_id")),
        (track(b'"text"'), (400, "wrong_type")),
        (track(b'{"a":"\\u0000"}'), (400, "nul_character")),
        (track(b'{"\\u0000":1}'), (400, "nul_character")),
        (track(b'{"a":["b",{"c":"x\\u0000"}]}'), (400, "nul_character")),
        (track(b'{"a":"\x00"}'), NOT_JSON),
        (track(b'{"a":"\xff"}'), NOT_JSON),
        (track(b'{"a":"\xed\xa0\x80"}'), NOT_JSON),
        (track(b'{"a":1e400}'), (400, "bad_value")),
        (track(b'{"a":' + b"9" * 5000 + b"}"), (400, "bad_value")),
        (track(b'{"a":"' + b"x" * MEGABYTE + b'"}'), (413, "event_too_large")),
        (track(b'{"a":"' + b"x" * 5 * MEGABYTE + b'"}'), (413, "request_too_large")),
        (track(b'{"a":' * 33 + b"1" + b"}" * 33), (400, "too_deep")),
        (track(b"[" * 500 + b"]" * 500), (400, "too_deep")),
        (track(b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"), (400, "too_deep")),
        (track(b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"), (400, "too_deep")),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else None,
)
def test_one_bad_event_is_refused(storage: Storage, body: bytes, answer: tuple[int, str]) -> None:
    assert refused(storage, body) == answer


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ([], NOT_OBJECT),
        ({}, (400, "bad_batch")),
        ({"batch": None}, (400, "bad_batch")),
        ({"batch": {"a": 1}}, (400, "bad_batch")),
        ({"batch": "text"}, (400, "bad_batch")),
        ({"batch": []}, (400, "empty_batch")),
        (b'{"batch":[nope]}', NOT_JSON),
        (b"batch", NOT_JSON),
        (b'{"batch":' + b"[" * 10_000 + b"]" * 9_999 + b"}", NOT_JSON),
        (b'{"batch":[' + b"[" * 10_000 + b"]" * 10_000 + b",[]" * 100_000 + b"]}", (400, "too_deep")),
        (b'{"writeKey":' + b"[" * 10_000 + b"]" * 10_000 + b',"batch":[{}]}', (400, "too_deep")),
        ({"batch": [0] * 20_001}, (413, "too_many_events")),
        (b'{"batch":["' + b"x" * 5 * MEGABYTE + b'"]}', (413, "request_too_large")),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_bad_batch_is_refused(storage: Storage, body: object, answer: tuple[int, str]) -> None:
    assert refused(storage, body, "/v1/batch") == answer


@pytest.mark.parametrize(
    ("element", "code"),
    [
        (b"5", "not_object"),
        (b"null", "not_object"),
        (b'["a"]', "not_object"),
        (b"{}", "unknown_type"),
        (track(b'{"a":"\\u0000"}'), "nul_character"),
        (track(b'{"a":"\xff"}'), "not_json"),
        (track(b'{"a":1e400}'), "bad_value"),
        (track(b'{"a":"' + b"x" * 32 * 1024 + b'"}'), "event_too_large"),
        (track(b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"), "too_deep"),
        (track(b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}"), "too_deep"),
        (track(b'{"a":' * 20_000 + b"1" + b"}" * 20_000), "too_deep"),
        (b"[" * 10_000 + b"]" * 10_000, "too_deep"),
        (track(b'{"\\u0000":' + b"[" * 5_000 + b"]" * 5_000 + b"}"), "too_deep"),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else None,
)
def test_a_bad_element_does_not_spoil_the_others(storage: Storage, element: bytes, code: str) -> None:
    good = track(b"{}")

    reply = knock(storage, "/v1/batch", b'{"batch":[%b,%b,%b]}' % (good, element, good), headers=basic())

    (error,) = said(reply)["errors"]  # type: ignore[misc]
    assert (reply.status, error["index"], error["code"]) == (200, 1, code)
    assert len(storage.events) == 2


@pytest.mark.parametrize(("levels", "codes"), [(31, ["too_deep"]), (32, ["too_deep", "too_deep"])])
def test_beside_the_deepest_an_element_may_be_as_deep_as_ever(
    storage: Storage, levels: int, codes: list[str]
) -> None:
    elements = [track(b'{"a":' * depth + b"1" + b"}" * depth) for depth in (levels, 5_000)]

    reply = knock(storage, "/v1/batch", b'{"batch":[%b,%b]}' % (*elements,), headers=basic())

    assert [error["code"] for error in said(reply)["errors"]] == codes  # type: ignore[attr-defined]
    assert len(storage.events) == 2 - len(codes)


@pytest.mark.parametrize("place", ["context", "batch"])
def test_what_is_deep_beside_the_batch_spoils_nothing(storage: Storage, place: str) -> None:
    deep = b"[" * 5_000 + b"]" * 5_000

    reply = knock(
        storage,
        "/v1/batch",
        b'{"%b":%b,"batch":[%b]}' % (place.encode(), deep, track(b"{}")),
        headers=basic(),
    )

    assert said(reply) == {"success": True}
    assert len(storage.events) == 1


def test_ten_thousand_elements_are_stored(storage: Storage) -> None:
    reply = knock(
        storage, "/v1/batch", {"batch": [{"type": "page", "userId": "u"}] * 10_000}, headers=basic()
    )

    assert reply.status == 200
    assert len(storage.seen) == 10_000


def test_the_last_of_duplicate_fields_counts(storage: Storage) -> None:
    knock(storage, "/v1/track", b'{"event":"A","event":"B","userId":"u"}', headers=basic())

    assert storage.events[0].name == "B"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (rb"\ud800", "\ufffd"),
        (rb"cut \uD83D", "cut \ufffd"),
        (rb"\ude00\ud83d", "\ufffd\ufffd"),
        (rb"\ud83d\ude00\ud83d", "\U0001f600\ufffd"),
        (rb"\ud83d\ude00\ude00", "\U0001f600\ufffd"),
        (rb"\\ud800\n\ud800", "\\ud800\n\ufffd"),
        (rb"\\\ud800", "\\\ufffd"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
def test_half_a_surrogate_pair_is_replaced(storage: Storage, sent: bytes, kept: str, path: str) -> None:
    event = track(b'{"a":"' + sent + b'"}')

    knock(storage, path, event if path == "/v1/track" else b'{"batch":[%b]}' % event, headers=basic())

    assert storage.events[0].payload["properties"] == {"a": kept}


def test_a_gzip_bomb_is_refused_before_it_is_inflated(storage: Storage) -> None:
    squeezed = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(squeezed.compress(bytes(MEGABYTE)) for _ in range(1024)) + squeezed.flush()
    assert len(bomb) < 2 * MEGABYTE

    tracemalloc.start()
    started = time.perf_counter()
    answer = refused(storage, bomb, content_encoding="gzip")
    spent, (_, peak) = time.perf_counter() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert answer == (413, "request_too_large")
    assert spent < 1
    assert peak < 32 * MEGABYTE


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(json.dumps(TRACK).encode())[:-9],
        gzip.compress(json.dumps(TRACK).encode())[:5],
        gzip.compress(json.dumps(TRACK).encode()) * 2,
        b"\x1f\x8bnot gzip at all",
    ],
    ids=["truncated", "header only", "two members", "not gzip"],
)
def test_broken_gzip_is_refused(storage: Storage, body: bytes) -> None:
    assert refused(storage, body) == (400, "bad_gzip")


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_other_encodings_are_refused(storage: Storage, encoding: str) -> None:
    assert refused(storage, TRACK, content_encoding=encoding) == (415, "unsupported_encoding")


@pytest.mark.parametrize(
    ("length", "answer"),
    [
        ("10", NOT_JSON),
        ("1000", (400, "body_cut")),
        ("999999999", (413, "request_too_large")),
        ("-1", (400, "bad_length")),
        ("1e3", (400, "bad_length")),
        ("9" * 5000, (400, "bad_length")),
        ("", (400, "empty_body")),
    ],
)
def test_a_lying_content_length_is_seen(storage: Storage, length: str, answer: tuple[int, str]) -> None:
    assert refused(storage, TRACK, content_length=length) == answer


def test_a_chunked_body_needs_no_length(storage: Storage) -> None:
    headers = {"content-length": "", "transfer-encoding": "chunked"} | basic()

    assert knock(storage, "/v1/track", TRACK, headers=headers).status == 200
    assert knock(storage, "/v1/track", b" " * 5 * MEGABYTE, headers=headers).status == 413


def test_a_connection_that_breaks_is_no_error_of_ours(storage: Storage) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    door = Door(accept=storage.accept)
    reply = handle("POST", "/v1/t", "", {"content-length": "9"}, Broken(), "", door=door)

    assert (reply.status, reply.code) == (400, "body_cut")


@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
def test_no_key_is_refused(storage: Storage, path: str) -> None:
    body = TRACK if path == "/v1/track" else {"batch": [TRACK]}

    reply = knock(storage, path, body)

    message = (
        "The request has no write key. Send it as the user of HTTP Basic, as X-Write-Key or as writeKey."
    )
    assert reply.status == 401
    assert said(reply) == failure("Unauthorized", "missing_write_key", message)
    assert storage.events == []


def test_a_batch_of_rubbish_without_a_key_is_refused_for_the_key(storage: Storage) -> None:
    assert knock(storage, "/v1/batch", {"batch": [5, 6]}).code == "missing_write_key"


def test_an_element_without_a_key_is_refused_alone(storage: Storage) -> None:
    body = {"batch": [TRACK | {"writeKey": KEY}, TRACK, TRACK | {"writeKey": "not a key"}]}

    reply = knock(storage, "/v1/batch", body)

    codes = [error["code"] for error in said(reply)["errors"]]  # type: ignore[attr-defined]
    assert (reply.status, codes) == (200, ["missing_write_key", "invalid_write_key"])
    assert len(storage.events) == 1


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        ("nobody", 401, "unknown_write_key"),
        ("revoked", 401, "revoked_write_key"),
        ("disabled", 403, "pipeline_disabled"),
        ("k:***", 401, "unknown_write_key"),
        ("two words", 401, "invalid_write_key"),
        ("x" * 129, 401, "invalid_write_key"),
        ("schlüssel", 401, "invalid_write_key"),
    ],
)
def test_a_bad_key_is_refused(storage: Storage, key: str, status: int, code: str) -> None:
    reply = knock(storage, "/v1/track", TRACK, headers=basic(key))

    assert (reply.status, reply.code) == (status, code)
    assert storage.events == []


@pytest.mark.parametrize("value", ["k:***", 5, ["a"], {"a": 1}])
def test_a_malformed_key_in_the_body_is_refused(storage: Storage, value: object) -> None:
    assert knock(storage, "/v1/track", TRACK | {"writeKey": value}).code == "invalid_write_key"


@pytest.mark.parametrize("credentials", ["!!!", "é", "YQ==YQ==", "/w=="])
def test_broken_basic_credentials_are_refused(storage: Storage, credentials: str) -> None:
    reply = knock(storage, "/v1/track", TRACK, headers={"authorization": f"Basic {credentials}"})

    assert (reply.status, reply.code) == (401, "invalid_write_key")


@pytest.mark.parametrize(("status", "code"), [(429, "too_many_requests"), (503, "unavailable")])
def test_busy_storage_says_when_to_come_back(storage: Storage, status: int, code: str) -> None:
    storage.failure = Busy(status, 1.2, "Not now.")

    reply = knock(storage, "/v1/track", TRACK, headers=basic())

    assert (reply.status, reply.code, reply.headers["Retry-After"]) == (status, code, "2")


def test_a_failing_storage_is_503_and_logged(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    storage.failure = RuntimeError("no connection")

    reply = knock(storage, "/v1/batch", {"batch": [TRACK]}, headers=basic())

    assert (reply.status, reply.code, reply.headers["Retry-After"]) == (503, "unavailable", "5")
    assert "Events were not stored" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/track", 405, "method_not_allowed"),
        ("PUT", "/v1/batch", 405, "method_not_allowed"),
        ("POST", "/v1/pixel/track", 200, "method_not_allowed"),
        ("POST", "/v1/nothing", 404, "not_found"),
        ("OPTIONS", "/v1/nothing", 404, "not_found"),
    ],
)
def test_other_paths_and_methods_are_refused(
    storage: Storage, method: str, path: str, status: int, code: str
) -> None:
    reply = knock(storage, path, TRACK, method=method, headers=basic())

    assert (reply.status, reply.code) == (status, code)
    assert storage.events == []
