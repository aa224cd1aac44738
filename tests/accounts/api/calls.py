"""A client of the API as programs are: a bearer token, JSON in and out."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.core.permissions import ALL_PERMISSIONS, Role
from accounts.core.principal import system
from accounts.models import Member, Organization, User
from accounts.services.tokens import issue_token

BY = system("a test")


class Api:
    """Calls paths under /api/v1/ with a token, or with none."""

    def __init__(self, token: str = "", *, client: Client | None = None, **headers: str) -> None:
        self.client = client or Client()
        self.headers = headers | ({"Authorization": f"Bearer {token}"} if token else {})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """`body` is JSON, or bytes as they are; underscores of header names become dashes."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.client.generic(
            method,
            path if path.startswith(("/", "http")) else f"/api/v1/{path}",
            raw,
            headers.pop("content_type", "application/json"),
            headers=self.headers | {name.replace("_", "-"): value for name, value in headers.items()},
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.call("DELETE", path, **headers)


def token_of(organization: Organization, *scopes: str, **options: Any) -> str:
    """The text of a token with these scopes; with all when none are named."""
    _, text = issue_token(BY, organization, name="test", scopes=scopes or ALL_PERMISSIONS, **options)
    return text


def api_of(organization: Organization, *scopes: str, **options: Any) -> Api:
    return Api(token_of(organization, *scopes, **options))


def add_member(organization: Organization, email: str, role: Role = Role.ADMIN) -> Member:
    user = User.objects.create_user(email, is_staff=True)
    return Member.objects.create(organization=organization, user=user, role=role)


def codes(response: HttpResponse) -> dict[str, str]:
    """The places that a problem blames, with their codes."""
    return {one.get("pointer", one.get("parameter")): one["code"] for one in response.json()["errors"]}


def signed_in(user: User) -> Api:
    """The user's own session, without CSRF checks."""
    client = Client()
    client.force_login(user)
    return Api(client=client)
