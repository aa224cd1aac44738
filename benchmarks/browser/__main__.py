"""`python -m benchmarks.browser [loads]`: libraries take turns in one Chromium, a new visitor each load."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from playwright.sync_api import sync_playwright

from benchmarks.browser.library import BLANK, Library
from benchmarks.browser.ours import our_libraries
from benchmarks.browser.server import Server, serving
from benchmarks.browser.table import table
from benchmarks.browser.targets import verdicts
from benchmarks.browser.theirs import INSTALLED, their_libraries
from benchmarks.browser.visit import NoEvent, Visit, visit
from tests.chromium import ARGUMENTS, EXECUTABLE


def main() -> int:
    """Exit code 0 whether or not the targets are reached: a busy machine is no failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=__doc__)
    parser.add_argument("loads", type=int, nargs="?", default=9, choices=range(1, 100), metavar="loads")
    loads = parser.parse_args().loads
    if not EXECUTABLE or not INSTALLED.exists():
        print("Needs chromium, and the libraries: make bench-browser")
        return 1
    with serving() as server:
        of = server.addresses
        libraries = {one.name: one for one in (BLANK, *their_libraries(of), *our_libraries(of))}
        server.offer(libraries)
        try:
            visits = measure(server, libraries, loads)
        except NoEvent as reason:
            print(reason)
            return 1
    print(table(libraries, visits), "", *verdicts(libraries, visits), sep="\n")
    return 0


def measure(server: Server, libraries: Mapping[str, Library], loads: int) -> dict[str, list[Visit]]:
    """The first round is a warm-up and does not count; every other one goes backwards."""
    visits: dict[str, list[Visit]] = {name: [] for name in libraries}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        for turn in range(loads + 1):
            print(f"Round {turn} of {loads} ...", file=sys.stderr)
            order = list(libraries.values())
            for library in order if turn % 2 else reversed(order):
                visits[library.name].append(visit(browser, server, library))
        browser.close()
    return {name: found[1:] for name, found in visits.items()}


if __name__ == "__main__":
    sys.exit(main())
