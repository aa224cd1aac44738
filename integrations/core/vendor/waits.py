"""How long a vendor asks to wait, where it says so elsewhere than in `Retry-After`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from delivery.core.retry import retry_after_seconds
from integrations.core.mapping.errors import Path
from integrations.core.mapping.jmespaths import Search, parse
from integrations.core.vendor.answer import Answer, found

DIVISORS = {"seconds": 1, "ms": 1_000, "unix_s": 1, "unix_ms": 1_000}
LATEST = 253_402_300_799  # the last second of the year 9999


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """A header or a place in the body, and what its number counts."""

    header: str = ""
    search: Search | None = None
    form: str = "seconds"

    def seconds(self, answer: Answer, *, now: datetime) -> float | None:
        """From now on, None where nothing usable is said."""
        said = found(self.search, answer.document) if self.search else answer.response.header(self.header)
        try:
            number = float(str(said)) / DIVISORS[self.form]
        except ValueError:
            return retry_after_seconds(str(said), now=now) if said else None
        if not 0 <= number <= LATEST:
            return None
        if self.form in ("unix_s", "unix_ms"):
            return max((datetime.fromtimestamp(number, UTC) - now).total_seconds(), 0.0)
        return number


def compile_wait(document: Mapping[str, Any], path: Path) -> Wait:
    search = document.get("jmespath")
    return Wait(
        header=document.get("header", ""),
        search=parse(search, (*path, "jmespath")) if search else None,
        form=document.get("as", "seconds"),
    )
