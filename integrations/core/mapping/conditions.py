"""Conditions of `when`: set, equals, in, mode, type, event, name, is, batched, any, all, not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from integrations.core.event import TYPES
from integrations.core.event_names import meant
from integrations.core.mapping.context import Context, checked_weight
from integrations.core.mapping.errors import DefinitionError, Path, Rejection, suggestion
from integrations.core.mapping.scope import Condition, Expression, Scope, Test, is_empty
from integrations.core.mapping.words import CONDITIONS
from integrations.core.operations.tables import normal_name
from integrations.core.operations.values import BadValue

CompileExpression = Callable[[object, Context, Path], Expression]
MODES = ("live", "test", "sandbox")


def compile_condition(
    document: object, context: Context, path: Path, compile_expression: CompileExpression
) -> Condition:
    """A test of one event; several keys must all hold."""
    if not isinstance(document, Mapping) or not document:
        raise DefinitionError(path, "a condition is an object such as {set: $properties.email}")
    inner = replace(context.deeper(path), listener=None)  # a condition sends nothing
    parts = [
        _one(str(key), value, inner, (*path, str(key)), compile_expression) for key, value in document.items()
    ]
    return parts[0] if len(parts) == 1 else _all(parts, path)


def _one(
    key: str, value: object, context: Context, path: Path, compile_expression: CompileExpression
) -> Condition:
    if key not in CONDITIONS:
        raise DefinitionError(path, f"unknown condition{suggestion(key, CONDITIONS)}", key=True)
    if key in ("any", "all", "not"):
        return _combined(key, value, context, path, compile_expression)
    if key == "is":
        return _named(value, context, path)
    if key == "mode":
        return _mode(value, path)
    if key == "batched":
        return _batched(value, context, path)
    if key in ("type", "event", "name"):
        return _about_event(key, value, context, path)
    return _compared(key, value, context, path, compile_expression)


def _combined(
    key: str, value: object, context: Context, path: Path, compile_expression: CompileExpression
) -> Condition:
    if key == "not":
        inner = compile_condition(value, context, path, compile_expression)
        test = inner.test
        return Condition(test=lambda scope: not test(scope), per_event=inner.per_event, weight=inner.weight)
    if not isinstance(value, list) or not value:
        raise DefinitionError(path, f"`{key}` needs a list of conditions")
    parts = [
        compile_condition(entry, context, (*path, index), compile_expression)
        for index, entry in enumerate(value)
    ]
    return _all(parts, path) if key == "all" else _any(parts, path)


def _all(parts: list[Condition], path: Path) -> Condition:
    tests = tuple(part.test for part in parts)

    def test(scope: Scope) -> bool:
        for part in tests:  # noqa: SIM110 - a loop costs half of all() over a generator
            if not part(scope):
                return False
        return True

    return _joined(parts, test, path)


def _any(parts: list[Condition], path: Path) -> Condition:
    tests = tuple(part.test for part in parts)

    def test(scope: Scope) -> bool:
        for part in tests:  # noqa: SIM110
            if part(scope):
                return True
        return False

    return _joined(parts, test, path)


def _joined(parts: list[Condition], test: Test, path: Path) -> Condition:
    weight = checked_weight(sum(part.weight for part in parts), path)
    return Condition(test=test, per_event=any(part.per_event for part in parts), weight=weight)


def _named(value: object, context: Context, path: Path) -> Condition:
    if value not in context.conditions:
        known = context.conditions
        raise DefinitionError(
            path, f"no condition `{value}` is declared before this{suggestion(value, known)}"
        )
    name, named = str(value), context.conditions[str(value)]
    if context.batch and named.per_event:
        raise DefinitionError(
            path, f"`{name}` reads the event, but here only settings and the mode are in reach"
        )
    test = named.test

    def remembered(scope: Scope) -> bool:
        held = scope.held.get(name)
        if held is None:
            held = scope.held[name] = test(scope)
        return held

    return replace(named, test=remembered)


def _batched(value: object, context: Context, path: Path) -> Condition:
    """Whether the request carries several events."""
    if not context.of_request:
        raise DefinitionError(path, "`batched` is known only where a request is made, not in fields")
    if not isinstance(value, bool):
        raise DefinitionError(path, "`batched` is true or false")
    return Condition(test=lambda scope: (scope.request is not None and scope.request.batched) is value)


def _mode(value: object, path: Path) -> Condition:
    modes = frozenset(_names(value, path))
    if unknown := modes.difference(MODES):
        raise DefinitionError(path, f"unknown mode `{min(unknown)}`; known are {', '.join(MODES)}")
    return Condition(test=lambda scope: scope.mode in modes)


def _about_event(key: str, value: object, context: Context, path: Path) -> Condition:
    if context.batch:
        raise DefinitionError(
            path, f"`{key}` reads the event, but here only settings and the mode are in reach"
        )
    names = _names(value, path)
    if key == "event":
        return _event_name(key, meant(names))
    if key == "name":
        return _event_name(key, frozenset(normal_name(name) for name in names))
    if unknown := set(names).difference(TYPES):
        raise DefinitionError(path, f"unknown event type `{min(unknown)}`; known are {', '.join(TYPES)}")
    types = frozenset(names)
    return Condition(test=lambda scope: scope.event.type in types, per_event=True)


def _event_name(key: str, names: frozenset[str]) -> Condition:
    """`event` is the name of a track, `name` the name of a page or screen."""
    types = ("track", "custom") if key == "event" else ("page", "screen")

    def test(scope: Scope) -> bool:
        return scope.event.type in types and normal_name(scope.event.name) in names

    return Condition(test=test, per_event=True)


def _compared(
    key: str, value: object, context: Context, path: Path, compile_expression: CompileExpression
) -> Condition:
    if key == "set":
        source = _operand(value, context, path, compile_expression)
        run = source.run
        return Condition(
            test=lambda scope: not is_empty(run(scope)), per_event=source.per_event, weight=source.weight
        )
    if not isinstance(value, list) or len(value) != 2:
        raise DefinitionError(path, f"`{key}` needs two things: [what is compared, with what]")
    left = _operand(value[0], context, (*path, 0), compile_expression)
    if key == "equals":
        return _equals(left, compile_expression(value[1], context, (*path, 1)))
    if not isinstance(value[1], list) or not all(isinstance(v, (str, int, float, bool)) for v in value[1]):
        raise DefinitionError((*path, 1), "`in` needs a list of texts, numbers or booleans")
    return _in(left, value[1])


def _operand(
    value: object, context: Context, path: Path, compile_expression: CompileExpression
) -> Expression:
    """What is compared; a bare word is a dictionary name. A value that can't be read is none."""
    operand = compile_expression({"from": value} if isinstance(value, str) else value, context, path)
    run = operand.run

    def read(scope: Scope) -> object:
        try:
            return run(scope)
        except (Rejection, BadValue):
            return None

    return operand if isinstance(value, str) else replace(operand, run=read)


def _equals(left: Expression, right: Expression) -> Condition:
    one, other = left.run, right.run
    return Condition(
        test=lambda scope: _same(one(scope), other(scope)),
        per_event=left.per_event or right.per_event,
        weight=left.weight + right.weight,
    )


def _in(left: Expression, values: list[object]) -> Condition:
    run = left.run
    texts = frozenset(value for value in values if isinstance(value, str))
    others = [value for value in values if not isinstance(value, str)]

    def test(scope: Scope) -> bool:
        value = run(scope)
        if isinstance(value, str):
            return value in texts
        return value is not None and any(_same(value, other) for other in others)

    return Condition(test=test, per_event=left.per_event, weight=left.weight)


def _same(left: object, right: object) -> bool:
    """Equal, with true not being 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _names(value: object, path: Path) -> list[str]:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) for name in names):
        raise DefinitionError(path, "a name or a list of names is needed")
    return [str(name) for name in names]
