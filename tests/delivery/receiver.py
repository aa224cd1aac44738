"""A local HTTP server that answers as a test scripts it and remembers what came."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """`answers` are taken one a request, the last one for ever: (status, headers) or a function."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]] | Callable[[BaseHTTPRequestHandler], None]] = field(
        default_factory=lambda: [(200, {})]
    )
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_answer(self):
        with self.lock:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Server(ThreadingHTTPServer):
    """Takes as many connections at once as lanes make."""

    request_queue_size = 512
    daemon_threads = True


@contextmanager
def receiving(*answers) -> Iterator[Receiver]:
    """Serve on a free port of 127.0.0.1 until the end."""
    receiver = Receiver()
    if answers:
        receiver.answers = list(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with receiver.lock:
                receiver.bodies.append(body)
            answer = receiver.next_answer()
            if callable(answer):
                answer(self)
                return
            status, headers = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def hang_for(seconds: float) -> Callable[[BaseHTTPRequestHandler], None]:
    """No answer, then a closed connection."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        threading.Event().wait(seconds)
        handler.close_connection = True

    return answer


def answer_after(seconds: float) -> Callable[[BaseHTTPRequestHandler], None]:
    """200, but late."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        threading.Event().wait(seconds)
        handler.send_response(200)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    return answer
