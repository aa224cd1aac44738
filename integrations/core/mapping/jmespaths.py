"""`jmespath`: the escape hatch, with what it may cost bounded by the expression's own shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from integrations.core.mapping.context import Context
from integrations.core.mapping.errors import DefinitionError, Path
from integrations.core.mapping.scope import Expression, Scope
from integrations.core.operations.values import BadValue

LONGEST = 500  # characters
# [@, @] doubles its input, and such steps can be chained: the product of their sizes bounds the growth.
MOST_COPIES = 64


def compile_jmespath(text: object, context: Context, path: Path) -> Expression:
    """The expression over the event, or over the current item inside `each`."""
    search = parse(text, path)
    if context.batch:
        raise DefinitionError(
            path, "jmespath reads the event, but here only settings and the mode are in reach"
        )
    of_item = context.in_each

    def run(scope: Scope) -> object:
        return search(scope.item if of_item else scope.payload)

    return Expression(run=run, looks_in=(f"the expression {text}",), per_event=True, weight=5)


def parse(text: object, path: Path) -> Search:
    """The compiled search; its text is checked once, here."""
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
        raise DefinitionError(path, f"a JMESPath expression is text of at most {LONGEST} characters")
    try:
        parsed = jmespath.compile(text)
    except (JMESPathError, RecursionError) as error:
        raise DefinitionError(path, f"no valid JMESPath: {str(error).splitlines()[0]}") from None
    if _copies(parsed.parsed) > MOST_COPIES:
        raise DefinitionError(path, "the JMESPath expression copies its input too often; make it smaller")
    return Search(parsed)


class Search:
    """A JMESPath search whose only failure is `BadValue`."""

    __slots__ = ("_parsed",)

    def __init__(self, parsed: Any) -> None:
        self._parsed = parsed

    def __call__(self, document: object) -> object:
        try:
            return self._parsed.search(document)
        except (
            JMESPathError,
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
            RecursionError,
        ):
            raise BadValue("the JMESPath expression does not fit the event") from None


def _copies(node: Mapping[str, Any]) -> int:
    copies = max(len(node["children"]), 1) if node["type"].startswith("multi_select") else 1
    for child in node["children"]:
        if isinstance(child, Mapping):
            copies *= _copies(child)
    return copies
