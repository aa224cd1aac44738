"""A server on a raw socket that runs a script on each connection, and the scripts."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Script = Callable[[socket.socket], None]


class Receiver:
    """A server on a port of its own that runs a script on each connection and counts them."""

    def __init__(self, script: Script, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.accepted = 0
        self.requests: list[bytes] = []
        self._script, self._tls = script, tls
        self._open: list[socket.socket] = []
        self._listener = socket.create_server((host, 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, host: str = "127.0.0.1", path: str = "/") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self._tls is None:
                self._script(connection)
            else:
                with self._tls.wrap_socket(connection, server_side=True) as secured:
                    self._script(secured)


def read_request(connection: socket.socket) -> bytes:
    """One request, headers and body; empty at the end of the connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer_all(connection: socket.socket, answer: bytes, receiver: Receiver) -> None:
    while request := read_request(connection):
        receiver.requests.append(request)
        connection.sendall(answer)


def answering_once(*pieces: bytes) -> Script:
    """A script that answers one request with these bytes and closes."""

    def script(connection: socket.socket) -> None:
        read_request(connection)
        for piece in pieces:
            connection.sendall(piece)

    return script


def hanging(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)
