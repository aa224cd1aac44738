"""The committed module set is what the sources give, byte for byte, and within its budgets."""

from __future__ import annotations

import json
import subprocess

import pytest

from .conftest import TRACKER

BUILT = json.loads((TRACKER / "built" / "modules.json").read_text())


def npm(script: str) -> str:
    done = subprocess.run(
        ["npm", "run", "--silent", script], cwd=TRACKER, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.usefixtures("needs_node")
def test_sources_and_built_modules_match_and_keep_their_budgets():
    said = npm("check")

    assert [line.split(":")[0] for line in said.splitlines()] == [
        "standalone",
        "plain",
        "typical",
        "everything",
    ]


@pytest.mark.usefixtures("needs_node")
def test_what_needs_no_browser_works_in_node():
    assert "fail 0" in npm("test")


@pytest.mark.parametrize("name", BUILT["modules"])
def test_a_module_says_in_one_sentence_what_it_is_for(name):
    about = BUILT["modules"][name]["about"]

    assert about[0].isupper() and about.endswith(".")


@pytest.mark.parametrize("name", BUILT["modules"])
def test_a_module_requires_only_modules_before_it(name):
    module = BUILT["modules"][name]

    assert all(BUILT["modules"][other]["order"] < module["order"] for other in module["requires"])


def test_no_module_makes_code_from_text():
    code = "".join(module["code"] for module in BUILT["modules"].values())

    assert "eval(" not in code and "Function(" not in code


def test_the_lock_names_no_registry():
    lock = json.loads((TRACKER / "package-lock.json").read_text())

    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
