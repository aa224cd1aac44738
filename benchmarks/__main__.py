"""`python -m benchmarks`: prints every ratio, from one run. Takes a few minutes and leaves nothing behind."""

from __future__ import annotations

import sys

from benchmarks.ground import Ground, run_on_ground
from s2sadmin.embedded.processes import say


def main(here: Ground) -> None:
    """Measure, and print every ratio with its target and every cost."""
    # What follows needs Django, which is set up by now.
    from benchmarks.deliveries import measure_deliveries
    from benchmarks.ingest import measure_ingest
    from benchmarks.pipelines import make_sources
    from benchmarks.report import costs_table, ratios_table, writes_table
    from benchmarks.stages import delivery_costs, ingest_costs

    sources = make_sources()
    say("Measuring ingest ...")
    ratios = measure_ingest(here, sources)
    say("Measuring the cost of each stage ...")
    costs = [*ingest_costs(sources), *delivery_costs(sources.one)]
    say("Measuring deliveries ...")
    ratios += measure_deliveries(here, sources.one)
    say(f"\n{ratios_table(ratios)}\n\n{costs_table(costs)}\n\n{writes_table(costs)}")


if __name__ == "__main__":
    sys.exit(run_on_ground("Starting PostgreSQL, Valkey, web and sink ...", main))
