"""Images: an event in the query, always a GIF back."""

from __future__ import annotations

import base64
import json

import pytest

from integrations.ingest.reply import Reply
from tests.integrations.ingest.doors import KEY, TRACK, Storage, knock

PATHS = ("/v1/pixel/track", "/pixel/v1/track")


def see(storage: Storage, query: str, path: str = "/v1/pixel/track") -> Reply:
    reply = knock(storage, path, method="GET", query=query)

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "image/gif"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.body.startswith(b"GIF89a\x01\x00\x01\x00")
    assert reply.body.endswith(b";")
    assert len(reply.body) == 43
    return reply


@pytest.mark.parametrize("path", [*PATHS, "/pixel/v1/track/"])
def test_flat_parameters_with_dots_are_an_event(storage: Storage, path: str) -> None:
    deep = "properties.subject=Caf%C3%A9&context.page.url=https%3A%2F%2Fa.example"
    query = f"writeKey={KEY}&userId=u1&event=Email+Opened&{deep}"

    reply = see(storage, query, path)

    assert "X-Refused" not in reply.headers
    (event,) = storage.events
    assert event.name == "Email Opened"
    assert event.payload["properties"] == {"subject": "Café"}
    assert event.payload["context"] == {"page": {"url": "https://a.example"}}


def test_bytes_that_were_not_escaped_are_utf8(storage: Storage) -> None:
    see(storage, f"writeKey={KEY}&userId=u&event=" + "Café".encode().decode("latin-1"))

    assert storage.events[0].name == "Café"


def test_a_page_needs_no_name(storage: Storage) -> None:
    see(storage, f"writeKey={KEY}&anonymousId=a1", "/v1/pixel/page")

    assert storage.events[0].type == "page"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, bytes])
def test_data_is_json_plain_or_in_base64(storage: Storage, encode: type[bytes]) -> None:
    data = encode(json.dumps(TRACK | {"writeKey": KEY, "x": "??>>"}).encode()).decode().rstrip("=")

    see(storage, f"data={data}".replace("?", "%3F"))

    assert storage.events[0].payload["x"] == "??>>"


def test_a_parameter_wins_over_data(storage: Storage) -> None:
    see(storage, f'writeKey={KEY}&data={{"userId":"u","event":"A","properties":5}}&event=B&properties.a=1')

    assert storage.events[0].name == "B"
    assert storage.events[0].payload["properties"] == {"a": "1"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "missing_write_key"),
        ("writeKey=nobody&userId=u&event=E", "unknown_write_key"),
        (f"writeKey={KEY}&event=E", "missing_id"),
        (f"writeKey={KEY}&userId=u&event=E%00", "nul_character"),
        (f"writeKey={KEY}&userId=u&event=E&{'a.' * 40}a=1", "too_deep"),
        (f"writeKey={KEY}&data=!!!", "bad_data"),
        (f"writeKey={KEY}&data=NQ==", "not_object"),
        (f"writeKey={KEY}&data={{", "not_json"),
        ("a=1&" * 9000, "event_too_large"),
        ("a=1&" * 2000, "missing_write_key"),
    ],
)
def test_a_refused_pixel_is_an_image_all_the_same(storage: Storage, query: str, code: str) -> None:
    assert see(storage, query).headers["X-Refused"] == code
    assert storage.events == []


def test_also_when_storing_fails(storage: Storage) -> None:
    storage.failure = RuntimeError("no connection")

    assert see(storage, f"writeKey={KEY}&userId=u&event=E").headers["X-Refused"] == "unavailable"
