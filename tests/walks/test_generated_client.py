"""A client that is generated from the OpenAPI document works against a running server."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from accounts.models import Organization
from integrations.models import Cluster, Pipeline
from tests.accounts.api.calls import token_of
from tests.walks.operations import document

PACKAGE = "s2sadmin_client"
# The generator knows scripts only as bytes.
CONFIG = f"""
package_name_override: {PACKAGE}
post_hooks: []
content_type_overrides:
  application/javascript: application/octet-stream
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package, importable while this module's tests run."""
    place = tmp_path_factory.mktemp("generated")
    (place / "openapi.json").write_text(json.dumps(document(), default=str))
    (place / "config.yml").write_text(CONFIG)
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    command += ["--path", "openapi.json", "--config", "config.yml", "--output-path", PACKAGE]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (place / "told.txt").write_text(done.stdout + done.stderr)
    sys.path.insert(0, str(place))
    yield place
    sys.path.remove(str(place))
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


def part(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


@pytest.fixture
def organization(transactional_db: None) -> Organization:
    return Organization.objects.create(name="Shop", slug="shop")


@pytest.fixture
def client(generated: Path, organization: Organization, live_server: Any) -> Iterator[Any]:
    token = token_of(organization)
    with part("client").AuthenticatedClient(base_url=live_server.url, token=token) as client:
        yield client


def test_it_is_generated_without_a_complaint(generated: Path) -> None:
    told = (generated / "told.txt").read_text()

    assert "warning" not in told.lower()
    assert "unable" not in told.lower()


def test_it_lists_makes_and_reads_pipelines(client: Any, organization: Organization) -> None:
    cluster = Cluster.objects.create(organization=organization, name="Here", base_url="https://c.example")
    models = part("models")

    empty = part("api.pipelines.pipelines_list").sync(client=client)
    body = models.PipelineRequest(cluster=cluster.id, name="Web", kind=models.PipelineKindEnum.WEB)
    made = part("api.pipelines.pipelines_create").sync(client=client, body=body)
    read = part("api.pipelines.pipelines_retrieve").sync(id=made.id, client=client)
    listed = part("api.pipelines.pipelines_list").sync(client=client)

    assert empty.results == []
    assert isinstance(made, models.Pipeline)
    assert read == made
    assert listed.results == [made]
    assert Pipeline.objects.get().id == made.id


def test_a_bad_pipeline_gives_a_typed_problem(client: Any, organization: Organization) -> None:
    cluster = Cluster.objects.create(organization=organization, name="Here", base_url="https://c.example")
    models = part("models")
    body = models.PipelineRequest(cluster=cluster.id, name="", kind=models.PipelineKindEnum.WEB)

    problem = part("api.pipelines.pipelines_create").sync(client=client, body=body)

    assert isinstance(problem, models.Problem)
    assert (problem.status, problem.code) == (400, "invalid")
    assert [one.pointer for one in problem.errors] == ["#/name"]
    assert not Pipeline.objects.exists()
