"""Browsers of any site may send, and read the answer."""

from __future__ import annotations

import pytest

from integrations.ingest.cors import ALLOWED_HEADERS
from integrations.ingest.routes import ROUTES
from tests.integrations.ingest.doors import TRACK, Storage, basic, knock

SITE = "https://shop.example"
EVERY_ANSWER = {
    "Access-Control-Allow-Origin": SITE,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "Retry-After",
    "Vary": "Origin",
}


@pytest.mark.parametrize("path", [path + slash for path in ROUTES for slash in ("", "/")])
def test_every_path_answers_a_preflight_without_a_key(storage: Storage, path: str) -> None:
    asked = "anonymousid,authorization,content-type,sentat,rsa-retry-attempt"
    headers = {"origin": SITE, "access-control-request-headers": asked}

    reply = knock(storage, path, method="OPTIONS", headers=headers)

    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers == EVERY_ANSWER | {
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": asked,
        "Access-Control-Max-Age": "7200",
    }


@pytest.mark.parametrize("asked", ["", "x\r\nSet-Cookie: a=b", "a," * 100, "é", "*"])
def test_odd_asked_headers_get_the_known_ones(storage: Storage, asked: str) -> None:
    headers = {"origin": SITE, "access-control-request-headers": asked}

    reply = knock(storage, "/v1/t", method="OPTIONS", headers=headers)

    assert reply.headers["Access-Control-Allow-Headers"] == ALLOWED_HEADERS


@pytest.mark.parametrize("headers", [{}, basic()], ids=["error", "success"])
def test_every_answer_may_be_read(storage: Storage, headers: dict[str, str]) -> None:
    reply = knock(storage, "/v1/t", TRACK, headers=headers | {"origin": SITE})

    assert EVERY_ANSWER.items() <= reply.headers.items()


@pytest.mark.parametrize("origin", ["", "https://a\r\nb", "é", "x" * 600])
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_no_origin_means_no_cors_headers(storage: Storage, origin: str, method: str) -> None:
    reply = knock(storage, "/v1/t", TRACK, method=method, headers=basic() | {"origin": origin})

    assert not reply.headers.keys() & EVERY_ANSWER.keys()
