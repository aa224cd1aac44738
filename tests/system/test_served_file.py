"""The file endpoint over sockets: two web processes, and servers that go away."""

from __future__ import annotations

import ast
import gzip
import hashlib
import itertools
from collections.abc import Iterator

import pytest

from tests.system.installation import Installation, fetch
from tests.system.running import eventually

MINUTES = itertools.count(31)  # something that differs from build to build
KEY = "served_file_key"
PATH = f"/v1/pipelines/{KEY}/file"
MAKE = f"""
from accounts.core.principal import system
from accounts.models import Organization
from integrations.services.tracking_files.drafts import file_of
from integrations.services.write_keys import create_write_key

organization = Organization.objects.create(name="Shop", slug="shop")
cluster = Cluster.objects.create(organization=organization, name="Here", base_url="http://127.0.0.1")
pipeline = Pipeline.objects.create(
    organization=organization, cluster=cluster, name="Web", kind="web", environment="development"
)
create_write_key(system("a test"), pipeline, "{KEY}")
print(file_of(pipeline).pk)
"""
# Uploads a build, and fetches it from every web process before anything else happens.
UPLOAD = f"""
import hashlib, urllib.request
from accounts.core.principal import system
from integrations.services.tracking_files.builds import build
from integrations.services.tracking_files.deployments import deploy
from integrations.services.tracking_files.drafts import save_draft

by, file = system("a test"), TrackingFile.objects.get()
save_draft(by, file, {{"settings": {{"session_minutes": %d}}, "consent": {{"enabled": False}}}})
made = build(by, file)
deploy(by, file, made)
def fetched(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{{port}}{PATH}") as answer:
        return hashlib.sha256(answer.read()).hexdigest()
print([made.sha256, *(fetched(port) for port in %r)])
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("installation")) as installation:
        installation.orm(MAKE)
        yield installation


@pytest.fixture(scope="module")
def ports(installation: Installation) -> list[int]:
    """Two web processes, which have both answered 404 before the first upload."""
    ports = [installation.web(), installation.web()]
    assert [fetch(port, PATH)[0] for port in ports] == [404, 404]
    return ports


@pytest.fixture(scope="module")
def first_upload(installation: Installation, ports: list[int]) -> list[str]:
    return upload_to(installation, ports)


@pytest.fixture
def sha256(ports: list[int], first_upload: list[str]) -> str:
    """Of the live file."""
    return sha256_of(ports[0])


def upload_to(installation: Installation, ports: list[int]) -> list[str]:
    """The hash of a new build, and of what each process answered right after it went live."""
    return ast.literal_eval(installation.orm(UPLOAD % (next(MINUTES), ports)))


def sha256_of(port: int, **headers: str) -> str:
    status, _, body = fetch(port, PATH, **headers)
    assert status == 200, body
    return hashlib.sha256(body).hexdigest()


def test_a_fetch_right_after_the_upload_gets_the_new_bytes_from_every_process(
    first_upload: list[str],
) -> None:
    assert len(first_upload) == 3
    assert len(set(first_upload)) == 1


def test_what_goes_over_the_socket(ports: list[int], sha256: str) -> None:
    status, headers, body = fetch(ports[0], PATH, accept_encoding="gzip")
    plain = gzip.decompress(body)

    assert (status, hashlib.sha256(plain).hexdigest()) == (200, sha256)
    assert headers["Content-Length"] == str(len(body))
    assert headers["ETag"] == f'"{sha256}-gzip"'
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Content-Type"] == "application/javascript; charset=utf-8"
    assert headers["Date"]
    assert "Set-Cookie" not in headers


def test_head_has_the_length_and_no_body(ports: list[int], sha256: str) -> None:
    _, of_get, body = fetch(ports[0], PATH, accept_encoding="br")

    status, of_head, nothing = fetch(ports[0], PATH, "HEAD", accept_encoding="br")

    assert (status, nothing) == (200, b"")
    assert of_head["Content-Length"] == str(len(body))
    assert {**of_head, "Date": ""} == {**of_get, "Date": ""}


def test_not_modified_has_no_body_and_no_length(ports: list[int], sha256: str) -> None:
    status, headers, body = fetch(ports[0], PATH, if_none_match=f'W/"{sha256}"')

    assert (status, body) == (304, b"")
    assert "Content-Length" not in headers
    assert headers["ETag"] == f'"{sha256}"'


def test_a_cdn_that_forwards_its_own_host_gets_the_file(ports: list[int], sha256: str) -> None:
    assert sha256_of(ports[0], host="cdn.shop.example") == sha256
    assert fetch(ports[0], f"/v1/projects/{KEY}/settings", host="cdn.shop.example")[0] == 404


def test_the_file_is_up_while_postgresql_restarts(
    installation: Installation, ports: list[int], sha256: str
) -> None:
    installation.stop_postgres()
    try:
        during = [sha256_of(port) for port in ports for _ in range(5)]
        started_meanwhile = sha256_of(installation.web())
        unknown, headers, _ = fetch(ports[0], "/v1/pipelines/nobodys_key/file")
        pinned, _, _ = fetch(ports[0], f"{PATH}/{sha256}.js")
    finally:
        installation.start_postgres()

    assert {*during, started_meanwhile} == {sha256}
    assert (unknown, headers["Retry-After"]) == (503, "5")
    assert pinned == 200
    eventually(lambda: fetch(ports[0], "/v1/pipelines/nobodys_key/file")[0], 404)
    new = upload_to(installation, ports)
    assert len(set(new)) == 1
    assert new[0] != sha256


def test_the_file_is_up_while_valkey_is_away_and_told_of_changes_when_it_is_back(
    installation: Installation, ports: list[int], sha256: str
) -> None:
    installation.stop_valkey()
    try:
        during = [sha256_of(port) for port in ports for _ in range(5)]
    finally:
        installation.start_valkey()

    assert set(during) == {sha256}
    eventually(lambda: len(set(upload_to(installation, ports))), 1)


def test_a_fetch_is_noted_by_the_key(installation: Installation, sha256: str) -> None:
    noted = "print(WriteKey.objects.get().file_fetched_at is not None)"

    eventually(lambda: installation.orm(noted), "True")
