"""Errors are problems, whatever goes wrong."""

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from accounts.models import Organization
from accounts.services import organizations as service
from tests.accounts.api.calls import Api, api_of, codes


def problem(response, status, code):
    body = response.json()
    assert response.status_code == status, body
    assert response.headers["Content-Type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail", "instance", "code", "errors"}
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:s2sadmin:problem:{code}")
    return body


def test_a_row_that_is_not_there(api):
    path = "/api/v1/organizations/00000000-0000-0000-0000-000000000000"

    body = problem(api.get(path), 404, "not_found")

    assert body == {
        "type": "urn:s2sadmin:problem:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing here that you may see. Check the id, and the path: no slash ends it.",
        "instance": path,
        "code": "not_found",
        "errors": [],
    }


@pytest.mark.parametrize("path", ["nothing", "nothing/at/all/", "organizations/", "docs"])
def test_a_path_that_leads_nowhere(api, path):
    problem(api.get(path), 404, "not_found")
    problem(Api().post(path, {}), 404, "not_found")


def test_an_id_that_is_none(api):
    problem(api.get("organizations/nonsense"), 404, "not_found")
    problem(api.get("members/nonsense"), 404, "not_found")
    problem(api.get("members/99999999999999999999999"), 404, "not_found")


def test_a_method_that_is_not_there(api):
    answer = api.call("PUT", "organizations", {})

    problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


def test_options_is_no_method(api):
    problem(api.call("OPTIONS", "organizations"), 405, "method_not_allowed")


def test_a_body_that_is_no_json(organization, api):
    body = problem(api.patch(f"organizations/{organization.pk}", b'{"name": '), 400, "parse_error")

    assert body["detail"].startswith("JSON parse error")


@pytest.mark.parametrize(
    "raw", [b'{"name": NaN}', b"\xff", b'{"name": "a\\u0000b"}', b'{"name": "\\ud800"}', b"[" * 200_000]
)
def test_a_body_that_cant_be_kept(organization, api, raw):
    problem(api.patch(f"organizations/{organization.pk}", raw), 400, "parse_error")
    assert Organization.objects.get(pk=organization.pk).name == "Shop"


def test_a_body_that_nests_too_deep(organization, api):
    raw = b'{"name": ' + b"[" * 40 + b"]" * 40 + b"}"

    body = problem(api.patch(f"organizations/{organization.pk}", raw), 400, "parse_error")

    assert body["detail"] == "The body is nested deeper than 32 levels."


def test_a_body_that_is_no_object(organization, api):
    assert codes(api.patch(f"organizations/{organization.pk}", ["name"])) == {"#": "invalid"}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type(organization, api, content_type):
    answer = api.patch(f"organizations/{organization.pk}", b"name=New", content_type=content_type)

    body = problem(answer, 415, "unsupported_media_type")
    assert body["detail"] == "Send the body as application/json."


