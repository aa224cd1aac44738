"""Checks a destination's settings against the vendor's declaration."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from delivery.core.redaction import SHORTEST
from integrations.core.mapping import DefinitionError, is_empty, suggestion
from integrations.core.mapping.errors import Path
from integrations.core.mapping.left_out import spelled_condition
from integrations.core.operations.patterns import found, pattern
from integrations.core.operations.tables import normal_name
from integrations.core.vendor.definition import Setting
from integrations.core.vendor.patterns import compile_pattern
from integrations.core.vendor.urls import url_problem

SETTING = re.compile(r"\$settings\.([a-z][a-z0-9_]*)")
LONGEST = 4_000  # characters of one setting
LONGEST_MATCHED = 500  # characters that a pattern is tried on
KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "url": (str,),
    "choice": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "integer": (int,),
    "list": (list,),
    "object": (dict,),
    "map": (dict,),
}
KIND_NAMES = {
    "string": "text",
    "url": "text",
    "choice": "text",
    "boolean": "true or false",
    "number": "a number",
    "integer": "a whole number",
    "list": "a list",
    "object": "an object of names and texts",
    "map": "an object of event names and texts",
}
MOST_LINES = 300  # of a map


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingProblem:
    """What is wrong with one setting, in words for the person who typed it."""

    field: str
    message: str


def check_declaration(setting: Setting, path: Path) -> None:
    """A declaration that can't be honoured is refused when the vendor is compiled."""
    if setting.pattern:
        compile_pattern(setting.pattern, (*path, "pattern"))
    if setting.type == "choice" and not setting.choices:
        raise DefinitionError(path, "a choice needs `choices`")
    if setting.default is not None and (problem := _problem(setting, setting.default)):
        raise DefinitionError((*path, "default"), f"the default {problem}")


def problems(declared: Mapping[str, Setting], settings: Mapping[str, object]) -> list[SettingProblem]:
    """Everything that is wrong, in the form's order, unknown settings last."""
    found = [(setting.name, _complaint(setting, settings.get(setting.name))) for setting in declared.values()]
    unknown = [
        (name, f"{name} is not a setting of this vendor{suggestion(name, declared)}.")
        for name in settings
        if name not in declared
    ]
    return [SettingProblem(field=name, message=message) for name, message in [*found, *unknown] if message]


def needed_when(setting: Setting, declared: Mapping[str, Setting]) -> SettingProblem:
    """What is asked of a setting that others make necessary, by their labels."""
    words = spelled_condition(setting.required_when)
    told = SETTING.sub(lambda match: declared[match[1]].label if match[1] in declared else match[0], words)
    return SettingProblem(field=setting.name, message=f"{setting.label} is needed when {told}. Fill it in.")


def secret_forms(declared: Iterable[Setting], settings: Mapping[str, object]) -> tuple[str, ...]:
    """Every form in which a secret setting may stand in a request or its answer."""
    values = [text for setting in declared if setting.secret for text in _texts(settings.get(setting.name))]
    return tuple(dict.fromkeys(form for value in values for form in _forms(value)))


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [str(value)] if isinstance(value, (str, int)) and value != "" else []


def _forms(value: str) -> tuple[str, ...]:
    raw = value.encode("utf-8", errors="replace")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return value, quote(raw, safe=""), quote_plus(raw), escaped, base64.b64encode(raw).decode()


def _complaint(setting: Setting, value: object) -> str:
    if is_empty(value):
        if setting.required and setting.default is None:
            return f"{setting.label} is needed. Fill it in."
        return ""
    problem = _problem(setting, value)
    return f"{setting.label} {problem}." if problem else ""


def _problem(setting: Setting, value: object) -> str:
    """What is wrong with a value that is there, as the rest of a sentence."""
    kinds = KINDS[setting.type]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        return f"must be {KIND_NAMES[setting.type]}"
    if isinstance(value, dict):
        if not all(isinstance(key, str) and isinstance(item, str) for key, item in value.items()):
            return f"must be {KIND_NAMES[setting.type]}"
        return _map_problem(setting, value) if setting.type == "map" else ""
    return _text_problem(setting, value) if isinstance(value, str) else ""


def _map_problem(setting: Setting, value: Mapping[str, str]) -> str:
    """Each event once, under a name that can be told apart, with a value of the declared form."""
    if len(value) > MOST_LINES:
        return f"may have at most {MOST_LINES} lines"
    seen: dict[str, str] = {}
    for name, text in value.items():
        if not name.strip():
            return "has a line without an event's name"
        if (other := seen.setdefault(normal_name(name), name)) != name:
            return f'names the same event twice, as "{other[:60]}" and "{name[:60]}"; keep one'
        if not text.strip():
            return f'has nothing for "{name[:60]}"; fill it in or remove the line'
        if problem := _text_problem(setting, text):
            return f'has a line "{name[:60]}" whose value {problem}'
    return ""


def _text_problem(setting: Setting, value: str) -> str:
    if len(value) > LONGEST or "\x00" in value or not _is_unicode(value):
        return f"must be text of at most {LONGEST} characters"
    if value != value.strip():
        return "has white space at an end; remove it"
    if setting.secret and len(value) < SHORTEST:
        return f"must have at least {SHORTEST} characters"
    if setting.type == "url":
        return url_problem(value)
    if setting.type == "choice":
        values = [choice.value for choice in setting.choices]
        return "" if value in values else f"must be one of {', '.join(values)}"
    if setting.pattern and not (len(value) <= LONGEST_MATCHED and found(pattern(setting.pattern), value)):
        return f"has the wrong form{_example(setting)}"
    return ""


def _example(setting: Setting) -> str:
    return f"; {setting.help[0].lower()}{setting.help[1:].rstrip('.')}" if setting.help else ""


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
