"""The guide's CI job and the checker, against a running product: fetched, verified, published, looked at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.system.running import ROOT, Run

SCRIPT = ROOT / "docs" / "examples" / "publish_tracking_file.py"
TOKEN = """
from accounts.core.principal import system
from accounts.models import Organization
from accounts.services.tokens import issue_token
scopes = ["read:tracking_file", "update:tracking_file"]
print(issue_token(system("a test"), Organization.objects.get(slug="demo"), name="CI", scopes=scopes)[1])
"""


@pytest.fixture(scope="module")
def token(run: Run) -> str:
    return run.orm(TOKEN).splitlines()[-1]


@pytest.fixture
def file(run: Run, token: str) -> dict[str, Any]:
    """The demo shop's tracking file, as the API tells it."""
    files = requests.get(f"{run.url}/api/v1/tracking-files", headers=bearer(token), timeout=30).json()
    found: dict[str, Any] = files["results"][0]
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def publish(
    run: Run, token: str, file: dict[str, Any], target: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    settings = {"S2S_URL": run.url, "S2S_TOKEN": token, "TRACKING_FILE": file["id"], "TARGET": str(target)}
    return subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={"PATH": os.environ["PATH"]} | settings | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_job_publishes_what_the_cluster_serves(
    run: Run, token: str, file: dict[str, Any], tmp_path: Path
) -> None:
    target = tmp_path / "public" / "assets" / "s.js"

    done = publish(run, token, file, target, TEST_COMMAND="test -s")

    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == requests.get(file["endpoint_url"], timeout=30).content
    assert "is published" in done.stdout


def test_changed_bytes_are_not_published(run: Run, token: str, file: dict[str, Any], tmp_path: Path) -> None:
    target = tmp_path / "s.js"
    target.write_text("what was there")

    done = publish(run, token, file, target, SOURCE_URL=f"{run.url}/healthz")

    assert done.returncode == 1
    assert "Nothing was published" in done.stderr
    assert target.read_text() == "what was there"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [("false", "TEST_COMMAND failed: false"), ("no-such-command", "TEST_COMMAND could not be started")],
)
def test_a_failing_test_publishes_nothing(
    run: Run, token: str, file: dict[str, Any], tmp_path: Path, command: str, sentence: str
) -> None:
    done = publish(run, token, file, tmp_path / "s.js", TEST_COMMAND=command)

    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_the_checker_finds_the_live_build_at_the_file_hosting_url(
    run: Run, token: str, file: dict[str, Any]
) -> None:
    answer = requests.post(
        f"{run.url}/api/v1/tracking-files/{file['id']}/check", headers=bearer(token), timeout=30
    )

    finding = answer.json()
    assert (answer.status_code, finding["state"]) == (200, "current")
    assert finding["found"] == file["live_build"]