def test_a_body_that_is_too_large(organization, api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    problem(api.patch(f"organizations/{organization.pk}", {"name": "x" * 200}), 413, "too_large")


def test_an_answer_that_is_not_json(api):
    problem(api.get("organizations", Accept="text/html"), 406, "not_acceptable")


def test_members_of_a_body_are_pointed_at(organization, api):
    answer = api.patch(f"organizations/{organization.pk}", {"name": "", "slug": "No Slug"})

    body = problem(answer, 400, "invalid")
    assert body["detail"] == "2 things are not right (name, slug): see errors."
    assert body["errors"] == [
        {"pointer": "#/name", "detail": "name is empty: give a value.", "code": "blank"},
        {
            "pointer": "#/slug",
            "detail": 'Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.',
            "code": "invalid",
        },
    ]


def test_a_refusal_names_the_member_and_what_it_can_be(api):
    missing = problem(api.post("invitations", {"email": "a@shop.example"}), 400, "invalid")
    other = problem(api.post("invitations", {"email": "a@shop.example", "role": "boss"}), 400, "invalid")
    shape = problem(api.post("tokens", {"name": "t", "scopes": "read:pipeline"}), 400, "invalid")

    assert missing["detail"] == "role is missing: give it."
    assert other["detail"] == (
        '"boss" is none of: admin, deployment_manager, integration_manager, read_only.'
    )
    assert shape["detail"] == "scopes is a list: put what you give in [ ]."


def test_a_body_that_is_no_object_is_told_so(api):
    body = problem(api.post("invitations", ["a@shop.example"]), 400, "invalid")

    assert body["detail"] == "The body is a JSON object, such as the docs page shows."


def test_a_refused_filter_says_what_it_can_be(api):
    role = problem(api.get("members?role=boss"), 400, "invalid")
    since = problem(api.get("audit?since=yesterday"), 400, "invalid")

    assert role["detail"] == ("Give one of: admin, deployment_manager, integration_manager, read_only.")
    assert since["detail"] == "Give a time such as 2026-11-21T12:00:00Z."


def test_elements_of_a_list_are_pointed_at(api):
    answer = api.post("tokens", {"name": "t", "scopes": ["read:organization", ["no"]]})

    assert codes(answer) == {"#/scopes/1": "invalid"}


def test_unknown_members_are_refused(organization, api):
    answer = api.patch(f"organizations/{organization.pk}", {"name": "New", "nmae": 1, "a/b~c": 2})

    assert codes(answer) == {"#/nmae": "unknown", "#/a~1b~0c": "unknown"}
    assert answer.json()["errors"][0]["detail"] == (
        "nmae is unknown, or can't be set here. There are: name, slug, auto_deploys, event_days, "
        "attempt_days."
    )
    assert Organization.objects.get(pk=organization.pk).name == "Shop"


def test_members_that_are_only_read_are_refused(organization, api):
    answer = api.patch(f"organizations/{organization.pk}", {"id": str(organization.pk)})

    assert codes(answer) == {"#/id": "unknown"}


def test_what_a_service_refuses_is_pointed_at(organization, api):
    answer = api.post("tokens", {"name": "t", "scopes": ["fly:moon"]})

    body = problem(answer, 400, "invalid")
    assert body["errors"] == [
        {
            "pointer": "#/scopes",
            "detail": "There is no permission fly:moon. GET /api/v1/permissions lists them.",
            "code": "invalid",
        }
    ]
    assert body["detail"] == body["errors"][0]["detail"]


def test_a_parameter_that_is_not_known(api):
    answer = api.get("organizations?nmae=x")

    body = problem(answer, 400, "invalid")
    assert body["errors"] == [
        {"parameter": "nmae", "detail": "Unknown. There are: cursor, limit, slug.", "code": "unknown"}
    ]


def test_a_filter_that_is_not_well_formed(api):
    answer = api.get("members?organization=x&role=king")

    assert set(codes(answer)) == {"organization", "role"}


@pytest.mark.parametrize("query", ["role=", "organization=", "email="])
def test_an_empty_filter_is_not_taken_for_none(api, query):
    body = problem(api.get(f"members?{query}"), 400, "invalid")

    assert body["errors"][0]["detail"] == "Give a value, or leave it out."


@pytest.mark.parametrize("value", ["null", "yes", "nonsense", "TRUE"])
def test_a_filter_that_is_neither_true_nor_false(api, value):
    assert codes(api.get(f"tokens?revoked={value}")) == {"revoked": "invalid"}


def test_a_bug_tells_nothing_and_is_logged(organization, api, monkeypatch, caplog):
    def broken(*args, **kwargs):
        Organization.objects.create(name="Half", slug="half")
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr("accounts.api.organizations.change_organization", broken)
    api.client = Client(raise_request_exception=False)

    answer = api.patch(f"organizations/{organization.pk}", {"name": "New"})

    body = problem(answer, 500, "internal_error")
    assert "secret" not in answer.content.decode()
    assert body["detail"].startswith("This is a bug or an outage, and it is logged.")
    assert "the secret is 42" in caplog.text
    assert not Organization.objects.filter(slug="half").exists()


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_asks_for_a_repeat_and_is_logged(
    organization, api, monkeypatch, caplog, error
):
    def away(*args, **kwargs):
        raise error("the server at 10.0.0.7 closed the connection")

    monkeypatch.setattr("accounts.api.organizations.change_organization", away)
    api.client = Client(raise_request_exception=False)

    answer = api.patch(f"organizations/{organization.pk}", {"name": "New"})

    body = problem(answer, 503, "unavailable")
    assert answer["Retry-After"] == "2"
    assert "10.0.0.7" not in body["detail"]
    assert "10.0.0.7" in caplog.text


def test_two_who_take_the_same_slug_at_once(organization, other, api, monkeypatch):
    monkeypatch.setattr(service.Organization, "full_clean", lambda self: None)
    monkeypatch.setattr("rest_framework.validators.UniqueValidator.__call__", lambda *args: None)

    answer = api.patch(f"organizations/{organization.pk}", {"slug": "other"})

    problem(answer, 409, "conflict")
    assert Organization.objects.get(pk=organization.pk).slug == "shop"


def test_a_missing_scope(organization):
    problem(api_of(organization, "read:token").get("members"), 403, "permission_denied")


@pytest.mark.parametrize("charset", ["hex", "zlib_codec", "rot13", "undefined", "no-such-charset", "utf-16"])
def test_a_charset_that_is_no_texts_is_not_listened_to(api, charset):
    content_type = f"application/json; charset={charset}"

    assert api.call("GET", "audit?search=x", content_type=content_type).status_code == 200
    assert api.call("POST", "tokens", b'{"name": 1', content_type=content_type).status_code == 400
