"""What history costs: the same pages and the same events in installations that take turns."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from benchmarks import databases
from benchmarks.installations import Installations
from benchmarks.pages import Reader, milliseconds, pages_of
from benchmarks.rounds import Rates, Ratio, run_rounds
from benchmarks.stages import delivery_costs, ingest_costs

COST_ROUNDS = 5  # that count: the target is narrow


def compare_pages(here: Installations, *, target: float) -> list[Ratio]:
    """Milliseconds with much history and with little."""
    pages = {}
    for database in (here.few, here.many):
        databases.use(database)
        pages[database] = pages_of(here.readers, here.pasts[database])
    names = list(pages[here.many])
    rates = run_rounds(
        {
            f"{name}, {database}": partial(_open, database, *found[name])
            for name in names
            for database, found in pages.items()
        }
    )
    return [
        rates.ratio(f"{name}, {here.many}", f"{name}, {here.few}", target=target, what=name) for name in names
    ]


def compare_costs(here: Installations, *, target: float) -> list[Ratio]:
    """Microseconds with much history and without any, by CPU time and as it took."""
    found: dict[str, list[float]] = defaultdict(list)
    whats: dict[str, None] = {}
    for number in range(COST_ROUNDS + 1):
        for database in (here.none, here.many):
            databases.use(database)
            for one in [*ingest_costs(here.sources), *delivery_costs(here.sources.one)]:
                for what, figure in ((f"{one.what}, CPU", one.total), (f"{one.what}, time", one.elapsed)):
                    whats[what] = None
                    if number:  # the first round warms up
                        found[f"{what}, {database}"].append(figure)
    rates = Rates(found)
    return [
        rates.ratio(f"{what}, {here.many}", f"{what}, {here.none}", target=target, what=what)
        for what in whats
    ]


def _open(database: str, reader: Reader, path: str) -> float:
    databases.use(database)
    return milliseconds(reader, path)
