"""Whatever comes in, there is an answer, and it is never the server's fault."""

from __future__ import annotations

import base64
import gzip
import json

from hypothesis import given
from hypothesis import strategies as st

from integrations.ingest.request import HEADERS
from integrations.ingest.routes import ROUTES
from tests.integrations.ingest.doors import KEY, TRACK, Storage, knock

PATHS = st.sampled_from([*ROUTES, "/v1/t/", "/"])
METHODS = st.sampled_from(["POST", "POST", "POST", "GET", "OPTIONS", "HEAD", ""])
HEADER_SETS = st.dictionaries(
    st.sampled_from(list(HEADERS.values())),
    st.text() | st.sampled_from(["gzip", "Basic ", "Basic a2V5", "Bearer key", "1", "chunked"]),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
IDS = ("userId", "anonymousId", "groupId", "previousId", "messageId", "writeKey")
TIMES = ("timestamp", "originalTimestamp", "sentAt")
FIELDS = st.sampled_from([*IDS, *TIMES, "type", "event", "name", "context", "properties", "traits"])
EVENTS = st.dictionaries(FIELDS, JSON_VALUES).map(lambda fields: TRACK | fields)


@given(PATHS, METHODS, st.text(), HEADER_SETS, st.binary() | st.binary().map(gzip.compress))
def test_bytes(path: str, method: str, query: str, headers: dict[str, str], body: bytes) -> None:
    reply = knock(Storage(), path, body, method=method, query=query, headers=headers)

    assert 200 <= reply.status < 500


@given(PATHS, st.lists(EVENTS | JSON_VALUES), st.booleans())
def test_events(path: str, elements: list[object], batch: bool) -> None:
    body = {"batch": elements, "writeKey": KEY} if batch or not elements else elements[0]

    reply = knock(Storage(), path, body, headers={"x-write-key": KEY})

    assert 200 <= reply.status < 500


@given(EVENTS, st.text())
def test_pixels(event: dict[str, object], extra: str) -> None:
    data = base64.b64encode(json.dumps(event).encode()).decode()
    query = f"writeKey={KEY}&data={data}&{extra}"

    reply = knock(Storage(), "/v1/pixel/track", method="GET", query=query)

    assert reply.headers.get("X-Refused") != "unavailable"


@given(st.text(alphabet='ab{}[]"\\u0d89:,1e ', max_size=60))
def test_almost_json(text: str) -> None:
    reply = knock(Storage(), "/v1/batch", b'{"batch":[' + text.encode() + b"]}", headers={"x-write-key": KEY})

    assert 200 <= reply.status < 500
