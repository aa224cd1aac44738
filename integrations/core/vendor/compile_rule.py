"""Compiles the event map of a vendor document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from integrations.core.mapping import (
    Context,
    DefinitionError,
    Expression,
    compile_expression,
    condition,
    suggestion,
)
from integrations.core.mapping.errors import Path
from integrations.core.vendor.fields import Group, Layer, compile_fields, compile_groups
from integrations.core.vendor.operation import Operation
from integrations.core.vendor.rules import Gate, Part, Rule, event_names

NOTHING = Expression(run=lambda scope: None)  # the fields of a rule that goes out in parts
Declared = Mapping[str, tuple[Mapping[str, Any], str]]


def compile_rules(
    document: Mapping[str, Any], context: Context, operations: Mapping[str, Operation], declared: Declared
) -> list[Rule]:
    """The rules in their order; their names are unique, since people and logs refer to them."""
    rules: list[Rule] = []
    for index, entry in enumerate(document["events"]):
        if any(rule.name == entry["rule"] for rule in rules):
            raise DefinitionError(("events", index, "rule"), f"a second rule named `{entry['rule']}`")
        rules.append(_rule(entry["rule"], entry, context, operations, declared, ("events", index)))
    return rules


def compile_fallback(
    document: Mapping[str, Any], context: Context, operations: Mapping[str, Operation], declared: Declared
) -> Rule | None:
    """The rule for events that no other rule takes, None when they are dropped."""
    entry = document["fallback"]
    if entry == "drop":
        return None
    return _rule("custom event", entry, context, operations, declared, ("fallback",))


def _rule(
    name: str,
    entry: Mapping[str, Any],
    context: Context,
    operations: Mapping[str, Operation],
    declared: Declared,
    path: Path,
    over: Sequence[Layer] = (),
) -> Rule:
    operation = entry["operation"]
    if operation not in operations:
        raise DefinitionError(
            (*path, "operation"), f"no operation `{operation}`{suggestion(operation, operations)}"
        )
    when = entry.get("when")
    if "parts" in entry:
        return _in_parts(name, entry, context, operations, declared, path)
    fields, groups = _output(name, entry, context, declared[operation][0], path, over)
    return Rule(
        name=name,
        operation=operation,
        condition=condition(when, context, (*path, "when")) if when else None,
        events=event_names(when) if when else None,
        gate=_gate(entry, declared[operation][0], context, path),
        fields=fields,
        groups=groups,
        array=_array(entry, operations[operation], path),
        about=entry.get("about", ""),
        passes_custom=declared[operation][0].get("custom_parameters") == "pass",
    )


def _in_parts(
    name: str,
    entry: Mapping[str, Any],
    context: Context,
    operations: Mapping[str, Operation],
    declared: Declared,
    path: Path,
) -> Rule:
    """A rule whose parts go out in its place. Each has the rule's fields, with its own over them."""
    for key in ("whole", "array", "any_of", "exactly_one_of"):
        if key in entry:
            raise DefinitionError((*path, key), f"`{key}` stands in each of the `parts`", key=True)
    over = Layer(fields=entry.get("fields", {}), path=(*path, "fields"), occasion=f"for {name}")
    when = entry.get("when")
    parts = []
    for index, part in enumerate(entry["parts"]):
        place = (*path, "parts", index)
        if _asks_the_mode(part.get("when")) or _asks_the_mode(part.get("each")):
            advice = "`when` and `each` read the event and settings, not the mode or the time"
            raise DefinitionError(place, f"parts are counted when the event comes: {advice}")
        each = _each(part["each"], context, (*place, "each")) if "each" in part else None
        inside = replace(context, in_each=each is not None)
        declared_part = {"operation": entry["operation"], **part}
        title = f"{name}: {part['part']}"
        rule = _rule(title, declared_part, inside, operations, declared, place, (over,))
        parts.append(Part(rule=rule, each=each))
    return Rule(
        name=name,
        operation=entry["operation"],
        condition=condition(when, context, (*path, "when")) if when else None,
        events=event_names(when) if when else None,
        gate=_gate(entry, declared[entry["operation"]][0], context, path),
        fields=NOTHING,
        groups=(),
        about=entry.get("about", ""),
        parts=tuple(parts),
    )


def _asks_the_mode(document: Any) -> bool:
    if isinstance(document, Mapping):
        return "mode" in document or any(_asks_the_mode(value) for value in document.values())
    if isinstance(document, list):
        return any(_asks_the_mode(value) for value in document)
    return document in ("$mode", "$now")


def _each(document: object, context: Context, path: Path) -> Expression:
    source = {"from": document} if isinstance(document, str) else document
    return compile_expression(source, context, path)


def _output(
    name: str,
    entry: Mapping[str, Any],
    context: Context,
    operation: Mapping[str, Any],
    path: Path,
    over: Sequence[Layer],
) -> tuple[Expression, tuple[Group, ...]]:
    """The fields of the operation, then the rule's own over them; or one whole expression instead."""
    occasion, own = f"for {name}", entry["operation"]
    if (whole := entry.get("whole", operation.get("whole"))) is not None:
        place = (*path, "whole") if "whole" in entry else ("operations", own, "whole")
        return compile_expression(whole, replace(context, occasion=occasion), place), ()
    fields, sources = compile_fields(layers_of(name, entry, operation, path, over), context)
    common = compile_groups(
        operation, context, ("operations", own), sources, f"on every {own.replace('_', ' ')}"
    )
    return fields, (*common, *compile_groups(entry, context, path, sources, occasion))


def layers_of(
    name: str, entry: Mapping[str, Any], operation: Mapping[str, Any], path: Path, over: Sequence[Layer]
) -> list[Layer]:
    """The operation's fields, then what stands between, then the rule's own."""
    layers = [
        Layer(
            fields=fields,
            path=("operations", origin, "fields"),
            occasion=f"on every {origin.replace('_', ' ')}",
        )
        for origin, fields in operation["layers"]
    ]
    own = Layer(fields=entry.get("fields", {}), path=(*path, "fields"), occasion=f"for {name}")
    return [*layers, *over, own]


def _array(entry: Mapping[str, Any], operation: Operation, path: Path) -> str:
    """The list of the envelope that the rule's events go into; needed where there are several."""
    array = str(entry.get("array", ""))
    if array not in operation.arrays:
        known = [name for name in operation.arrays if name]
        if not known:
            raise DefinitionError((*path, "array"), "the operation's envelope has one list only; remove it")
        problem = f"no list `{array}`{suggestion(array, known)}" if array else "`array` is missing"
        place = (*path, "array") if array else path
        raise DefinitionError(place, f"{problem}; the envelope has {', '.join(known)}")
    return array


def _gate(
    entry: Mapping[str, Any], operation: Mapping[str, Any], context: Context, path: Path
) -> Gate | None:
    """The rule's own, else its operation's: one value, or several of which any one is enough."""
    sources = entry.get("skip_unless", operation.get("skip_unless"))
    if sources is None:
        return None
    listed = [sources] if isinstance(sources, str) else sources
    place = (*path, "skip_unless") if "skip_unless" in entry else path
    value = compile_expression({"first": [{"from": source} for source in listed]}, context, place)
    return Gate(value=value, parameter=listed[0].removeprefix("click_id."))
