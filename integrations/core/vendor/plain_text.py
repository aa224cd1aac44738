"""Texts that a request can't do without: a secret, an id, an address of a token endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.core.mapping import Context, Expression, Rejection, Scope, compile_expression, is_empty
from integrations.core.mapping.errors import Path
from integrations.core.operations.values import BadValue, to_text


@dataclass(frozen=True, slots=True)
class Text:
    """An expression of settings that must give plain text."""

    expression: Expression

    def value(self, scope: Scope, vendor: str, *, allow_empty: bool = False) -> str:
        """The text; raises a rejection that names the setting and never shows it."""
        value = self.expression.run(scope)
        places = " and ".join(self.expression.looks_in) or "its credentials"
        if is_empty(value):
            if allow_empty:
                return ""
            raise Rejection(f"{vendor} needs {places} to authenticate. Fill it in.")
        try:
            text = to_text(value)
            text.encode()
        except (BadValue, UnicodeEncodeError):
            raise Rejection(f"{vendor} can't use {places}: it is no plain text.") from None
        return text


def compile_text(document: object, context: Context, path: Path) -> Text:
    return Text(compile_expression(document, context, path))
