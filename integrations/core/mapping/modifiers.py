"""What stands beside a directive's producer: as, when, else, default, required, if_bad, keep_empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from integrations.core.mapping import sentences
from integrations.core.mapping.conditions import compile_condition
from integrations.core.mapping.context import Context, checked_weight
from integrations.core.mapping.errors import DefinitionError, Path, Rejection
from integrations.core.mapping.pipeline import Stage, compile_pipeline
from integrations.core.mapping.scope import Condition, Expression, Run, Scope, is_empty
from integrations.core.operations.values import BadValue

CompileExpression = Callable[[object, Context, Path], Expression]


def modify(
    produced: Expression,
    document: Mapping[str, object],
    context: Context,
    path: Path,
    compile_expression: CompileExpression,
) -> Expression:
    """The producer wrapped in its modifiers: when, then as, then default, then required."""
    expression = _converted(produced, document, context, path, compile_expression)
    if "when" in document or "else" in document:
        expression = _conditional(expression, document, context, path, compile_expression)
    if "default" in document:
        other = compile_expression(document["default"], context, (*path, "default"))
        expression = _defaulted(expression, other, path)
    if document.get("required"):
        place = (*path, "required")
        expression = _required(expression, document["required"], context, place, compile_expression)
    return replace(expression, keeps_empty=bool(document.get("keep_empty")))


def _converted(
    produced: Expression,
    document: Mapping[str, object],
    context: Context,
    path: Path,
    compile_expression: CompileExpression,
) -> Expression:
    """`as`, with a value that an operation refuses turned into the rejection's sentence."""
    stage, weight = None, 0
    if "as" in document:
        stage, weight = compile_pipeline(document["as"], context, (*path, "as"), compile_expression)
    elif not {"jmespath", "each", "template"} & document.keys():
        return produced
    run = _guarded(produced, stage, context, drops=_drops(document, path))
    return replace(produced, run=run, weight=checked_weight(produced.weight + weight, path))


def _drops(document: Mapping[str, object], path: Path) -> bool:
    choice = document.get("if_bad", "reject")
    if choice not in ("drop", "reject"):
        raise DefinitionError((*path, "if_bad"), "`if_bad` is drop or reject")
    return choice == "drop"


def _guarded(produced: Expression, stage: Stage | None, context: Context, *, drops: bool) -> Run:
    produce = produced.run

    def run(scope: Scope) -> object:
        try:
            value = produce(scope)
            if stage is None:
                return value
            return None if is_empty(value) else stage(value, scope)
        except BadValue as bad:
            sentence = sentences.unusable(produced, context, str(bad))
        if not drops:
            raise Rejection(sentence)
        scope.notes.append(f"{sentence} The field was left out.")
        return None

    return run


def _conditional(
    expression: Expression,
    document: Mapping[str, object],
    context: Context,
    path: Path,
    compile_expression: CompileExpression,
) -> Expression:
    if "when" not in document:
        raise DefinitionError((*path, "else"), "`else` belongs to `when`", key=True)
    when = compile_condition(document["when"], context, (*path, "when"), compile_expression)
    other = compile_expression(document.get("else"), context, (*path, "else"))
    test, run, otherwise = when.test, expression.run, other.run
    return replace(
        expression,
        run=lambda scope: run(scope) if test(scope) else otherwise(scope),
        per_event=expression.per_event or when.per_event or other.per_event,
        weight=checked_weight(expression.weight + when.weight + other.weight, path),
    )


def _defaulted(expression: Expression, other: Expression, path: Path) -> Expression:
    run, otherwise = expression.run, other.run

    def defaulted(scope: Scope) -> object:
        value = run(scope)
        return otherwise(scope) if is_empty(value) else value

    return replace(
        expression,
        run=defaulted,
        per_event=expression.per_event or other.per_event,
        weight=checked_weight(expression.weight + other.weight, path),
    )


def _required(
    expression: Expression,
    document: object,
    context: Context,
    path: Path,
    compile_expression: CompileExpression,
) -> Expression:
    """`required: true`, the next step as text, or `{when: ..., advice: ...}`."""
    condition, advice = _requirement(document, context, path, compile_expression)
    sentence, run = sentences.missing(expression, context, advice), expression.run

    def required(scope: Scope) -> object:
        value = run(scope)
        if is_empty(value) and (condition is None or condition.test(scope)):
            raise Rejection(sentence)
        return value

    return replace(expression, run=required)


def _requirement(
    document: object, context: Context, path: Path, compile_expression: CompileExpression
) -> tuple[Condition | None, str]:
    if document is True or isinstance(document, str):
        return None, "" if document is True else str(document)
    if not isinstance(document, Mapping) or not document or document.keys() - {"when", "advice"}:
        raise DefinitionError(path, "`required` is true, the next step as text, or {when: ..., advice: ...}")
    when = document.get("when")
    condition = compile_condition(when, context, (*path, "when"), compile_expression) if when else None
    return condition, str(document.get("advice", ""))
