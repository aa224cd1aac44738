"""The vendor of the ordeal: takes its time, answers 200, and remembers the id of every event that it took.

granian --interface wsgi --blocking-threads 64 tests.chaos.receiver:application
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

TAKES_S = 0.1  # so that something is always in flight


class Receiver:
    """The ids of all events that were taken, in their order, and how many requests wait for their answer."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.open: set[object] = set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """POST takes events; GET tells what is known."""
        if environ["REQUEST_METHOD"] == "POST":
            self._take(json.load(environ["wsgi.input"])["events"])
            body = b"{}"
        else:
            body = json.dumps({"taken": self.taken, "open": len(self.open)}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _take(self, events: list[dict[str, str]]) -> None:
        request = object()
        self.open.add(request)
        self.taken.extend(event["id"] for event in events)
        time.sleep(TAKES_S)  # a sender that is killed now does not learn that its events have arrived
        self.open.discard(request)


application = Receiver()
