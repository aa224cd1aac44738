"""How an operation is declared: its function, its argument, and what that argument must look like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

Apply = Callable[[object, object], object]
Prepare = Callable[[str], object]  # raises ValueError with what would be right


class Argument(StrEnum):
    """What may stand after the colon, as in `truncate:40`."""

    NONE = "none"
    TEXT = "text"
    OPTIONAL_TEXT = "optional text"
    NUMBER = "number"
    OPTIONAL_NUMBER = "optional number"
    DIGEST = "digest"
    CHOICE = "choice"  # one of the declared words, or nothing
    NUMBERS = "numbers"  # as many as declared, separated by commas
    VALUE = "value"  # text after the colon, or an expression: {minor_units: {from: currency}}
    OPTIONAL_VALUE = "optional value"
    TABLE = "table"  # {lookup: {yes: 1, no: 0}}, or a setting: {lookup: $settings.ids}


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedOperation:
    """One operation. `whole` ones take a list as it is; the others are applied to each of its items.

    `prepare` makes of the argument's text what the function takes, once, when a vendor is compiled.
    """

    name: str
    apply: Apply
    argument: Argument
    whole: bool
    about: str
    choices: tuple[str, ...] = ()
    numbers: int = 0
    prepare: Prepare | None = None


def named(
    name: str,
    apply: Apply,
    about: str,
    argument: Argument = Argument.NONE,
    *,
    whole: bool = False,
    choices: tuple[str, ...] = (),
    numbers: int = 0,
    prepare: Prepare | None = None,
) -> NamedOperation:
    """The declaration of one operation, as a line of the table."""
    return NamedOperation(
        name=name,
        apply=apply,
        argument=argument,
        whole=whole,
        about=about,
        choices=choices,
        numbers=numbers,
        prepare=prepare,
    )
