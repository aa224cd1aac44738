"""The closed vocabulary of the mapping language."""

from __future__ import annotations

from collections.abc import Mapping

# What produces a value: exactly one of these stands in a directive.
PRODUCERS = frozenset({"from", "first", "constant", "each", "template", "merge", "jmespath", "object", "use"})
# What may stand beside it.
MODIFIERS = frozenset(
    {"as", "when", "else", "default", "required", "if_bad", "item", "keep_empty", "unverified"}
)
DIRECTIVES = PRODUCERS | MODIFIERS
CONDITIONS = frozenset(
    {"set", "equals", "in", "mode", "type", "event", "name", "any", "all", "not", "is", "batched"}
)


def is_directive(document: object) -> bool:
    """An object with any reserved word is a directive; fields of such names are written in `object:`."""
    return isinstance(document, Mapping) and not DIRECTIVES.isdisjoint(document)
