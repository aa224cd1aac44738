"""Node builds and tests the tracking file's modules; without it nothing here can be looked at."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

TRACKER = Path(__file__).parents[2] / "integrations" / "tracker"
MISSING = "NOT TESTED: install Node and run `make tracker` to prove the tracking file's modules"


def is_ready() -> bool:
    return bool(shutil.which("node")) and (TRACKER / "node_modules").is_dir()


@pytest.fixture
def needs_node() -> None:
    if not is_ready():
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not is_ready():
        terminalreporter.write_line(MISSING, red=True, bold=True)
