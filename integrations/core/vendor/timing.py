"""Time rules: events too old or too far ahead for the vendor are rejected before sending."""

from __future__ import annotations

from datetime import datetime

from integrations.core.vendor.definition import TimeRules
from integrations.core.vendor.results import Rejected, RejectReason


def time_problem(
    rules: TimeRules, happened_at: datetime, now: datetime, vendor: str, max_age_s: int | None = None
) -> Rejected | None:
    """Why the event's time is refused, if it is; of vendor's and destination's age the shorter counts."""
    age_s = (now - happened_at).total_seconds()
    if max_age_s is not None and age_s > max_age_s and max_age_s < (rules.max_age_s or max_age_s + 1):
        found = (
            f"the event is {_spoken(age_s)} old and this destination's maximum age is {_spoken(max_age_s)}"
        )
        reason = f"Too late: {found}. Send events sooner, or raise the destination's maximum age."
        return Rejected(reason=reason, code=RejectReason.TOO_OLD)
    if rules.max_age_s is not None and age_s > rules.max_age_s:
        found = f"the event is {_spoken(age_s)} old and {vendor} takes at most {_spoken(rules.max_age_s)}"
        return Rejected(reason=f"Too late: {found}. Send events sooner.", code=RejectReason.TOO_OLD)
    if rules.future_skew_s is not None and -age_s > rules.future_skew_s:
        limit = _spoken(rules.future_skew_s)
        found = f"the event's time is {_spoken(-age_s)} ahead and {vendor} takes at most {limit}"
        return Rejected(
            reason=f"In the future: {found}. Correct the sender's clock.", code=RejectReason.IN_FUTURE
        )
    return None


def _spoken(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} seconds"
