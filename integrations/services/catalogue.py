"""The vendor catalogue: YAML files that are found by themselves, checked, and compiled once per content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from integrations.core.mapping.errors import spell
from integrations.core.vendor import DefinitionError, Vendor, compile_vendor
from integrations.services.marked_yaml import Marks, UnreadableYaml, read_marked

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "integrations" / "catalogue"
LONGEST_FILE = 512 * 1024  # characters


class CatalogueError(Exception):
    """A vendor file that can't be used; the message names file, line, column and field."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VendorFile:
    """One file: its path as errors show it, its text, and the hash that names its revision."""

    path: str
    text: str
    sha256: str

    @property
    def vendor(self) -> Vendor:
        """The compiled vendor, compiled once per content. Raises CatalogueError."""
        return load_text(self.text, self.path)

    @property
    def name(self) -> str:
        """The vendor's name, for which nothing is compiled. Raises CatalogueError for what is no vendor."""
        return _name(self.text, self.path)


def catalogue() -> Mapping[str, VendorFile]:
    """Every built-in vendor by slug, read anew each time."""
    return MappingProxyType({path.stem: _read(path) for path in sorted(FOLDER.glob("*.yaml"))})


def built_in_slugs() -> list[str]:
    """The slugs of all built-in vendors, whose files are not read for it."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def built_in(slug: str) -> Vendor:
    """One built-in vendor. KeyError when there is none of this slug."""
    if slug not in built_in_slugs():
        raise KeyError(slug)
    return load_file(FOLDER / f"{slug}.yaml")


def load_file(path: Path | str) -> Vendor:
    """The vendor of one file, whose name is its slug."""
    file, stem = _read(Path(path)), Path(path).stem
    vendor = file.vendor
    if vendor.slug != stem:
        raise CatalogueError(f"{file.path}:1:1 slug: `{vendor.slug}` must be the file's name, `{stem}`")
    return vendor


def load_text(text: str, name: str) -> Vendor:
    """The vendor of a text, for custom vendors; `name` stands for the file in errors."""
    if len(text) > LONGEST_FILE:
        raise CatalogueError(f"{name}:1:1 the file is longer than {LONGEST_FILE} characters")
    return _compiled(text, name)


def read_document(text: str, name: str) -> Mapping[str, Any]:
    """What the text declares, neither checked nor compiled. CatalogueError for what is no object."""
    return _document(text, name)[0]


def _read(path: Path) -> VendorFile:
    shown = str(path.resolve().relative_to(ROOT)) if path.resolve().is_relative_to(ROOT) else str(path)
    raw = path.read_bytes()
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CatalogueError(f"{shown}:{line}:1 the file is not UTF-8 text") from None
    return VendorFile(path=shown, text=text, sha256=hashlib.sha256(raw).hexdigest())


@lru_cache(maxsize=512)
def _name(text: str, path: str) -> str:
    found = read_document(text, path).get("name")
    if not isinstance(found, str):
        raise CatalogueError(f"{path}:1:1 `name` is missing")
    return found


@lru_cache(maxsize=512)
def _compiled(text: str, name: str) -> Vendor:
    document, marks = _document(text, name)
    try:
        return compile_vendor(document)
    except DefinitionError as error:
        raise CatalogueError(_located(error, marks, name)) from None


def _document(text: str, name: str) -> tuple[dict[str, Any], Marks]:
    try:
        document, marks = read_marked(text)
    except UnreadableYaml as error:
        raise CatalogueError(f"{name}:{error.line}:{error.column} {error.message}") from None
    if not isinstance(document, dict):
        raise CatalogueError(f"{name}:1:1 a vendor file is a YAML object; begin with `slug:`")
    return document, marks


def _located(error: DefinitionError, marks: Marks, name: str) -> str:
    line, column = marks.at(error.path, of_key=error.key)
    place = f"{spell(error.path)}: " if error.path else ""
    return f"{name}:{line}:{column} {place}{error.message}"
