"""Regular expressions of vendor files, which customers write too: only those that can't explode."""

from __future__ import annotations

import re

from integrations.core.mapping import DefinitionError
from integrations.core.mapping.errors import Path

QUANTIFIED_GROUP = re.compile(r"\)[*+{]")
UNBOUNDED = re.compile(r"[*+]|\{\d*,\d*\}")
CHOICE = re.compile(r"\||(?<!\()\?")
MOST_CHOICES = 12


def compile_pattern(pattern: str, path: Path, *, most_unbounded: int = 2) -> re.Pattern[str]:
    """The compiled pattern; raises DefinitionError."""
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise DefinitionError(path, f"no valid regular expression: {error}") from None
    if QUANTIFIED_GROUP.search(pattern) or len(UNBOUNDED.findall(pattern)) > most_unbounded:
        most = "one" if most_unbounded == 1 else "two"
        raise DefinitionError(
            path, f"at most {most} of * and +, and none after a group, so that matching stays quick"
        )
    if len(CHOICE.findall(pattern)) > MOST_CHOICES:
        raise DefinitionError(path, f"at most {MOST_CHOICES} of | and ?, so that matching stays quick")
    return compiled
