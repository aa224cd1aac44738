"""A vendor of tests: its definition, a destination of it, and the server that plays it on a real socket."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from delivery.core.addresses import AddressPolicy
from delivery.http import HttpEdge
from delivery.worker import Drain
from integrations.models import (
    Attempt,
    ConsentCategory,
    Delivery,
    DeliveryResult,
    Destination,
    VendorRevision,
)
from integrations.services.accept import accept
from integrations.services.destinations import Wanted, connect_destination
from integrations.services.lanes import DestinationLanes
from tests.integrations.pipelines import BY, FACTS, incoming, make_pipeline

REFRESH = {
    "oauth2": {
        "token_url": "https://id.stub.example/token",
        "grant": "refresh_token",
        "client_id": "client-1",
        "client_secret": "$settings.client_secret",
        "refresh_token": "$settings.refresh_token",
    }
}
VALUES = {"client_secret": "very-secret-secret", "refresh_token": "first-refresh-token"}
Answer = tuple[int, object] | tuple[int, object, dict[str, str]]


@dataclass
class Asked:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def names(self) -> list[str]:
        """The events of a batch, by what the definition below calls them."""
        return [event["n"] for event in json.loads(self.body)["events"]]


@dataclass
class Stub:
    """`answer` is asked for each request; what came is in `asked`."""

    answer: Callable[[Asked], Answer]
    url: str = ""
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, path: str) -> list[Asked]:
        return [one for one in self.asked if one.path == path]


@contextmanager
def stub_vendor(answer: Callable[[Asked], Answer], tls: ssl.SSLContext | None = None) -> Iterator[Stub]:
    """Serve on a free port of 127.0.0.1 until the end. An answer of status 0 is none at all."""
    stub = Stub(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            asked = Asked(self.path, dict(self.headers), body)
            with stub.lock:
                stub.asked.append(asked)
                status, content, *rest = stub.answer(asked)
            if status == 0:
                self.close_connection = True
                return
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in (rest[0] if rest else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}"
    stub.port = server.server_port
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def stub_document(parts: list[dict[str, Any]] | None = None, **operation: Any) -> str:
    """The definition, as JSON, which is YAML too."""
    rule = {"rule": "any", "when": {"type": ["track"]}, "operation": "event"}
    declared = {
        "method": "POST",
        "url": "https://api.stub.example/events",
        "envelope": {"events": "$elements"},
        "batch": {"max_count": 100},
        "fields": {"n": "$event"},
    }
    questions = ("event_endpoint", "identity_endpoint", "consent_classification", "validation_method")
    return json.dumps(
        {
            "slug": "stub",
            "name": "Stub",
            "about": "A vendor of tests.",
            "docs": [],
            "verified_on": "2026-11-26",
            "consent": {"classification": "advertising"},
            "questionnaire": {**dict.fromkeys(questions, "x"), "identifiers": ["user id"]},
            "settings": {name: {"type": "string", "label": name, "secret": True} for name in VALUES},
            "operations": {"event": {**declared, **operation}},
            "events": [{**rule, "parts": parts} if parts else rule],
            "fallback": "drop",
            "test_mode": {"supported": False},
            "examples": [],
        }
    )


def stub_destination(
    mode: str = "sandbox", pipeline: Any = None, name: str = "Stub", **operation: Any
) -> Destination:
    """A destination of such a vendor, in a pipeline of its own unless one is given."""
    pipeline = pipeline or make_pipeline()
    text = stub_document(**operation)
    revision = VendorRevision.objects.create(
        slug=f"stub-{uuid4().hex[:8]}",
        name="Stub",
        revision=1,
        document=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        organization=pipeline.organization,
    )
    wanted = Wanted(
        name=name,
        vendor_revision=revision,
        mode=mode,
        values=VALUES,
        categories=list(ConsentCategory.objects.filter(organization=pipeline.organization)),
    )
    return connect_destination(BY, pipeline, wanted)


def send(destination: Destination, *names: str) -> None:
    """Events of these names come in."""
    accept([incoming(destination.pipeline, event=name) for name in names], FACTS)


def deliver(*, claiming_s: float = 3.0, linger_s: float = 0.1, **edge_options: Any) -> None:
    """One run of a worker."""
    edge = HttpEdge(policy=AddressPolicy(allowed_networks=("127.0.0.0/8",)), **edge_options)
    try:
        Drain([DestinationLanes()], edge, lease=timedelta(seconds=60), jitter=lambda: 0.0).run(
            claiming_s=claiming_s, linger_s=linger_s
        )
    finally:
        edge.close()


def ends(destination: Destination) -> list[tuple[str, str, int]]:
    """Outcome, reason and attempts of what ended, in the order in which the events came."""
    found = DeliveryResult.objects.filter(lane_id=destination.id).order_by("id")
    return [(one.outcome, one.reason, one.attempts) for one in found]


def waits(destination: Destination) -> list[Delivery]:
    return list(Delivery.objects.filter(lane_id=destination.id).order_by("id"))


def attempts(destination: Destination) -> list[Attempt]:
    return list(Attempt.objects.filter(lane_id=destination.id).order_by("id"))
