"""`as:`: a list of named operations, compiled into one function of the value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.core.mapping.context import Context
from integrations.core.mapping.errors import DefinitionError, Path, suggestion
from integrations.core.mapping.scope import Expression, Scope, is_empty
from integrations.core.operations import (
    HASHES,
    NORMALISERS,
    NUMBERS_NEEDED,
    OPERATIONS,
    Apply,
    Argument,
    NamedOperation,
)
from integrations.core.operations.identity import DIGEST_LENGTHS

Stage = Callable[[object, Scope], object]
CompileExpression = Callable[[object, Context, Path], Expression]
SMALL_NUMBER = re.compile(r"\d{1,4}\Z")


@dataclass(frozen=True, slots=True)
class _Call:
    operation: NamedOperation
    argument: str | None
    expression: Expression | None


def compile_pipeline(
    document: object, context: Context, path: Path, compile_expression: CompileExpression
) -> tuple[Stage, int]:
    """The function that applies the operations in order, and its weight. Empty values stop it."""
    entries = document if isinstance(document, list) else [document]
    calls = [
        _call(entry, context, (*path, index) if isinstance(document, list) else path, compile_expression)
        for index, entry in enumerate(entries)
    ]
    stages = tuple(_stage(call, following) for call, following in zip(calls, [*calls[1:], None], strict=True))
    weight = sum(1 + (call.expression.weight if call.expression else 0) for call in calls)
    return (stages[0] if len(stages) == 1 else _in_order(stages)), weight


def _in_order(stages: tuple[Stage, ...]) -> Stage:
    def run(value: object, scope: Scope) -> object:
        for stage in stages:
            value = stage(value, scope)
            if is_empty(value):
                return None
        return value

    return run


def _call(entry: object, context: Context, path: Path, compile_expression: CompileExpression) -> _Call:
    """`truncate:40` or `{minor_units: {from: currency}}`."""
    if isinstance(entry, Mapping) and len(entry) == 1:
        ((name, document),) = entry.items()
        operation = _operation(name, path)
        if operation.argument not in (Argument.VALUE, Argument.OPTIONAL_VALUE):
            raise DefinitionError(path, f"`{name}` takes no expression; write `{name}` or `{name}:...`")
        return _Call(operation, None, compile_expression(document, context, (*path, str(name))))
    if not isinstance(entry, str):
        raise DefinitionError(path, "an operation is a name such as `lower`, or `truncate:40`")
    name, colon, argument = entry.partition(":")
    operation = _operation(name, path)
    return _Call(operation, _checked(operation, argument if colon else None, path), None)


def _operation(name: object, path: Path) -> NamedOperation:
    if name not in OPERATIONS:
        raise DefinitionError(path, f"unknown operation `{name}`{suggestion(name, OPERATIONS)}")
    return OPERATIONS[str(name)]


def _checked(operation: NamedOperation, argument: str | None, path: Path) -> str | None:
    """The argument when it is of the kind that the operation declares."""
    kind, name = operation.argument, operation.name
    if argument is None:
        if kind in (Argument.TEXT, Argument.NUMBER, Argument.NUMBERS, Argument.DIGEST, Argument.VALUE):
            raise DefinitionError(
                path, f"`{name}` needs a {kind} after a colon, such as `{name}:{_sample(kind)}`"
            )
        return None
    if kind is Argument.NONE:
        raise DefinitionError(path, f"`{name}` takes no argument; write `{name}`")
    if kind in (Argument.NUMBER, Argument.OPTIONAL_NUMBER) and not SMALL_NUMBER.match(argument):
        raise DefinitionError(path, f"`{name}` needs a number after the colon, not `{argument}`")
    if kind is Argument.NUMBERS:
        parts, needed = argument.split(","), NUMBERS_NEEDED[name]
        if len(parts) != needed or not all(SMALL_NUMBER.match(part) for part in parts):
            raise DefinitionError(
                path, f"`{name}` needs {needed} numbers separated by commas, not `{argument}`"
            )
    if kind is Argument.OPTIONAL_NUMBER and int(argument) > 9:
        raise DefinitionError(path, f"`{name}` takes at most 9 decimals")
    if kind is Argument.DIGEST and argument not in DIGEST_LENGTHS:
        raise DefinitionError(path, f"`{name}` knows md5, sha1 and sha256, not `{argument}`")
    return argument


def _sample(kind: Argument) -> str:
    return {
        Argument.NUMBER: "40",
        Argument.NUMBERS: "4,255",
        Argument.DIGEST: "sha256",
        Argument.VALUE: "USD",
    }.get(kind, ",")


def _stage(call: _Call, following: _Call | None) -> Stage:
    apply, argument = call.operation.apply, call.argument
    if call.operation.name in NORMALISERS:
        return _normaliser(call, following)
    if call.expression is not None:
        return _with_expression(apply, call.expression)
    if call.operation.whole:
        return lambda value, _: apply(value, argument)

    def stage(value: object, _: Scope) -> object:
        return _each(apply, value, argument) if isinstance(value, list) else apply(value, argument)

    return stage


def _with_expression(apply: Apply, expression: Expression) -> Stage:
    def stage(value: object, scope: Scope) -> object:
        argument = expression.run(scope)
        return _each(apply, value, argument) if isinstance(value, list) else apply(value, argument)

    return stage


def _normaliser(call: _Call, following: _Call | None) -> Stage:
    """E-mail and phone let a digest through when the next operation would make that digest."""
    name = following.operation.name if following else None
    expected = name if name in HASHES else None
    if call.operation.name == "phone_e164":
        return _phone(call, expected)
    apply = call.operation.apply

    def stage(value: object, _: Scope) -> object:
        return _each(apply, value, expected) if isinstance(value, list) else apply(value, expected)

    return stage


def _phone(call: _Call, expected: str | None) -> Stage:
    from integrations.core.operations.identity import phone_e164

    def stage(value: object, scope: Scope) -> object:
        region = call.expression.run(scope) if call.expression else call.argument

        def apply(item: object, _: object) -> object:
            return phone_e164(item, region, expected)

        return _each(apply, value, None) if isinstance(value, list) else apply(value, None)

    return stage


def _each(apply: Apply, items: list[object], argument: object) -> list[object]:
    """The operation on every item; empty ones are dropped."""
    results = (apply(item, argument) for item in items if not is_empty(item))
    return [result for result in results if not is_empty(result)]
