"""What browsers are told with every page and answer, and that a write without a CSRF token writes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.walks.operations import SUBJECTS, Operation, every_operation
from tests.walks.test_isolation import addresses, registered
from tests.walks.world import World, counts

OPEN_PATHS = (
    "/account/sign-in/",
    "/api/v1/docs/",
    "/api/v1/openapi.json",
    "/api/v1/nothing-here",
    "/nowhere",
)


def signed_in(world: World, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(world.member.user)
    return client


def unsafe(answer: Any) -> list[str]:
    """What is missing in an answer's headers."""
    headers = answer.headers
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers.get("Content-Security-Policy", "").split(";")
    )
    expected = {
        "default-src": policy.get("default-src") == "'none'",
        "frame-ancestors": policy.get("frame-ancestors") == "'none'",
        "base-uri": policy.get("base-uri") == "'none'",
        "form-action": policy.get("form-action") == "'self'",
        "no inline script": "'unsafe-inline'" not in policy.get("script-src", "'unsafe-inline'"),
        "X-Frame-Options": headers.get("X-Frame-Options") == "DENY",
        "X-Content-Type-Options": headers.get("X-Content-Type-Options") == "nosniff",
        "Referrer-Policy": headers.get("Referrer-Policy") == "same-origin",
    }
    return [name for name, is_there in expected.items() if not is_there]


def path_of(world: World, operation: Operation) -> str:
    if operation.resource == "vendors":
        return operation.on(world.revision)
    return operation.on(world.row(SUBJECTS[operation.resource]) if operation.is_of_a_row else None)


def send(client: Client, world: World, operation: Operation) -> Any:
    body = operation.body(world.ours)
    raw = b"" if body is None else json.dumps(body).encode()
    return client.generic(operation.method, path_of(world, operation), raw, content_type="application/json")


def test_every_admin_page_tells_the_browser_what_is_safe(world: World) -> None:
    client = signed_in(world)
    paths = [reverse("admin:index"), *(path for model in registered() for path in addresses(world, model))]

    missing = {path: told for path in paths if (told := unsafe(client.get(path)))}

    assert len(paths) > 6 * len(registered())
    assert missing == {}


def test_every_answer_of_the_api_tells_the_browser_what_is_safe(world: World) -> None:
    client = signed_in(world)
    reads = [one for one in every_operation() if not one.writes]

    missing = {one.path: told for one in reads if (told := unsafe(client.get(path_of(world, one))))}
    missing |= {path: told for path in OPEN_PATHS if (told := unsafe(Client().get(path)))}

    assert missing == {}


@pytest.mark.parametrize("token", [None, "x" * 32], ids=["without a token", "with a wrong one"])
def test_a_session_writes_nothing_by_the_api_without_its_csrf_token(world: World, token: str | None) -> None:
    client = signed_in(world, enforce_csrf_checks=True, headers={"X-CSRFToken": token} if token else {})
    before, number = world.state(), counts()
    writes = [one for one in every_operation() if one.writes]

    answers = {one.id: send(client, world, one) for one in writes}

    assert {answer.status_code for answer in answers.values()} == {403}
    assert {answer.headers["Content-Type"] for answer in answers.values()} == {"application/problem+json"}
    assert {path: told for path, answer in answers.items() if (told := unsafe(answer))} == {}
    assert all("CSRF" in answer.json()["detail"] for answer in answers.values())
    assert (world.state(), counts()) == (before, number)


def test_the_admin_takes_no_form_without_its_csrf_token(world: World) -> None:
    client = signed_in(world, enforce_csrf_checks=True)
    before, number = world.state(), counts()
    values = {"post": "yes", "_form_submitted": "on", "name": "Mine", "email": "new@new.example"}

    paths = [path for model in admin.site._registry for path in addresses(world, model)]
    answers = {path: client.post(path, values) for path in paths}

    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 403} == {}
    assert {path: told for path, answer in answers.items() if (told := unsafe(answer))} == {}
    assert (world.state(), counts()) == (before, number)


def test_the_same_writes_go_through_with_a_csrf_token(world: World) -> None:
    """The refusals above are about the token."""
    client = signed_in(world, enforce_csrf_checks=True)
    client.get(reverse("admin:integrations_cluster_add"))
    client.defaults["HTTP_X_CSRFTOKEN"] = client.cookies["csrftoken"].value
    create = next(one for one in every_operation() if one.id == "clusters_create")
    pause = reverse("admin:integrations_destination_pause", args=[world.ours.destinations["Waiting"].id])

    assert send(client, world, create).status_code == 201
    assert client.post(pause, {"_form_submitted": "on"}).status_code in (200, 302)
