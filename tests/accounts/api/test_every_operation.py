"""What holds for every operation of every app, by the OpenAPI document."""

import re
from uuid import UUID

import pytest
from drf_spectacular.generators import SchemaGenerator

from accounts.core.permissions import ALL_PERMISSIONS
from accounts.models import AuditEntry
from tests.accounts.api.calls import Api, api_of

NONE = str(UUID(int=0))
SOME = {"string": NONE, "integer": "0"}
OTHER = {"revision": "0", "slug": "nobody", "number": "0"}  # path parameters that are text and no ids
LISTS = ("/revisions",)  # lists under a parent, which are empty when there is no such parent


def every_operation():
    document = SchemaGenerator().get_schema(request=None, public=True)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            permissions = re.findall(r"Permission: `([a-z_]+:[a-z_]+)`", operation["description"])
            yield pytest.param(method.upper(), filled(path, operation), permissions, id=f"{method} {path}")


def filled(path, operation):
    for one in operation.get("parameters", ()):
        if one["in"] == "path":
            value = OTHER.get(one["name"]) or SOME[one["schema"]["type"]]
            path = path.replace(f"{{{one['name']}}}", value)
    return path


EVERY = list(every_operation())


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "permissions"), EVERY)
def test_it_needs_a_token(method, path, permissions):
    for api in (Api(), Api("nonsense")):
        answer = api.call(method, path, {} if method in {"POST", "PATCH", "PUT"} else None)

        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path", "permissions"), [one for one in EVERY if one.values[2]])
def test_it_needs_its_permission(organization, method, path, permissions):
    scopes = ALL_PERMISSIONS - set(permissions)
    api = api_of(organization, *scopes)
    before = AuditEntry.objects.count()

    answer = api.call(method, path, {} if method in {"POST", "PATCH", "PUT"} else None)

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert answer.json()["detail"] == f"This needs the permission {permissions[0]}."
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("method", "path", "permissions"),
    [one for one in EVERY if NONE in one.values[1] and not one.values[1].endswith(LISTS)],
)
def test_a_row_that_is_not_there_is_not_found(api, method, path, permissions):
    answer = api.call(method, path, {} if method in {"POST", "PATCH", "PUT"} else None)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "permissions"), [one for one in EVERY if one.values[0] in {"POST", "PATCH", "PUT"}]
)
def test_an_unknown_member_is_refused_or_its_row_is_not_there(api, method, path, permissions):
    answer = api.call(method, path, {"no_such_member": 1})

    assert answer.status_code in {400, 404}
    if answer.status_code == 400:
        assert "#/no_such_member" in [one["pointer"] for one in answer.json()["errors"]]
