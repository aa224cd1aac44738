"""The role matrix, row by row: an operation answers 403 exactly when the matrix says no."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.core.permissions import ALL_PERMISSIONS, MATRIX, Role, allows
from accounts.models import AuditEntry
from tests.integrations.admin.samples import make_user
from tests.walks.operations import EVENT, SUBJECTS, Operation, every_operation
from tests.walks.world import World, token_text

# Permissions that no operation names as its own, with where they are asked for.
INSIDE = {
    "live_test:destination": "POST destinations/{id}/test asks for it when `live` is true.",
    "read:events": "Nothing is refused without it: contents of events are masked.",
}
NO_ROUTE = {
    "erase:events": "Erasure has no route yet.",
}
FREE = {  # for whoever is signed in
    "me_retrieve",
    "permissions_retrieve",
    "personal_tokens_list",
    "personal_tokens_create",
    "personal_tokens_retrieve",
    "personal_tokens_destroy",
}

# As it is written, not as the product reads it.
ROLES = {"A": Role.ADMIN, "D": Role.DEPLOYMENT_MANAGER, "I": Role.INTEGRATION_MANAGER, "R": Role.READ_ONLY}
HEADINGS, *LINES = (line.split() for line in MATRIX.strip().splitlines())
SAYS_YES = {
    (line[0], ROLES[heading]): cell == "x"
    for line in LINES
    for heading, cell in zip(HEADINGS, line[1:], strict=True)
}


class Asker:
    """Somebody of `ours`; what they do is undone."""

    def __init__(self, world: World, client: Client) -> None:
        self.world, self.client = world, client

    def status(self, operation: Operation) -> int:
        """The answer's status to a right request on an own row."""
        row = self.world.row(SUBJECTS[operation.resource]) if operation.is_of_a_row else None
        if operation.resource == "vendors":
            row = self.world.revision
        return self.ask(operation.method, operation.on(row), operation.body(self.world.ours)).status_code

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        raw = b"" if body is None else json.dumps(body).encode()
        with transaction.atomic():
            answer = self.client.generic(method, path, raw, content_type="application/json")
            transaction.set_rollback(True)
        return answer

    @property
    def destination(self) -> str:
        return f"/api/v1/destinations/{self.world.ours.destinations['Waiting'].id}"

    def tests_live(self) -> Any:
        return self.ask("POST", f"{self.destination}/test", {**EVENT, "live": True, "confirm": "no"})

    def rotates(self) -> Any:
        return self.ask("PATCH", self.destination, {"settings": {"secret_key": "another"}})

    def sees_contents(self) -> Any:
        return self.ask("GET", f"/api/v1/events/{self.world.ours.event.id}").json()["shows_personal_data"]


def member(world: World, role: Role, **options: bool) -> Asker:
    client = Client()
    client.force_login(make_user(f"{role}@ours.example", world.ours.organization, role, **options))
    return Asker(world, client)


def program(world: World, *scopes: str) -> Asker:
    return Asker(world, Client(headers={"Authorization": f"Bearer {token_text(world.ours, scopes)}"}))


def needing(permission: str) -> Iterator[Operation]:
    return (one for one in every_operation() if permission in one.permissions)


def test_every_permission_has_an_operation_or_a_reason() -> None:
    asked_for = {permission for one in every_operation() for permission in one.permissions}

    assert asked_for | set(INSIDE) | set(NO_ROUTE) == ALL_PERMISSIONS
    assert not asked_for & (set(INSIDE) | set(NO_ROUTE))


def test_every_operation_names_one_permission() -> None:
    assert {one.id for one in every_operation() if len(one.permissions) != 1} == FREE


def test_the_matrix_is_read_as_it_is_written() -> None:
    assert {line[0] for line in LINES} == ALL_PERMISSIONS
    assert {(permission, role): allows(role, permission) for permission, role in SAYS_YES} == SAYS_YES


@pytest.mark.parametrize("as_token", [False, True], ids=["session", "token"])
@pytest.mark.parametrize("role", Role)
def test_a_role_is_refused_exactly_what_the_matrix_refuses(world: World, role: Role, as_token: bool) -> None:
    scopes = [permission for (permission, of), yes in SAYS_YES.items() if of is role and yes]
    asker = program(world, *scopes) if as_token else member(world, role)
    refusals = AuditEntry.objects.count()

    wrong = [
        (permission, operation.id, status)
        for permission in sorted(ALL_PERMISSIONS)
        for operation in needing(permission)
        if ((status := asker.status(operation)) == 403) is SAYS_YES[permission, role]
        or (SAYS_YES[permission, role] and status >= 404 and status != 409)
    ]

    assert wrong == []
    assert AuditEntry.objects.count() == refusals


@pytest.mark.parametrize("role", Role)
def test_a_role_may_inside_an_operation_what_the_matrix_says(world: World, role: Role) -> None:
    asker = member(world, role)

    assert (asker.tests_live().status_code == 403) is not SAYS_YES["live_test:destination", role]
    assert (asker.rotates().status_code == 200) is SAYS_YES["rotate:secret", role]
    assert asker.sees_contents() is SAYS_YES["read:events", role]


@pytest.mark.parametrize("role", Role)
def test_reading_events_can_be_granted_to_any_role(world: World, role: Role) -> None:
    assert member(world, role, can_read_events=True).sees_contents() is True


def test_a_token_of_one_scope_may_that_and_nothing_else(world: World) -> None:
    firsts = {one.resource: one for one in reversed(every_operation()) if one.id not in FREE}
    wrong = []
    for permission in sorted(ALL_PERMISSIONS):
        asker = program(world, permission)
        resources = {one.resource for one in needing(permission)}
        near = [one for one in every_operation() if one.resource in resources]
        for operation in {*near, *firsts.values()}:
            refused = asker.status(operation) == 403
            if refused is (permission in operation.permissions):
                wrong.append((permission, operation.id))

    assert wrong == []


def test_a_token_of_all_scopes_but_one_may_not_that(world: World) -> None:
    wrong = []
    for permission in sorted(ALL_PERMISSIONS):
        asker = program(world, *(ALL_PERMISSIONS - {permission}))
        wrong += [(permission, one.id) for one in needing(permission) if asker.status(one) != 403]

    assert wrong == []


def test_a_token_of_all_scopes_but_one_may_not_that_inside_an_operation(world: World) -> None:
    live, rotate, read = (
        program(world, *(ALL_PERMISSIONS - {permission}))
        for permission in ("live_test:destination", "rotate:secret", "read:events")
    )

    assert live.tests_live().status_code == 403
    assert rotate.rotates().status_code == 403
    assert read.sees_contents() is False
    assert (live.rotates().status_code, rotate.tests_live().status_code) == (200, 400)
