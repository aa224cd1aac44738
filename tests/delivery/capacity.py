"""A vendor on a socket whose capacity changes over time: what comes over it is answered 429 and counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.delivery.receiver import Server

BURST_S = 0.25  # so much of a second's capacity may come at once


@dataclass
class Stretch:
    """For so many seconds so many requests a second are taken; how many were taken and how many were not."""

    seconds: float
    per_s: float
    taken: int = 0
    refused: int = 0

    @property
    def capacity(self) -> float:
        return self.seconds * self.per_s


@dataclass
class Vendor:
    """Its clock starts with the first request; after the last stretch that one's capacity stays."""

    stretches: Sequence[Stretch]
    url: str = ""
    tokens: float = 0.0
    looked_at: float = 0.0
    began: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def takes(self) -> bool:
        """Whether this request is within what may come now."""
        with self.lock:
            now = time.monotonic()
            if self.began is None:
                self.began = self.looked_at = now
                self.tokens = self.stretches[0].per_s * BURST_S
            stretch = self._at(now - self.began)
            dripped = (now - self.looked_at) * stretch.per_s
            self.tokens = min(self.tokens + dripped, max(stretch.per_s * BURST_S, 1.0))
            self.looked_at = now
            if self.tokens < 1:
                stretch.refused += 1
                return False
            self.tokens -= 1
            stretch.taken += 1
            return True

    def _at(self, elapsed_s: float) -> Stretch:
        for stretch in self.stretches:
            if elapsed_s < stretch.seconds:
                return stretch
            elapsed_s -= stretch.seconds
        return self.stretches[-1]


@contextmanager
def vendor(*stretches: Stretch) -> Iterator[Vendor]:
    """Serve on a free port of 127.0.0.1 until the end."""
    serving = Vendor(stretches)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200 if serving.takes() else 429)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    serving.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield serving
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
