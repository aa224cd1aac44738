"""Lays a change over a field of the file: it replaces what the field reads and keeps what the field does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from integrations.core.mapping import DefinitionError, Shared
from integrations.core.mapping.errors import Path
from integrations.core.mapping.templates import PART
from integrations.core.mapping.words import PRODUCERS, is_directive
from integrations.core.operations import HASHES

Values = Mapping[str, Shared]
HIDING = (*HASHES, "digest")  # a digest lets nothing pass but a hash
ADVICE = "leave it out, or change the vendor's file"


def over(declared: Any, value: Any, values: Values, path: Path) -> Any:
    """The file's expression with `value` in place of what it reads.

    Operations, conditions, defaults and `required` stay. Raises DefinitionError where the file hashes inside
    and one value can't take the place of several.
    """
    if not isinstance(declared, (Mapping, list)):
        return value
    if isinstance(declared, list):
        return _in_list(declared, value, values, path)
    if not is_directive(declared):
        return _whole(declared, value, values, path)
    producer = next(word for word in declared if word in PRODUCERS)
    modifiers = {word: own for word, own in declared.items() if word not in PRODUCERS}
    if "required" in modifiers:
        modifiers["required"] = _required(modifiers["required"])
    inner = declared[producer]
    match producer:
        case "use":
            shared = values[str(inner)]
            made = over(shared.document, value, shared.earlier, path)
        case "first":
            made = _in_first(inner, value, values, path)
        case "each" if _names_a_list(value):
            return {"each": value, **modifiers}
        case _:
            made = _whole({producer: inner, "item": modifiers.pop("item", None)}, value, values, path)
    return {"first": [made], **modifiers} if modifiers else made


def _in_first(branches: list[Any], value: Any, values: Values, path: Path) -> Any:
    """Each branch that reads the event reads the value instead; settings and constants stay behind them."""
    made = [over(one, value, values, path) if reads_event(one, values) else one for one in branches]
    if all(one is kept for one, kept in zip(made, branches, strict=True)):
        return value
    told = {json.dumps(one, sort_keys=True, default=str): one for one in made}
    return {"first": list(told.values())}


def _in_list(declared: list[Any], value: Any, values: Values, path: Path) -> Any:
    if len(declared) == 1:
        return [over(declared[0], value, values, path)]
    return _whole(declared, value, values, path)


def _whole(declared: Any, value: Any, values: Values, path: Path) -> Any:
    """The value alone, where nothing inside is hashed."""
    if hides(declared, values):
        raise DefinitionError(path, f"the file hashes several values in it; {ADVICE}")
    return value


def hides(document: Any, values: Values) -> bool:
    """Whether anything inside is hashed."""
    return any(_is_hash(operation) for operation in operations_in(document, values))


def operations_in(document: Any, values: Values) -> Iterator[str]:
    """The operations of an expression, those in templates and in named values among them."""
    if isinstance(document, list):
        for one in document:
            yield from operations_in(one, values)
    if not isinstance(document, Mapping):
        return
    for key, inner in document.items():
        if key == "as":
            yield from names_of(inner)
        elif key == "template" and isinstance(inner, str):
            for match in PART.finditer(inner):
                yield from (one.strip() for one in (match[1] or "").split("|")[1:])
        elif key == "use" and inner in values:
            yield from operations_in(values[inner].document, values[inner].earlier)
        yield from operations_in(inner, values)


def names_of(pipeline: Any) -> Iterator[str]:
    """The operations of `as`, with their arguments."""
    for one in pipeline if isinstance(pipeline, list) else [pipeline]:
        yield str(next(iter(one))) if isinstance(one, Mapping) and one else str(one)


def is_hashed(pipeline: Any) -> bool:
    """Whether what comes out of `as` is a hash."""
    return any(_is_hash(name) for name in names_of(pipeline))


def reads_event(document: Any, values: Values) -> bool:
    """Whether a value may come from the event, not from settings and constants alone."""
    if isinstance(document, str):
        return document.startswith((".", "$")) and not document.startswith(("$settings", "$mode"))
    if isinstance(document, list):
        return any(reads_event(one, values) for one in document)
    if not isinstance(document, Mapping):
        return False
    if not is_directive(document):
        return any(reads_event(one, values) for one in document.values())
    producer = next(word for word in document if word in PRODUCERS)
    inner = document[producer]
    match producer:
        case "from" if isinstance(inner, str):
            return not inner.startswith(("$settings", "$mode"))
        case "constant":
            return False
        case "use":
            return reads_event(values[str(inner)].document, values[str(inner)].earlier)
        case "template" | "jmespath" | "each":
            return True
    return reads_event(inner, values)


def _is_hash(operation: str) -> bool:
    return operation.partition(":")[0] in HIDING


def _names_a_list(value: Any) -> bool:
    """A path to another list, whose items are made as the file makes them."""
    if isinstance(value, str):
        return value.startswith(("$", "."))
    return isinstance(value, Mapping) and value.keys() == {"from"}


def _required(document: Any) -> Any:
    """Still required. The file's advice is about its own place, so the sentence names the new one."""
    if isinstance(document, Mapping) and "when" in document:
        return {"when": document["when"]}
    return bool(document)
