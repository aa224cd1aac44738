"""`as:`: a list of named operations, compiled into one function of the value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.core.mapping.context import Context
from integrations.core.mapping.errors import DefinitionError, Path, suggestion
from integrations.core.mapping.scope import Expression, Scope, is_empty
from integrations.core.operations import HASHES, OPERATIONS, Argument, NamedOperation
from integrations.core.operations.identity import DIGEST_LENGTHS, digest
from integrations.core.operations.tables import declared_table

Stage = Callable[[object, Scope], object]
CompileExpression = Callable[[object, Context, Path], Expression]
SMALL_NUMBER = re.compile(r"\d{1,4}\Z")
MOST_OPERATIONS = 20
NEEDED = {
    Argument.TEXT: ",",
    Argument.NUMBER: "40",
    Argument.NUMBERS: "4,255",
    Argument.DIGEST: "sha256",
    Argument.VALUE: "USD",
}


@dataclass(frozen=True, slots=True)
class _Call:
    operation: NamedOperation
    argument: object
    expression: Expression | None


def compile_pipeline(
    document: object, context: Context, path: Path, compile_expression: CompileExpression
) -> tuple[Stage, int]:
    """The function that applies the operations in order, and its weight. Empty values stop it."""
    entries = document if isinstance(document, list) else [document]
    if len(entries) > MOST_OPERATIONS:
        raise DefinitionError(path, f"at most {MOST_OPERATIONS} operations in a row")
    calls = [
        _call(entry, context, (*path, index) if isinstance(document, list) else path, compile_expression)
        for index, entry in enumerate(entries)
    ]
    weight = sum(1 + (call.expression.weight if call.expression else 0) for call in calls)
    return _in_order(_stages(calls)), weight


def _stages(calls: list[_Call]) -> list[Stage]:
    """One stage a call; what leads to a hash becomes one with it, so that a digest can pass around it."""
    stages: list[Stage] = []
    pending: list[_Call] = []
    for call in calls:
        pending.append(call)
        if call.operation.whole:
            stages += [_each(one) for one in pending[:-1]]
            stages.append(_applied(call))
            pending = []
        elif call.operation.name in HASHES:
            stages.append(_listwise(_hashing(pending)))
            pending = []
    return [*stages, *(_each(one) for one in pending)]


def _each(call: _Call) -> Stage:
    """The commonest stage, without a call between it and the operation."""
    if call.expression is not None:
        return _listwise(_applied(call))
    apply, argument, listed = call.operation.apply, call.argument, _listwise(_applied(call))
    return lambda value, scope: listed(value, scope) if isinstance(value, list) else apply(value, argument)


def _applied(call: _Call) -> Stage:
    apply, argument = call.operation.apply, call.argument
    if call.expression is None:
        return lambda value, _: apply(value, argument)
    run = call.expression.run
    return lambda value, scope: apply(value, run(scope))


def _listwise(stage: Stage) -> Stage:
    """The stage on every item of a list, else on the value; empty ones are dropped."""

    def each(value: object, scope: Scope) -> object:
        if not isinstance(value, list):
            return stage(value, scope)
        results = (stage(item, scope) for item in value if not is_empty(item))
        return [result for result in results if not is_empty(result)]

    return each


def _hashing(calls: list[_Call]) -> Stage:
    """A value that is the hash already is not normalised, as that would spoil it, nor hashed again."""
    kind = calls[-1].operation.name
    run = _in_order([_applied(call) for call in calls])

    def stage(value: object, scope: Scope) -> object:
        return digest(value, kind) or run(value, scope)

    return stage


def _in_order(stages: list[Stage]) -> Stage:
    if len(stages) == 1:
        return stages[0]

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
        return _with_document(_operation(name, path), document, context, path, compile_expression)
    if not isinstance(entry, str):
        raise DefinitionError(path, "an operation is a name such as `lower`, or `truncate:40`")
    name, colon, argument = entry.partition(":")
    operation = _operation(name, path)
    return _Call(operation, _checked(operation, argument if colon else None, path), None)


def _with_document(
    operation: NamedOperation,
    document: object,
    context: Context,
    path: Path,
    compile_expression: CompileExpression,
) -> _Call:
    """An operation whose argument is an expression, or a table."""
    name, place = operation.name, (*path, operation.name)
    if operation.argument is Argument.TABLE:
        if isinstance(document, Mapping):
            return _Call(operation, _table(document, place), None)
        if not isinstance(document, str) or not document.startswith("$settings."):
            raise DefinitionError(place, "a table is an object such as {yes: 1, no: 0}, or $settings.<name>")
    elif operation.argument not in (Argument.VALUE, Argument.OPTIONAL_VALUE):
        raise DefinitionError(path, f"`{name}` takes no expression; write `{name}` or `{name}:...`")
    return _Call(operation, None, compile_expression(document, context, place))


def _table(document: Mapping[str, object], path: Path) -> object:
    if not document or not all(isinstance(value, (str, int, float, bool)) for value in document.values()):
        raise DefinitionError(path, "a table has texts, numbers or booleans as its values")
    return declared_table(document)


def _operation(name: object, path: Path) -> NamedOperation:
    if name not in OPERATIONS:
        raise DefinitionError(path, f"unknown operation `{name}`{suggestion(name, OPERATIONS)}")
    return OPERATIONS[str(name)]


def _checked(operation: NamedOperation, argument: str | None, path: Path) -> object:
    """The argument in the form that the operation takes, when it is of the declared kind."""
    kind, name = operation.argument, operation.name
    if argument is None:
        if kind is Argument.TABLE:
            raise DefinitionError(path, f"`{name}` needs a table, such as {{{name}: {{yes: 1, no: 0}}}}")
        if kind in NEEDED:
            raise DefinitionError(
                path, f"`{name}` needs a {kind} after a colon, such as `{name}:{NEEDED[kind]}`"
            )
        return None
    if kind in (Argument.NONE, Argument.TABLE):
        raise DefinitionError(path, f"`{name}` takes no argument; write `{name}`")
    if problem := _problem(operation, argument):
        raise DefinitionError(path, problem)
    if operation.prepare is None:
        return argument
    try:
        return operation.prepare(argument)
    except ValueError as error:
        raise DefinitionError(path, f"`{name}`: {error}") from None


def _problem(operation: NamedOperation, argument: str) -> str:
    name = operation.name
    match operation.argument:
        case Argument.NUMBER | Argument.OPTIONAL_NUMBER if not SMALL_NUMBER.match(argument):
            return f"`{name}` needs a number after the colon, not `{argument}`"
        case Argument.NUMBERS:
            parts = argument.split(",")
            if len(parts) != operation.numbers or not all(SMALL_NUMBER.match(part) for part in parts):
                return f"`{name}` needs {operation.numbers} numbers separated by commas, not `{argument}`"
        case Argument.DIGEST if argument not in DIGEST_LENGTHS:
            return f"`{name}` knows md5, sha1 and sha256, not `{argument}`"
        case Argument.CHOICE if argument not in operation.choices:
            return f"`{name}` knows {', '.join(operation.choices)}, not `{argument}`"
    return ""
