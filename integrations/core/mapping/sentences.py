"""The sentences of rejected mappings: the vendor's field, what was looked for, and the next step."""

from __future__ import annotations

from integrations.core.mapping.context import Context
from integrations.core.mapping.scope import Expression


def missing(expression: Expression, context: Context, advice: str) -> str:
    """AdRoll needs `ip` on every event; context.ip is missing. Pass the visitor's address in context.ip."""
    looked = looked_for(expression.looks_in)
    next_step = advice or expression.advice or _pass_it(expression.looks_in)
    return f"{context.name} needs `{context.target}` {context.occasion}; {looked}. {next_step}".rstrip()


def unusable(expression: Expression, context: Context, reason: str) -> str:
    """AdRoll can't use properties.revenue for `conversion_value`: "abc" is not a number; send ..."""
    source = either(expression.looks_in) or "the value"
    field = f" for `{context.target}`" if context.target else ""
    return f"{context.name} can't use {source}{field}: {reason}."


def looked_for(places: tuple[str, ...]) -> str:
    if not places:
        return "it is missing"
    if len(places) == 1:
        return f"{places[0]} is missing"
    return f"{_listed(places, 'and')} are missing"


def either(places: tuple[str, ...]) -> str:
    return _listed(places, "or")


def pass_in(label: str, places: tuple[str, ...]) -> str:
    """The next step for a missing value: its first documented place."""
    return f"Pass {label} in {places[0]}." if places else ""


def _pass_it(places: tuple[str, ...]) -> str:
    if not places:
        return ""
    if places[0].startswith("the setting "):
        return f"Fill in {places[0]} of the destination."
    return f"Pass it in {places[0]}."


def _listed(places: tuple[str, ...], word: str) -> str:
    if len(places) < 2:
        return "".join(places)
    return f"{', '.join(places[:-1])} {word} {places[-1]}"
