"""Checks a vendor's identity syncs: options by their method's schema, and no secret in what browsers read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.core.mapping import DefinitionError, suggestion
from integrations.core.mapping.errors import Path
from integrations.core.tracking_file.shape import option_problems
from integrations.core.tracking_file.vendor_syncs import SETTING
from integrations.core.vendor.definition import Setting


def check_identity_syncs(document: Mapping[str, Any], settings: Mapping[str, Setting]) -> None:
    """DefinitionError for the first thing that is wrong. {settings.x} stands for a setting's value."""
    for index, entry in enumerate(document.get("identity_syncs", ())):
        path: Path = ("identity_syncs", index, "options")
        options = {name: value for name, value in entry.get("options", {}).items() if name != "cookie"}
        for problem in option_problems(entry["method"], options, path):
            steps = tuple(int(step) if step.isdecimal() else step for step in problem.path)
            raise DefinitionError(steps, problem.sentence)
        for place, text in _texts(entry.get("options", {}), path):
            for name in SETTING.findall(text):
                _check_setting(name, settings, place)


def _check_setting(name: str, settings: Mapping[str, Setting], path: Path) -> None:
    if name not in settings:
        raise DefinitionError(path, f"no setting `{name}`{suggestion(name, settings)}")
    if settings[name].secret:
        raise DefinitionError(path, f"`{name}` is a secret, and every visitor can read a tracking file")


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _texts(part, (*path, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _texts(part, (*path, index))
