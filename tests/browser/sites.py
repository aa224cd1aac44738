"""A few web sites on one loopback port: pages, files, collectors and vendors under names ending in .test.

Every request is kept. What a path answers can be scripted: status, headers, delay, hang, drop.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import trustme

PAGES, FILES, EVENTS, OTHER = "www.shop.test", "files.cdn.test", "events.shop.test", "other.test"
PATIENCE_S = 10
SHOWN = 400  # characters of a request in a failure


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one request gets. `hangs` waits for the end of the test, `drops` closes early, `held` waits."""

    body: bytes | str = b""
    status: int = 200
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0
    hangs: bool = False
    drops: bool = False
    held: threading.Event | None = None
    allows_origin: bool = True


COLLECTED = Answer(body='{"success": true}')
HANGS = Answer(hangs=True)
DROPS = Answer(drops=True)
NOT_FOUND = Answer(status=404, type="text/plain")


@dataclass(kw_only=True, repr=False)
class Request:
    """One request as it arrived, and what it was answered (0: nothing yet)."""

    scheme: str
    host: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    answered: int = 0

    def __str__(self) -> str:
        body = self.body[:2000].decode("ascii", "replace")
        return f"{self.method} {self.host}{self.path} {self.query or ''} -> {self.answered} {body}"

    def json(self) -> Any:
        return json.loads(self.body)

    def cookies(self) -> dict[str, str]:
        pairs = (one.partition("=") for one in self.headers.get("cookie", "").split("; ") if one)
        return {name: value for name, _, value in pairs}


class Sites:
    """What the sites serve, what they were asked, and waiting until they were."""

    def __init__(self, http_port: int, https_port: int) -> None:
        self.ports = {"http": http_port, "https": https_port}
        self.changed = threading.Condition()
        self.ended = threading.Event()
        self.requests: list[Request] = []
        self.answers: dict[tuple[str, str], Answer] = {}
        self.scripts: dict[tuple[str, str], list[Answer]] = {}

    def url(self, host: str, path: str = "", scheme: str = "https") -> str:
        return f"{scheme}://{host}:{self.ports[scheme]}{path}"

    def serve(self, host: str, path: str, answer: Answer) -> str:
        """From now on `path` of `host` answers this (`*`: every other path). Gives the URL."""
        self.answers[host, path] = answer
        return self.url(host, path)

    def script(self, host: str, path: str, *answers: Answer) -> None:
        """The next POSTs and GETs get these in turn, later ones what `serve` said."""
        self.scripts[host, path] = list(answers)

    def answer_to(self, request: Request) -> Answer:
        key = request.host, request.path
        if request.method == "OPTIONS":
            return Answer(status=204)
        if self.scripts.get(key):
            return self.scripts[key].pop(0)
        return self.answers.get(key) or self.answers.get((request.host, "*"), NOT_FOUND)

    def asked(self, host: str, path: str = "", method: str = "") -> list[Request]:
        return [
            one
            for one in self.requests
            if one.host == host and path in ("", one.path) and method in ("", one.method)
        ]

    def wait_for(self, what: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
        """What it gives as soon as that is true."""
        deadline = time.monotonic() + patience_s
        with self.changed:
            while not (found := what()):
                if not self.changed.wait(deadline - time.monotonic()):
                    came = [str(one)[:SHOWN] for one in self.requests]
                    raise AssertionError("\n".join(["It did not come. What came:", *came]))
        return found

    def note(self, request: Request) -> None:
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()

    def note_answered(self, request: Request, status: int) -> None:
        with self.changed:
            request.answered = status
            self.changed.notify_all()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def handle_any(self) -> None:
        sites = self.server.sites
        request = self.read()
        with sites.changed:
            answer = sites.answer_to(request)
        sites.note(request)
        if answer.held:
            answer.held.wait(PATIENCE_S)
        if answer.hangs:
            sites.ended.wait(60)
        if answer.delay_s:
            sites.ended.wait(answer.delay_s)
        if answer.drops:
            self.wfile.write(b"HT")  # a browser repeats by itself what was closed without a byte
        if answer.hangs or answer.drops:
            self.close_connection = True
            return
        self.write(request, answer)
        sites.note_answered(request, answer.status)

    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = handle_any

    def read(self) -> Request:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        return Request(
            scheme=self.server.scheme,
            host=self.headers["host"].partition(":")[0],
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )

    def write(self, request: Request, answer: Answer) -> None:
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        headers = {"Content-Type": answer.type, "Content-Length": str(len(body))}
        headers["Cache-Control"] = "no-store" if request.method == "POST" else "no-cache"
        origin = request.headers.get("origin")
        if answer.allows_origin and origin:
            headers |= {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Credentials": "true",
                "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
                "Access-Control-Allow-Headers": request.headers.get("access-control-request-headers", ""),
                "Access-Control-Expose-Headers": "Retry-After",
            }
        self.send_response_only(answer.status)
        for name, value in (headers | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if request.method != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    sites: Sites

    def __init__(self, scheme: str, tls: ssl.SSLContext | None) -> None:
        self.scheme, self.tls = scheme, tls
        super().__init__(("127.0.0.1", 0), Handler)

    def finish_request(self, request: Any, address: Any) -> None:
        """In the connection's own thread: a slow handshake holds nobody else."""
        with contextlib.suppress(OSError):  # a browser goes when it likes
            if self.tls:
                with self.tls.wrap_socket(request, server_side=True) as secured:
                    super().finish_request(secured, address)
            else:
                super().finish_request(request, address)


def certificate() -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(PAGES, FILES, EVENTS, OTHER).configure_cert(tls)
    return tls


@contextlib.contextmanager
def running_sites(tls: ssl.SSLContext) -> Iterator[Sites]:
    """The sites of one test on ports of their own, so that nothing late of another test arrives."""
    servers = Server("http", None), Server("https", tls)
    sites = Sites(*(server.server_address[1] for server in servers))
    threads = []
    for server in servers:
        server.sites = sites
        threads.append(threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True))
        threads[-1].start()
    try:
        yield sites
    finally:
        sites.ended.set()
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()
