"""The short way to the doors: the same answers, before Django."""

import io
import json

import pytest

from integrations.ingest.wsgi import before
from tests.integrations.pipelines import key_of, make_pipeline, stored

pytestmark = pytest.mark.django_db


def call(path, body=b"", method="POST", **environ):
    """The application's answer: status line, headers, body; a path that is nobody's goes to the fallback."""
    answered = {}

    def start_response(status, headers):
        answered.update(status=status, headers=dict(headers))

    def fallback(environ, start_response):
        start_response("200 OK", [])
        return [b"django"]

    request = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        **environ,
    }
    answered["body"] = b"".join(before(fallback)(request, start_response))
    return answered


def test_an_event_is_stored_and_answered_without_django():
    pipeline = make_pipeline()
    event = {"writeKey": key_of(pipeline), "event": "Signed Up", "userId": "u-1"}

    answer = call("/v1/t", json.dumps(event).encode())

    assert answer["status"] == "200 OK"
    assert answer["body"] == b'{"success": true}'
    assert answer["headers"] == {"Content-Type": "application/json", "Content-Length": "17"}
    assert [row["name"] for row in stored(pipeline)] == ["Signed Up"]


def test_a_refusal_has_its_status_line():
    assert call("/v1/t", b"{}")["status"] == "401 Unauthorized"
    assert call("/v1/t", method="GET")["status"] == "405 Method Not Allowed"


def test_every_other_path_is_djangos():
    assert call("/admin/", method="GET")["body"] == b"django"
