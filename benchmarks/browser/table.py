"""The table that is printed: one line a library, ratios to Segment's figures of the same run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.browser.compared import (
    first_event_ratios,
    first_events_ms,
    long_tasks,
    most_before,
    script_ms,
)
from benchmarks.browser.library import BLANK, Library
from benchmarks.browser.visit import Visit

MEASURE = "segment"
HEAD = (
    "library",
    "raw",
    "gzip",
    "brotli",
    "ratio of gzip",
    "script ms",
    "ratio",
    "first event ms",
    "ratio",
    "rounds",
    "requests before",
    "long tasks",
)


def table(libraries: Mapping[str, Library], visits: Mapping[str, Sequence[Visit]]) -> str:
    """Markdown, so that it can be put into the docs as it is."""
    lines = [HEAD, ("---", *("---:" for _ in HEAD[1:]))]
    lines += [_line(library, libraries[MEASURE], visits) for library in libraries.values()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _line(library: Library, measure: Library, visits: Mapping[str, Sequence[Visit]]) -> tuple[str, ...]:
    mine, theirs, blank = visits[library.name], visits[measure.name], visits[BLANK.name]
    counted = f"{long_tasks(mine)} in {len(mine)}"
    if library is BLANK:
        return (library.name, *[""] * 10, counted)
    raw, gzip, brotli = library.sizes
    script, other = script_ms(mine, blank), script_ms(theirs, blank)
    return (
        library.name,
        *(f"{size:,}" for size in (raw, gzip, brotli)),
        f"{gzip / measure.sizes[1]:.2f}",
        f"{script:.1f}",
        f"{script / other:.2f}" if other > 0 else "",
        *(_first_event(mine, theirs) if library.sends else ("none sent", "", "", "")),
        counted,
    )


def _first_event(mine: Sequence[Visit], theirs: Sequence[Visit]) -> tuple[str, str, str, str]:
    ratios = first_event_ratios(mine, theirs)
    return (
        f"{median(first_events_ms(mine)):.0f}",
        f"{median(ratios):.2f}",
        f"{min(ratios):.2f} to {max(ratios):.2f}",
        f"{most_before(mine)}",
    )
