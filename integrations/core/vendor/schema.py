"""Checks a vendor document against schema.json, with errors that name the place and what would be right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from integrations.core.mapping import DefinitionError, suggestion
from integrations.core.mapping.errors import Path

LARGEST = 20_000  # values of one vendor; the largest one of the catalogue has 2,500
SECTIONS = {"events": 300, "operations": 60, "settings": 100, "examples": 400, "identity_syncs": 50}
TYPE_NAMES = {
    "string": "text",
    "object": "an object",
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
}


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a vendor document, draft 2020-12."""
    text = files("integrations.core.vendor").joinpath("schema.json").read_text("utf-8")
    return dict(json.loads(text))


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def check(document: object) -> None:
    """Raises the most telling `DefinitionError`, if any. What is too large is not looked at any further."""
    if (size := _size(document)) > LARGEST:
        raise DefinitionError((), f"the vendor has {size} values and may have {LARGEST}; make it smaller")
    for section, most in SECTIONS.items():
        entries = document.get(section) if isinstance(document, Mapping) else None
        if isinstance(entries, (list, Mapping)) and len(entries) > most:
            raise DefinitionError((section,), f"there are {len(entries)} and there may be {most}; use fewer")
    error = best_match(_validator().iter_errors(document))
    if error is None:
        return
    path: Path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {})
        unknown = next(str(key) for key in error.instance if key not in known)
        raise DefinitionError((*path, unknown), f"unknown key{suggestion(unknown, known)}", key=True)
    raise DefinitionError(path, _message(error))


def _size(document: object) -> int:
    """How many values it has, containers among them; counted without recursion."""
    size, left = 0, [document]
    while left:
        value = left.pop()
        size += 1
        if isinstance(value, Mapping):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
    return size


def _message(error: ValidationError) -> str:
    expected = error.validator_value
    match error.validator:
        case "required" if isinstance(error.instance, Mapping):
            missing = next(str(key) for key in _strings(expected) if key not in error.instance)
            return f"`{missing}` is missing"
        case "enum":
            return f"`{error.instance}` is not known{suggestion(error.instance, _strings(expected))}"
        case "const":
            return f"`{error.instance}` is not known, write `{expected}` or an object"
        case "type":
            return f"{_type_name(expected)} is needed here, not {_type_of(error.instance)}"
        case "oneOf":
            return "exactly one of requests, skipped or rejected is needed"
        case "minItems" | "minProperties" | "minLength":
            return "it may not be empty"
    if description := error.schema.get("description"):
        return f"`{error.instance}` is not {description}"
    return str(error.message)


def _strings(values: Iterable[object]) -> list[str]:
    return [str(value) for value in values]


def _type_name(expected: object) -> str:
    names = expected if isinstance(expected, list) else [expected]
    return " or ".join(TYPE_NAMES.get(str(name), str(name)) for name in names)


def _type_of(value: object) -> str:
    if value is None:
        return "nothing"
    for kind, name in ((bool, "true or false"), (str, "text"), (list, "a list"), (dict, "an object")):
        if isinstance(value, kind):
            return name
    return "a number"
