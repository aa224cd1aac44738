"""A destination's change as it lies at one field of one rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations.core.mapping.errors import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class LaidChange:
    """The `index`th change where it holds: the rule and its place in the document, `title` for a part of it,
    the way to the field, and the expression that stands there now; None is left out. `is_new` where the file
    has no such field.
    """

    index: int
    rule: str
    title: str
    path: Path
    steps: tuple[str, ...]
    document: Any
    is_new: bool

    @property
    def leaves_out(self) -> bool:
        """Whether the field is not sent."""
        return self.document is None
