"""Visits to one page beside those to another, in the same rounds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from benchmarks.browser.visit import Visit


def first_event_ratios(mine: Sequence[Visit], theirs: Sequence[Visit]) -> list[float]:
    """Round by round, as only neighbours in time compare. For pages that send."""
    pairs = zip(first_events_ms(mine), first_events_ms(theirs), strict=True)
    return [one / other for one, other in pairs]


def first_events_ms(visits: Sequence[Visit]) -> list[float]:
    return [one.first_event_ms for one in visits if one.first_event_ms is not None]


def most_before(visits: Sequence[Visit]) -> int:
    return max(one.before or 0 for one in visits)


def script_ms(mine: Sequence[Visit], blank: Sequence[Visit]) -> float:
    """Less what a page without any script of its own takes."""
    return median(one.script_ms for one in mine) - median(one.script_ms for one in blank)


def long_tasks(visits: Sequence[Visit]) -> int:
    return sum(one.long_tasks for one in visits)
