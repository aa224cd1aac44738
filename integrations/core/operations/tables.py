"""`lookup`: a table from what stands in an event to what the vendor calls it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from integrations.core.operations.values import to_text


@lru_cache(maxsize=4_096)
def normal_name(name: str) -> str:
    """Names are compared without regard to case, and `_`, `-` and blanks are the same."""
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


class Table(dict[str, object]):
    """A table whose keys are normal names already: one that a vendor file declares."""


def declared_table(entries: Mapping[str, object]) -> Table:
    """The table ready for looking up."""
    return Table({normal_name(str(key)): value for key, value in entries.items()})


def lookup(value: object, table: object) -> object:
    """What the table has for the value, nothing when it has no such line."""
    name = to_text(value)
    if isinstance(table, Table):
        return table.get(normal_name(name))
    if not isinstance(table, Mapping):
        return None
    if name in table:
        return table[name]
    wanted = normal_name(name)
    return next((found for key, found in table.items() if normal_name(str(key)) == wanted), None)
