"""`python -m benchmarks`: prints every ratio, from one run. Takes a few minutes and leaves nothing behind."""

from __future__ import annotations

import sys

from benchmarks.ground import ground
from s2sadmin.embedded.processes import CannotRun, say
from s2sadmin.run import Stopped, stop_on_signals


def main() -> int:
    """Exit code 0 whether or not the targets are reached: a busy machine is no failure."""
    stop_on_signals()
    try:
        say("Starting PostgreSQL, Valkey, web and sink ...")
        with ground() as here:
            # What follows needs Django, which is set up by now.
            from benchmarks.deliveries import measure_deliveries
            from benchmarks.ingest import measure_ingest
            from benchmarks.pipelines import make_sources
            from benchmarks.report import costs_table, ratios_table
            from benchmarks.stages import delivery_costs, ingest_costs

            sources = make_sources()
            say("Measuring ingest ...")
            ratios = measure_ingest(here, sources)
            say("Measuring the cost of each stage ...")
            costs = [*ingest_costs(sources), *delivery_costs(sources.one)]
            say("Measuring deliveries ...")
            ratios += measure_deliveries(here, sources.one)
        say(f"\n{ratios_table(ratios)}\n\n{costs_table(costs)}")
    except CannotRun as reason:
        say(str(reason))
        return 1
    except Stopped:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
