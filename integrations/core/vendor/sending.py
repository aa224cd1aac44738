"""How a vendor's requests are paced and tried again, where its file says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery.core.breaker import BreakerPolicy
from delivery.core.retry import RetryPolicy
from integrations.core.mapping import DefinitionError

SPREAD = ("base_s", "factor", "longest_s")  # what `waits_s` stands in place of


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """`retry` and `breaker` are the fields of RetryPolicy and BreakerPolicy that the file gives."""

    concurrency: int | None = None
    retry: Mapping[str, Any] = field(default_factory=dict)
    breaker: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""

    def retry_policy(self, *, base_s: float) -> RetryPolicy:
        """The usual policy with this vendor's changes; `base_s` is the installation's first wait."""
        return RetryPolicy(**{"base_s": base_s, **self.retry})

    def breaker_policy(self) -> BreakerPolicy:
        """The usual policy with this vendor's changes."""
        return BreakerPolicy(**self.breaker)


def compile_sending(document: Mapping[str, Any]) -> Sending:
    """Raises DefinitionError where two ways of waiting are declared at once."""
    declared = document.get("sending", {})
    retry = dict(declared.get("retry", {}))
    for key in SPREAD:
        if "waits_s" in retry and key in retry:
            advice = "`waits_s` names every wait, so nothing is left to spread; keep one of the two"
            raise DefinitionError(("sending", "retry", key), advice, key=True)
    if "waits_s" in retry:
        retry["waits_s"] = tuple(retry["waits_s"])
        retry.setdefault("attempts", len(retry["waits_s"]) + 1)
    return Sending(
        concurrency=declared.get("concurrency"),
        retry=retry,
        breaker=declared.get("breaker", {}),
        about=declared.get("about", ""),
    )
