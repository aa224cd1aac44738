"""What was aimed at, and whether this run reached it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from benchmarks.browser.compared import first_event_ratios, long_tasks, most_before
from benchmarks.browser.library import Library
from benchmarks.browser.table import MEASURE
from benchmarks.browser.visit import Visit

MOST_OF_SEGMENTS_TIME = 0.6


def verdicts(libraries: Mapping[str, Library], visits: Mapping[str, Sequence[Visit]]) -> Iterator[str]:
    for library in libraries.values():
        if library.budget is not None:
            for what, is_reached in _targets(library, library.budget, visits):
                yield f"{library.name}: {what}: {'reached' if is_reached else 'NOT REACHED'}"


def _targets(
    library: Library, budget: int, visits: Mapping[str, Sequence[Visit]]
) -> Iterator[tuple[str, bool]]:
    mine, (_, gzip, _) = visits[library.name], library.sizes
    yield f"{gzip:,} of {budget:,} bytes", gzip <= budget
    if library.sends:
        ratio = median(first_event_ratios(mine, visits[MEASURE]))
        at_most = MOST_OF_SEGMENTS_TIME
        yield f"first event at {ratio:.2f} of Segment's time, at most {at_most}", ratio <= at_most
        before = most_before(mine)
        yield f"{before} requests before it, none allowed", not before
    count = long_tasks(mine)
    yield f"{count} long tasks in {len(mine)} loads, none allowed", not count
