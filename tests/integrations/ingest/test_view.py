"""The same doors through Django."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import URLResolver
from django.urls.resolvers import RegexPattern

from integrations.ingest import urls, views
from integrations.ingest.door import Door
from integrations.ingest.request import HEADERS, headers_of
from integrations.ingest.routes import ROUTES
from tests.integrations.ingest.doors import KEY, TRACK, Storage, basic

BASIC = basic()["authorization"]


@pytest.fixture(autouse=True, scope="module")
def django() -> None:
    if not settings.configured:
        settings.configure(DEFAULT_CHARSET="utf-8", ALLOWED_HOSTS=["testserver"])


@pytest.fixture(autouse=True)
def door(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(views, "door", lambda: Door(accept=storage.accept))
    yield


def post(path: str, body: bytes, content_type: str = "application/json", **environ: str) -> HttpResponse:
    request = RequestFactory().generic("POST", path, body, content_type, **environ)  # type: ignore[arg-type]
    return views.ingest_view(request)


def test_an_event_is_stored(storage: Storage) -> None:
    answer = post("/v1/track", json.dumps(TRACK).encode(), HTTP_AUTHORIZATION=BASIC)

    assert (answer.status_code, answer.content) == (200, b'{"success": true}')
    assert answer["Content-Type"] == "application/json"
    assert storage.facts is not None
    assert storage.facts.ip == "127.0.0.1"
    assert len(storage.events) == 1


def test_gzip_that_is_called_a_form_is_no_form(storage: Storage) -> None:
    body = gzip.compress(json.dumps({"batch": [TRACK]}).encode())

    answer = post(
        "/v1/batch",
        body,
        "application/x-www-form-urlencoded",
        HTTP_AUTHORIZATION=BASIC,
        HTTP_CONTENT_ENCODING="gzip",
    )

    assert answer.status_code == 200
    assert len(storage.events) == 1


def test_a_beacon_has_its_key_in_the_query(storage: Storage) -> None:
    body = json.dumps({"batch": [TRACK]}).encode()

    answer = post(f"/beacon/v1/batch?writeKey={KEY}", body, "text/plain", HTTP_ORIGIN="https://shop.example")

    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"


def test_a_pixel_is_an_image(storage: Storage) -> None:
    data = base64.urlsafe_b64encode(json.dumps(TRACK).encode()).decode()

    answer = views.ingest_view(RequestFactory().get("/v1/pixel/track", {"writeKey": KEY, "data": data}))

    assert answer["Content-Type"] == "image/gif"
    assert len(storage.events) == 1


@pytest.mark.parametrize(("header", "name"), HEADERS.items())
def test_every_header_reaches_the_doors(header: str, name: str) -> None:
    assert headers_of({header: "value", "HTTP_COOKIE": "a=b"}) == {name: "value"}


def test_too_much_is_413_and_not_djangos_400(storage: Storage) -> None:
    assert post("/v1/track", b" " * 5_000_000, HTTP_AUTHORIZATION=BASIC).status_code == 413


def test_a_body_shorter_than_declared_is_400(storage: Storage) -> None:
    answer = post("/v1/track", b'{"event"', CONTENT_LENGTH="8")

    assert answer.status_code == 400


def test_another_encoding_is_415() -> None:
    assert post("/v1/track", b"{}", HTTP_CONTENT_ENCODING="br").status_code == 415


def test_no_token_against_forged_forms_is_asked() -> None:
    assert views.ingest_view.csrf_exempt is True  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", [path + slash for path in ROUTES for slash in ("", "/")])
def test_every_path_leads_to_the_view(path: str) -> None:
    resolver = URLResolver(RegexPattern(r"^/"), urls.urlpatterns)

    assert resolver.resolve(path).func is views.ingest_view
