"""An endpoint as customers have one: https, a name, and answers that a test scripts."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from delivery.core.addresses import AddressPolicy
from delivery.http import HttpEdge
from delivery.queue import database_now
from delivery.worker import Drain
from webhooks.services.lanes import SubscriptionLanes

NAME = "hooks.acme.example"
LOOPBACK = AddressPolicy(allowed_networks=("127.0.0.0/8",))
Answer = tuple[int, dict[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]
OK: Answer = (200, {}, b"ok")


@dataclass(frozen=True)
class Received:
    """One request, its header names in lower case, its body to the byte."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Endpoint:
    """`answers` are taken one a request, the last one for ever."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=lambda: [OK])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, handler: BaseHTTPRequestHandler) -> Answer:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self.lock:
            self.received.append(Received(handler.path, headers, body))
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(certificate: trustme.LeafCert, *answers: Answer) -> Iterator[Endpoint]:
    """Serve over TLS on a free port of this machine until the end."""
    endpoint = Endpoint(answers=list(answers) or [OK])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer = endpoint.take(self)
            if callable(answer):
                answer(self)
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            """A sender that hangs up is what some tests are about."""

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    endpoint.url = f"https://{NAME}:{server.server_port}/s2s"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class Clock:
    """The time as the engine sees it: the database's, and what a test adds to it."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return database_now() + self.ahead

    def pass_s(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class Sender:
    """Runs the engine's loop over webhook lanes, on an edge that knows the test's names and authority."""

    def __init__(self, authority: trustme.CA, folder: Path, addresses: dict[str, Sequence[str]]) -> None:
        path = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(path))
        self.clock = Clock()
        self.addresses = addresses
        self.edge = HttpEdge(policy=LOOPBACK, resolve=self._resolve, ca_file=str(path))

    def deliver(self, *owners: Any) -> int:
        """Until nothing is due; how many deliveries were recorded."""
        clock = self.clock

        class ClockedDrain(Drain):
            def now(self) -> datetime:
                return clock.now()

        drain = ClockedDrain(owners or [SubscriptionLanes()], self.edge, lease=timedelta(seconds=60))
        return drain.run(linger_s=0.05)

    def _resolve(self, host: str, port: int) -> Sequence[str]:
        found = self.addresses.get(host)
        if found is None:
            raise OSError(f"{host} is unknown to this test")
        return found
