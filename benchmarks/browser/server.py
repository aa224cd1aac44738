"""One loopback server for pages, scripts, settings and collectors; it notes when each request came."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from benchmarks.browser.library import Library

PAGES, REST = "www.shop.test", "collect.shop.test"  # one site, two origins
# What libraries ask before they send, as little as they are content with.
SETTINGS = {"integrations": {"Segment.io": {"apiKey": "wk_bench"}}, "metrics": {"sampleRate": 0}}
QUIET = {"enabled": False}
SOURCE = {
    "id": "bench",
    "name": "bench",
    "writeKey": "wk_bench",
    "enabled": True,
    "workspaceId": "bench",
    "config": {"statsCollection": {"errors": QUIET, "metrics": QUIET}},
    "connections": [],
    "destinations": [],
    "dataplanes": {},
}
ANSWERS = {
    "/v1/projects/wk_bench/settings": SETTINGS,
    "/sourceConfig/": {
        "source": SOURCE,
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "consentManagementMetadata": {"providers": []},
    },
    "/id": {"data": {"uid": "vendor-1"}},
    "/v1/cross_domain_direct/id": {"id": "cross-1"},
}
HTML = '<!doctype html><title>Shop</title><link rel="icon" href="data:,">'
METRICS = ("/v1/m", "/rsaMetrics")


@dataclass(frozen=True)
class Addresses:
    port: int

    @property
    def host(self) -> str:
        return f"{REST}:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def file(self, name: str) -> str:
        return f"{self.origin}/files/{name}.js"

    def page(self, name: str) -> str:
        return f"http://{PAGES}:{self.port}/pages/{name}"


@dataclass(frozen=True)
class Arrival:
    """A request, and when its head had been read, in seconds."""

    at: float
    method: str
    path: str

    @property
    def is_event(self) -> bool:
        return self.method == "POST" and self.path not in METRICS

    @property
    def is_loading(self) -> bool:
        """The page itself or the library's script."""
        return self.path.startswith(("/pages/", "/files/"))


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.addresses = Addresses(self.server_address[1])
        self.bodies: dict[str, tuple[str, bytes]] = {}
        self.arrivals: list[Arrival] = []

    def offer(self, libraries: Mapping[str, Library]) -> None:
        """Compressed beforehand, so that no visit waits for that."""
        for name, library in libraries.items():
            html = f"{HTML}{library.head}<h1>Shop</h1>"
            self.bodies[f"/pages/{name}"] = "text/html; charset=utf-8", _packed(html.encode())
            self.bodies[f"/files/{name}.js"] = "text/javascript; charset=utf-8", _packed(library.script)
        for path, answer in ANSWERS.items():
            self.bodies[path] = "application/json", _packed(json.dumps(answer).encode())

    def forget(self) -> None:
        self.arrivals = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # head and body in one segment
    timeout = 30
    server: Server

    def handle_any(self) -> None:
        path = urlsplit(self.path).path
        self.server.arrivals.append(Arrival(time.monotonic(), self.command, path))
        self.rfile.read(int(self.headers.get("content-length") or 0))
        collected = "application/json", _packed(b'{"success": true}')
        kind, body = collected if self.command == "POST" else self.server.bodies.get(path, ("", b""))
        if self.command == "OPTIONS":
            self.send_response_only(204)
        else:
            self.send_response_only(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            if kind:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if origin := self.headers.get("origin"):
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Credentials", "true")
            self.send_header("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
            asked = self.headers.get("access-control-request-headers", "")
            self.send_header("Access-Control-Allow-Headers", asked)
            self.send_header("Access-Control-Max-Age", "0")
        self.end_headers()
        if self.command != "OPTIONS":
            self.wfile.write(body)

    do_GET = do_POST = do_OPTIONS = handle_any

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)
