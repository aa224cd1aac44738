"""`python -m benchmarks.history`: an event's cost and the admin's pages, with ten million events of history.

Three databases on one server take turns: one without events, one with 10,000, one with ten million (or as
many as are asked for: `python -m benchmarks.history 100000`), all with the same configuration.
"""

from __future__ import annotations

import sys

from benchmarks.ground import Ground, run_on_ground
from s2sadmin.embedded.processes import say

MANY = 10_000_000
COST_TARGET, PAGE_TARGET = 1.1, 2.0


def main(here: Ground, *, events: int) -> None:
    """Measure, and print every ratio with its target."""
    # What follows needs Django, which is set up by now.
    from benchmarks.ageing import compare_costs, compare_pages
    from benchmarks.installations import FEW, prepare
    from benchmarks.report import slowdowns_table

    here_are = prepare(events)
    say("Opening pages ...")
    pages = compare_pages(here_are, target=PAGE_TARGET)
    say("Measuring the cost of events ...")
    costs = compare_costs(here_are, target=COST_TARGET)
    say(slowdowns_table(pages, ("milliseconds", f"{FEW:,} events", f"{events:,} events")))
    say(slowdowns_table(costs, ("microseconds", "no history", f"{events:,} events")))


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    sys.exit(run_on_ground("Starting PostgreSQL and sink ...", lambda here: main(here, events=asked)))
