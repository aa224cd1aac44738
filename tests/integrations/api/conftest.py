"""Callers of the API, by what their tokens may do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.core.permissions import Role, permissions_of
from accounts.core.principal import system
from accounts.models import Organization
from accounts.services.tokens import issue_token
from tests.integrations.admin.samples import Samples, make_samples


class Caller:
    """Asks the API with a token; answers have `.status_code` and `.json()`."""

    def __init__(self, token: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=True)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("post", path, body or {}, headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self._send("patch", path, body, headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.client.delete(f"/api/v1/{path}", headers=headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        send = getattr(self.client, method)
        return send(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)


Call = Callable[..., Caller]


def caller(organization: Organization, role: Role = Role.ADMIN, *, without: str = "") -> Caller:
    """A caller whose token has all that this role may do, but for one permission."""
    scopes = permissions_of(role) - {without}
    _, text = issue_token(system("a test"), organization, name=role.value, scopes=scopes)
    return Caller(text)


@pytest.fixture(autouse=True)
def _fresh(settings: Any) -> None:
    """A sandbox that nobody serves, and no throttle left over."""
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    cache.clear()


@pytest.fixture
def samples(db: None) -> Samples:
    return make_samples()


@pytest.fixture
def call(samples: Samples) -> Call:
    """`call(Role.READ_ONLY)`: a caller of the samples' organization."""
    return lambda role=Role.ADMIN, **options: caller(samples.organization, role, **options)


@pytest.fixture
def admin(call: Call) -> Caller:
    return call()


@pytest.fixture
def stranger(db: None) -> Caller:
    """An Admin's token of another organization, which has samples of its own."""
    return caller(make_samples("others", "Other shop").organization)


def told(answer: Any) -> dict[str, str]:
    """A refusal's sentences by where they point."""
    return {one.get("pointer") or one.get("parameter", ""): one["detail"] for one in answer.json()["errors"]}
