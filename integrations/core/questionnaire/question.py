"""What a question is: its kind, its choices, and when it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    TEXT = "text"
    URL = "url"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"
    ROWS = "rows"


Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a question that is answered in rows."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    choices: Choices = ()
    required: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question. `asked_if` names another answer and the values of it for which this one is asked."""

    key: str
    part: str
    label: str
    kind: Kind = Kind.TEXT
    help: str = ""
    choices: Choices = ()
    columns: tuple[Column, ...] = ()
    required: bool = False
    default: object = None
    asked_if: tuple[str, tuple[object, ...]] | None = None
    least: int | None = None
    most: int | None = None
