"""`template`: text with paths in braces, each with operations after bars: "{$properties.name|lower}"."""

from __future__ import annotations

import re
from collections.abc import Callable

from integrations.core.mapping.context import Context
from integrations.core.mapping.errors import DefinitionError, Path
from integrations.core.mapping.scope import Expression, Run, Scope, is_empty
from integrations.core.operations.values import BadValue, describe, to_text

PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|([^{}]+)|([{}])")
LONGEST = 2_000  # characters
CompileExpression = Callable[[object, Context, Path], Expression]
Encode = Callable[[str], str]


def compile_template(
    text: object,
    context: Context,
    path: Path,
    compile_expression: CompileExpression,
    encode: Encode | None = None,
) -> Expression:
    """Text whose every placeholder is found; one missing makes the whole text missing."""
    if not isinstance(text, str):
        raise DefinitionError(path, 'a template is text with paths in braces, such as "{$context.page.path}"')
    if len(text) > LONGEST:
        raise DefinitionError(path, f"a template has at most {LONGEST} characters; this one has {len(text)}")
    parts = [_part(match, context, path, compile_expression, encode) for match in PART.finditer(text)]
    expressions = [part for part in parts if isinstance(part, Expression)]
    runs = tuple(part.run if isinstance(part, Expression) else part for part in parts)
    return Expression(
        run=_filled(runs),
        looks_in=tuple(dict.fromkeys(place for part in expressions for place in part.looks_in)),
        per_event=any(part.per_event for part in expressions),
        weight=1 + sum(part.weight for part in expressions),
    )


def _part(
    match: re.Match[str],
    context: Context,
    path: Path,
    compile_expression: CompileExpression,
    encode: Encode | None,
) -> Expression | str:
    if match[0] in ("{{", "}}"):
        return match[0][0]
    if match[3]:
        raise DefinitionError(
            path, f"a single `{match[3]}` in the template; double it to mean the brace itself"
        )
    if match[2] is not None:
        return match[2]
    source, *operations = (piece.strip() for piece in match[1].split("|"))
    document = {"from": source, "as": operations} if operations else {"from": source}
    return _as_text(compile_expression(document, context, path), encode)


def _as_text(expression: Expression, encode: Encode | None) -> Expression:
    run = expression.run

    def text(scope: Scope) -> object:
        value = run(scope)
        if is_empty(value):
            return None
        if isinstance(value, (dict, list)):
            raise BadValue(f"{describe(value)} was found where text is needed")
        return encode(to_text(value)) if encode else to_text(value)

    return Expression(
        run=text, looks_in=expression.looks_in, per_event=expression.per_event, weight=expression.weight
    )


def _filled(parts: tuple[Run | str, ...]) -> Run:
    def fill(scope: Scope) -> object:
        texts: list[str] = []
        for part in parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            value = part(scope)
            if value is None:
                return None
            texts.append(str(value))
        return "".join(texts)

    return fill
