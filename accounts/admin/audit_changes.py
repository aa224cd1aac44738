"""The differences of an audit entry as a table that people read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.services.audit import MASK

SECRETS = {
    (True, True): ("was set", "changed"),
    (False, True): ("was not set", "set"),
    (True, False): ("was set", "cleared"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One field, before and after, in words."""

    field: str
    before: str
    after: str


def changes_in_words(changes: Mapping[str, Sequence[Any]]) -> list[Change]:
    """A line a field. A secret's says only what became of it."""
    return [_change(name, *pair) for name, pair in changes.items()]


def _change(name: str, before: Any, after: Any) -> Change:
    field = re.sub(r"_s$", " (seconds)", name).replace("_", " ").replace(".", ": ")
    if MASK in (before, after):
        told = SECRETS[before is not None, after is not None]
        return Change(field=field, before=told[0], after=told[1])
    return Change(field=field, before=words(before), after=words(after))


def words(value: Any) -> str:
    """A value as people say it."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(words(one) for one in value) or "none"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
