"""The shape of a draft, by its JSON Schema; every fault with its place and a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from integrations.core.mapping import suggestion
from integrations.core.tracking_file.problem import Path, Problem, at

TYPES = {
    "string": "Text",
    "object": "An object",
    "array": "A list",
    "boolean": "True or false",
    "integer": "A whole number",
}
NO_REDIRECTS = (
    "An identity sync follows no redirects: they break referrers and raise bounces, and browsers hide where "
    "they lead. Call the endpoint that answers with the id; `credentials` sends the vendor's cookies along."
)
NO_SCRIPTS = "A file holds no customer JavaScript: name a global function with the method `callback` instead."
EXPLAINED = {
    "redirect": NO_REDIRECTS,
    "follow_redirects": NO_REDIRECTS,
    "script": NO_SCRIPTS,
    "javascript": NO_SCRIPTS,
}


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a draft, draft 2020-12."""
    text = files("integrations.core.tracking_file").joinpath("draft.schema.json").read_text("utf-8")
    return dict(json.loads(text))


def plain_schema() -> dict[str, Any]:
    """The schema without references, for documents that have no place for them; options are any object."""
    whole = schema()
    plain: dict[str, Any] = _inlined(whole, whole["$defs"])
    return {name: part for name, part in plain.items() if name not in ("$schema", "title", "$defs")}


def shape_problems(draft: object) -> tuple[Problem, ...]:
    """What keeps a draft from being kept at all; empty when nothing does."""
    return tuple(_told(_validator("").iter_errors(draft), ()))


def option_problems(method: str, options: object, path: Path) -> tuple[Problem, ...]:
    """The same for the options of one sync method."""
    return tuple(_told(_validator(method).iter_errors(options), path))


def _inlined(value: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_inlined(one, parts) for one in value]
    if not isinstance(value, Mapping):
        return value
    referred = parts[value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else {}
    own = {name: part for name, part in value.items() if name not in ("$ref", "$defs", "allOf")}
    return {name: _inlined(part, parts) for name, part in {**referred, **own}.items()}


@cache
def _validator(part: str) -> Draft202012Validator:
    whole = schema()
    return Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": whole["$defs"]} if part else whole)


def _told(errors: Iterator[ValidationError], path: Path) -> Iterator[Problem]:
    for error in sorted(errors, key=lambda one: [str(step) for step in one.absolute_path]):
        yield from _problems(error, (*path, *error.absolute_path))


def _problems(error: ValidationError, path: Path) -> Iterator[Problem]:
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {})
        for name in error.instance:
            if name not in known:
                unknown = f"`{name}` is not known here{suggestion(name, known)}"
                yield at((*path, str(name)), EXPLAINED.get(str(name).lower(), f"{unknown}."))
    elif error.validator == "required" and isinstance(error.instance, Mapping):
        for name in error.validator_value:
            if name not in error.instance:
                yield at((*path, name), f"`{name}` is missing: name it.")
    else:
        yield at(path, _sentence(error))


def _sentence(error: ValidationError) -> str:
    limit = error.validator_value
    match error.validator:
        case "enum":
            return f"Choose one of {', '.join(str(one) for one in limit)}."
        case "type":
            return f"{TYPES[str(limit)]} is needed here."
        case "maxLength":
            return f"At most {limit} characters are allowed here: shorten it."
        case "maxItems" | "maxProperties":
            return f"At most {limit} are allowed here: remove some."
        case "uniqueItems":
            return "Name each of them once."
        case "minimum" | "maximum":
            least, most = error.schema.get("minimum", 0), error.schema.get("maximum")
            return f"Give a number from {least} to {most}."
    return str(error.message)
