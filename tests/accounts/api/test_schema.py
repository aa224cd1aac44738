"""The OpenAPI document and its docs page."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from accounts.core.permissions import ALL_PERMISSIONS

ROOT = Path(__file__).resolve().parents[3]
COMMITTED = ROOT / "docs" / "openapi.json"
REFRESH = ".venv/bin/python manage.py spectacular --format openapi-json --file docs/openapi.json"


@pytest.fixture(scope="module")
def document():
    text = StringIO()
    call_command("spectacular", format="openapi-json", fail_on_warn=True, validate=True, stdout=text)
    return json.loads(text.getvalue())


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", method, operation


def test_the_committed_document_is_current(document):
    assert json.loads(COMMITTED.read_text()) == document, f"Refresh it: {REFRESH}"


def test_it_is_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    assert document["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "s2s_<prefix>_<secret>"}
    }


def test_every_operation_has_a_name_a_tag_and_a_way_in(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(names) == len(set(names)) > 15
    for name, _, operation in operations(document):
        assert operation["tags"], name
        assert operation["security"] == [{"bearer": []}], name
        assert operation["description"], name


def test_every_operation_names_a_permission_of_the_matrix(document):
    free = ("me_retrieve", "permissions_retrieve", "personal_tokens_")

    for name, _, operation in operations(document):
        if operation["operationId"].startswith(free):
            continue
        told = re.findall(r"Permission: `([a-z_]+:[a-z_]+)`", operation["description"])
        assert told and set(told) <= ALL_PERMISSIONS, name


def test_every_operation_tells_its_problems(document):
    for name, method, operation in operations(document):
        expected = {"400", "401", "403", "404", "429", "500"}
        if method != "get":
            expected |= {"409", "412", "415", "422"}
            assert "Idempotency-Key" in [one["name"] for one in operation["parameters"]], name
        assert expected <= set(operation["responses"]), name
    content = document["components"]["responses"]["Problem404"]["content"]
    assert list(content) == ["application/problem+json"]


def test_bodies_say_that_nothing_else_is_taken(document):
    requests = [name for name in document["components"]["schemas"] if name.endswith("Request")]

    assert "TokenRequest" in requests
    for name in requests:
        assert document["components"]["schemas"][name]["additionalProperties"] is False


def test_it_is_served_as_json_and_yaml(document, db):
    as_json, as_yaml = Client().get("/api/v1/openapi.json"), Client().get("/api/v1/openapi.yaml")

    assert as_json.json() == document
    assert yaml.safe_load(as_yaml.content)["paths"].keys() == document["paths"].keys()


def test_the_docs_page_needs_no_network(db):
    page = Client().get("/api/v1/docs/")
    html = page.content.decode()
    script = Client().get(re.search(r'src="(/api/v1/docs/\?script[^"]*)"', html)[1]).content.decode()
    files = re.findall(r'(?:src|href)="([^"]+)"', html)

    assert not re.search(r"https?:|//[a-z]", html)
    assert not re.search(r"https?://", script)
    assert len(files) >= 4
    for file in files:
        answer = Client().get(file)
        assert (answer.status_code, bool(answer.getvalue())) == (200, True), file
        answer.close()


def test_the_docs_page_keeps_to_the_policy(db):
    page = Client().get("/api/v1/docs/")

    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "<script>" not in page.content.decode()
