"""The rooms and the one arrow, checked by machine."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "integrations" / "catalogue"
LONGEST_FILE = 400


def python_files(*folders):
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def code_of(path):
    """The file's names and values in lower case, without comments and docstrings."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    return ast.unparse(tree).lower()


def test_imports_point_down():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout


def test_no_vendor_is_named_in_code():
    names = {path.stem for path in CATALOGUE.glob("*.yaml") if not path.stem.startswith("generic")}
    allowed = {ROOT / "integrations/services/demo.py"}  # which vendors the demo connects is its data

    for path in python_files("delivery", "accounts", "webhooks", "s2sadmin", "integrations"):
        if "sandbox" in path.parts or path in allowed:
            continue
        named = names & {word for text in texts_of(path) for word in re.split(r"[^a-z0-9-]+", text.lower())}
        assert not named, f"{path} names a vendor"


def texts_of(path):
    """The literal texts of a module's code."""
    nodes = ast.walk(ast.parse(code_of(path)))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_every_module_says_what_it_is_for():
    for path in python_files("delivery", "accounts", "webhooks", "s2sadmin", "integrations"):
        text = path.read_text()
        assert not text.strip() or text.lstrip().startswith('"""'), f"{path} has no docstring"


def test_files_stay_small():
    for path in python_files("delivery", "accounts", "webhooks", "s2sadmin", "integrations"):
        lines = len(path.read_text().splitlines())
        assert lines <= LONGEST_FILE, f"{path} has {lines} lines: is there a second noun in it?"


def test_catalogue_holds_vendor_files_and_nothing_else():
    assert {path.suffix for path in CATALOGUE.iterdir()} == {".yaml"}


@pytest.mark.django_db
def test_models_and_migrations_agree():
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
