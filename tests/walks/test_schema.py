"""Schemathesis asks every operation what its schema allows and forbids: no answer breaks the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup

from accounts.core.permissions import PERMISSIONS, Role
from tests.walks.operations import PLACES, SUBJECTS, document, every_operation
from tests.walks.world import SCOPES, World, token_text

ROOT = Path(__file__).resolve().parents[2]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ALLOWED, FORBIDDEN = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
INVALID = ["", "nonsense", "s2s_", "s2s_aaaaaaaa_" + "a" * 32, "Ω".encode().decode("latin-1")]


@pytest.fixture(scope="module")
def schema() -> Any:
    loaded = schemathesis.openapi.from_dict(document(), config=SchemathesisConfig())
    loaded.app = WSGIHandler()
    return loaded


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Requests share the test's transaction, as those of Django's own test client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def ask_everything(
    schema: Any,
    world: World,
    authorization: Callable[[int], str],
    *,
    examples: int,
    modes: Sequence[Any] = (ALLOWED,),
) -> dict[str, int]:
    """How often each status came. Each case is undone; a quarter of them names no row that is there."""
    seen: dict[str, int] = {}
    broken: list[str] = []
    for found in schema.get_all_operations():
        for mode in modes:
            try:
                _ask(found.ok(), mode, world, authorization, examples, seen)
            except FailureGroup as failures:
                broken.append(f"{found.ok().label}: {failures}")
    assert not broken, "\n\n".join(broken)
    return seen


def _ask(
    operation: Any,
    mode: Any,
    world: World,
    authorization: Callable[[int], str],
    examples: int,
    seen: dict[str, int],
) -> None:
    number = 0

    @hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        nonlocal number
        number += 1
        if number % 4:
            _name_a_row(case, world)
        headers = {"Authorization": f"Bearer {authorization(number)}"}
        with transaction.atomic():
            response = case.call(headers=headers)
            transaction.set_rollback(True)
        case.validate_response(response, checks=CHECKS, headers=headers)
        seen[str(response.status_code)] = seen.get(str(response.status_code), 0) + 1

    ask()


def _name_a_row(case: Any, world: World) -> None:
    resource = case.path.removeprefix("/api/v1/").split("/")[0]
    if not case.path_parameters or resource not in SUBJECTS:
        return
    row = world.revision if resource == "vendors" else world.row(SUBJECTS[resource])
    case.path_parameters = {name: str(PLACES[name](row)) for name in case.path_parameters}


def test_every_operation_is_asked(schema: Any) -> None:
    asked = {found.ok().definition.raw["operationId"] for found in schema.get_all_operations()}

    assert asked == {one.id for one in every_operation()}


def test_with_every_scope(schema: Any, world: World) -> None:
    token = token_text(world.ours, SCOPES["every scope"])

    seen = ask_everything(schema, world, lambda number: token, examples=4, modes=(ALLOWED, FORBIDDEN))

    assert {"200", "201", "204", "400", "404"} <= set(seen)
    assert "403" not in seen  # 401 is: what is forbidden to send is also a request without its token


def test_with_a_read_only_token(schema: Any, world: World) -> None:
    token = token_text(world.ours, PERMISSIONS[Role.READ_ONLY])
    before = world.state()

    seen = ask_everything(schema, world, lambda number: token, examples=2)

    assert {"200", "403"} <= set(seen)
    assert not {"201", "202", "204", "401"} & set(seen)
    assert world.state() == before


def test_with_invalid_tokens(schema: Any, world: World) -> None:
    before = world.state()

    seen = ask_everything(schema, world, lambda number: INVALID[number % len(INVALID)], examples=2)

    assert set(seen) == {"401"}
    assert world.state() == before


def test_no_file_is_left_behind() -> None:
    left = [name for name in (".schemathesis", "schemathesis-report") if (ROOT / name).exists()]

    assert left == []
