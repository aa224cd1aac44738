"""docs/api.md runs as it stands."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from accounts.models import ApiToken, Invitation, Organization
from tests.accounts.api.calls import token_of

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def program(live_server, monkeypatch):
    """The environment of somebody who has a token and the guide."""
    organization = Organization.objects.create(name="Shop", slug="shop")
    monkeypatch.setenv("S2S_URL", live_server.url)
    monkeypatch.setenv("S2S_TOKEN", token_of(organization))
    return organization


def test_the_python_examples_run_in_their_order(program):
    names = {}
    source = "\n".join(blocks("python"))

    exec(compile(source, "docs/api.md", "exec"), names)
    names["api"].close()

    assert Organization.objects.get().name == "The new name"
    assert ApiToken.objects.get(name="Nightly report").revoked_at is not None
    assert Invitation.objects.get().email == "new@example.com"
    assert names["header"].startswith("id,at,organization")
    assert [one.split(",")[8] for one in names["entries"]] == [
        "create:invitation",
        "revoke:token",
        "update:organization",
        "create:token",
        "create:token",
    ]


def test_the_curl_lines_run(program):
    lines = [line for block in blocks("") for line in block.splitlines() if line.startswith("curl")]

    assert lines
    for line in lines:
        words = shlex.split(os.path.expandvars(line))
        done = subprocess.run([*words, "-sS", "--fail"], capture_output=True, text=True, timeout=30)
        assert (done.returncode, done.stdout[:1]) == (0, "{"), done.stderr
