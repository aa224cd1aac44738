"""docs/first-event.md runs as it stands, against the running product."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.running import Run
from tests.system.vendors import Vendors

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "first-event.md").read_text()


def test_a_token_and_the_guide_take_an_event_to_its_vendor(
    run: Run, sandbox: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "manage.py", "issue_token", "demo", "--scopes", "admin", "--days", "1"]
    issued = subprocess.run(
        command, cwd=ROOT, env=run.environment(), capture_output=True, text=True, check=True
    )
    monkeypatch.setenv("S2S_URL", run.url)
    monkeypatch.setenv("S2S_TOKEN", issued.stdout.strip())
    names: dict[str, object] = {}

    source = "\n".join(re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
    exec(compile(source, "docs/first-event.md", "exec"), names)

    story = names["story"]
    assert isinstance(story, dict)
    assert story["headline"] == "1 of 1 destination got it."
    assert [one["state"] for one in story["destinations"]] == ["delivered"]
