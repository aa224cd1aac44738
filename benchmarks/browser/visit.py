"""One load of a page by somebody who was never there, and what it cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Request

from benchmarks.browser.library import Library
from benchmarks.browser.server import Arrival, Server

PATIENCE_S = 15
REST_S = 1.5  # after the load event, as long for every page
COUNT_LONG_TASKS = """
window.longTasks = 0;
new PerformanceObserver((list) => { longTasks += list.getEntries().length })
  .observe({type: "longtask", buffered: true});
"""


class NoEvent(Exception):
    """A library that should have sent something sent nothing."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """`first_event_ms` from the page's request to the first event's, both by the server's clock.

    `before` are the requests that the browser made before it, less page and script. In the browser's order:
    what it sends a moment later on another connection may arrive first. Preflights only the server sees.
    """

    script_ms: float
    long_tasks: int
    first_event_ms: float | None
    before: int | None


def visit(browser: Browser, server: Server, library: Library) -> Visit:
    server.forget()
    made: list[Arrival] = []
    context = browser.new_context()
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.on("request", lambda request: made.append(_as_made(request)))
        page.add_init_script(COUNT_LONG_TASKS)
        metrics = context.new_cdp_session(page)
        metrics.send("Performance.enable")
        page.goto(server.addresses.page(library.name))
        page.wait_for_timeout(REST_S * 1000)
        deadline = time.monotonic() + PATIENCE_S
        while library.sends and _first_event(server.arrivals) is None:
            if time.monotonic() > deadline:
                raise NoEvent(f"{library.name} sent nothing. What came: {server.arrivals}")
            page.wait_for_timeout(50)
        values = {one["name"]: one["value"] for one in metrics.send("Performance.getMetrics")["metrics"]}
        long_tasks = page.evaluate("longTasks")
    finally:
        context.close()
    arrivals = list(server.arrivals)
    index = _first_event(arrivals)
    return Visit(
        script_ms=values["ScriptDuration"] * 1000,
        long_tasks=long_tasks,
        first_event_ms=None if index is None else (arrivals[index].at - arrivals[0].at) * 1000,
        before=None if index is None else _before(made) + _preflights(arrivals[:index]),
    )


def _as_made(request: Request) -> Arrival:
    return Arrival(time.monotonic(), request.method, urlsplit(request.url).path)


def _first_event(requests: list[Arrival]) -> int | None:
    return next((index for index, one in enumerate(requests) if one.is_event), None)


def _before(made: list[Arrival]) -> int:
    """Less the page's icon too, which is a `data:` URL."""
    return sum(one.path.startswith("/") and not one.is_loading for one in made[: _first_event(made)])


def _preflights(arrivals: list[Arrival]) -> int:
    return sum(one.method == "OPTIONS" for one in arrivals)
