"""Regular expressions of vendor files: those of RE2, whose matching takes linear time whatever they say."""

from __future__ import annotations

from typing import Any

from integrations.core.mapping import DefinitionError
from integrations.core.mapping.errors import Path
from integrations.core.operations import patterns


def compile_pattern(text: str, path: Path) -> Any:
    """The compiled pattern, with `search` and `groups`; raises DefinitionError."""
    try:
        return patterns.pattern(text)
    except ValueError as error:
        raise DefinitionError(path, str(error)) from None
