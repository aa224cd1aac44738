"""The HTTP edge over real sockets: what it sends, what it keeps, what it refuses, what it survives."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from delivery.core.addresses import AddressPolicy
from delivery.core.request import Request
from delivery.core.response import BODY_LIMIT, Failure, Response
from delivery.http import HEADER_BYTES_LIMIT, HEADER_COUNT_LIMIT, LOOKUP_THREADS, HttpEdge

LOOPBACK = AddressPolicy(allowed_networks=("127.0.0.0/8",))
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


@pytest.fixture
def receive() -> Iterator[Callable[..., Receiver]]:
    """Starts receivers; their script is bytes (answered to every request) or a function of the socket."""
    started: list[Receiver] = []

    def start(script: Script | bytes, **options: object) -> Receiver:
        receiver: Receiver
        if isinstance(script, bytes):
            receiver = Receiver(lambda connection: answer_all(connection, script, receiver), **options)  # type: ignore[arg-type]
        else:
            receiver = Receiver(script, **options)  # type: ignore[arg-type]
        started.append(receiver)
        return receiver

    yield start
    for receiver in started:
        receiver.close()


@pytest.fixture
def edges() -> Iterator[Callable[..., HttpEdge]]:
    made: list[HttpEdge] = []

    def make(**options: object) -> HttpEdge:
        made.append(HttpEdge(**{"policy": LOOPBACK, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for edge in made:
        edge.close()


@pytest.fixture
def edge(edges: Callable[..., HttpEdge]) -> HttpEdge:
    return edges()


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


def get(url: str, **options: object) -> Request:
    return Request(**{"method": "GET", "url": url, "deadline_ms": 3000, **options})  # type: ignore[arg-type]


def post(url: str, body: bytes = b"{}", **options: object) -> Request:
    return get(url, method="POST", body=body, **options)


def finish(edge: HttpEdge, count: int = 1) -> dict[object, Response]:
    finished: dict[object, Response] = {}
    limit = time.monotonic() + 10
    while len(finished) < count and time.monotonic() < limit:
        finished.update(edge.wait(1))
    assert len(finished) == count
    return finished


def send(edge: HttpEdge, request: Request) -> Response:
    edge.submit("only", request)
    return finish(edge)["only"]


def answers(*lists: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """A resolver that gives these answers one after the other, then the last one for ever."""
    left = list(lists)
    return lambda host, port: left.pop(0) if len(left) > 1 else left[0]


# What is sent


def test_it_sends_method_path_headers_and_body(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK)
    url = receiver.url(path="/a/../b?x=%20|{}")

    response = send(edge, post(url, b"a\x00\xff", headers=(("X-One", "1"), ("X-Empty", ""), ("X-Utf", "é"))))

    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    assert response.status == 200
    assert head.split(b"\r\n") == [
        b"POST /a/../b?x=%20|{} HTTP/1.1",
        f"Host: 127.0.0.1:{receiver.port}".encode(),
        b"User-Agent: s2sadmin",
        b"Accept: */*",
        b"Accept-Encoding: identity",
        b"X-One: 1",
        b"X-Empty:",
        "X-Utf: é".encode(),
        b"Content-Length: 3",
    ]
    assert body == b"a\x00\xff"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("body", [b"", b"x"])
def test_it_speaks_every_method(
    edge: HttpEdge, receive: Callable[..., Receiver], method: str, body: bytes
) -> None:
    receiver = receive(b"HTTP/1.1 204 No Content\r\n\r\n")

    response = send(edge, get(receiver.url(), method=method, body=body))

    assert response.status == 204
    assert receiver.requests[0].startswith(method.encode() + b" / HTTP/1.1\r\n")
    assert method == "HEAD" or receiver.requests[0].endswith(b"\r\n\r\n" + body)


def test_it_waits_for_no_body_after_head(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")

    responses = [send(edge, get(receiver.url(), method="HEAD")) for _ in range(2)]

    assert [response.status for response in responses] == [200, 200]
    assert receiver.accepted == 1


def test_the_headers_of_the_request_win(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK)
    headers = (("user-agent", "mine"), ("accept-encoding", "gzip"), ("content-type", "text/plain"))

    send(edge, post(receiver.url(), headers=headers))

    head = receiver.requests[0].lower()
    assert head.count(b"user-agent:") == head.count(b"accept-encoding:") == head.count(b"content-type:") == 1
    assert b"user-agent: mine\r\n" in head


def test_nothing_of_one_request_is_in_the_next(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok")

    send(edge, post(receiver.url(path="/one"), b"secret", headers=(("Authorization", "secret"),)))
    second = send(edge, get(receiver.url(path="/two")))

    assert receiver.accepted == 1
    assert second.body == b"ok"
    assert b"GET /two HTTP/1.1" in receiver.requests[1]
    for word in (b"secret", b"Authorization", b"Cookie", b"Content-", b"Referer"):
        assert word not in receiver.requests[1]


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection", "Expect"])
def test_it_refuses_headers_that_frame_the_request(edge: HttpEdge, name: str) -> None:
    response = send(edge, get("http://127.0.0.1:1/", headers=((name, "1"),)))

    assert response.failure is Failure.PROTOCOL
    assert response.detail == f"The header {name} is set by the connection itself. Remove it."
    assert not response.left


@pytest.mark.parametrize(
    "header",
    [
        ("A", "b\r\nX: y"),
        ("A", "\x00"),
        ("A\n", "b"),
        ("A: b\r\nX", "y"),
        ("", "b"),
        ("Ä", "b"),
        ("A b", "c"),
    ],
)
def test_it_refuses_headers_that_smuggle(edge: HttpEdge, header: tuple[str, str]) -> None:
    response = send(edge, get("http://127.0.0.1:1/", headers=(header,)))

    assert response.failure is Failure.PROTOCOL
    assert not response.left


def test_headers_that_are_too_large_are_a_failure(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    response = send(edge, get(receive(OK).url(), headers=(("A", "x" * 2_000_000),)))

    assert response.failure is Failure.PROTOCOL
    assert "could not be sent" in response.detail
    assert not response.left


def test_a_url_that_is_too_long_is_a_failure(edge: HttpEdge) -> None:
    response = send(edge, get("http://127.0.0.1/" + "x" * 9_000_000))

    assert response.failure is Failure.PROTOCOL
    assert "The URL is too long" in response.detail


def test_it_refuses_an_unknown_method(edge: HttpEdge) -> None:
    assert send(edge, get("http://127.0.0.1:1/", method="GET / HTTP/1.1\r\nX:")).failure is Failure.PROTOCOL


@pytest.mark.parametrize("body_size", [1_100_000, 5_000_000])
def test_a_large_body_goes_out_without_expect(
    edge: HttpEdge, receive: Callable[..., Receiver], body_size: int
) -> None:
    receiver = receive(OK)

    response = send(edge, post(receiver.url(), b"x" * body_size))

    assert response.status == 200
    assert receiver.requests[0].endswith(b"x" * body_size)
    assert b"Expect" not in receiver.requests[0][:500]


# What is kept of the answer


def test_it_keeps_status_headers_and_body(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(
        b"HTTP/1.1 429 Slow\r\nRetry-After:  7 \r\nX-A: \xe9\r\nContent-Length: 3\r\n\r\n\x00\xff\xfe"
    )

    response = send(edge, get(receiver.url()))

    assert response.status == 429
    assert response.headers == (("Retry-After", "7"), ("X-A", "é"), ("Content-Length", "3"))
    assert response.header("retry-after") == "7"
    assert response.body == b"\x00\xff\xfe"
    assert response.left
    assert response.failure is None


def test_interim_answers_and_trailers_are_not_its_headers(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nok\r\n0\r\nRetry-After: 9\r\n\r\n"
    )

    response = send(edge, get(receiver.url()))

    assert response.headers == (("A", "1"), ("Transfer-Encoding", "chunked"))
    assert response.body == b"ok"


@pytest.mark.parametrize(
    ("size", "is_cut"), [(0, False), (8191, False), (8192, False), (8193, True), (10**6, True)]
)
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_the_body_is_cut_at_its_limit(
    edge: HttpEdge, receive: Callable[..., Receiver], size: int, is_cut: bool, framing: str
) -> None:
    body = ("é" * size).encode()[:size]
    heads = {
        "length": b"Content-Length: %d" % size,
        "chunked": b"Transfer-Encoding: chunked",
        "close": b"A: b",
    }
    framed = b"%x\r\n%s\r\n0\r\n\r\n" % (size, body) if framing == "chunked" and size else body
    framed = b"0\r\n\r\n" if framing == "chunked" and not size else framed
    receiver = receive(answering_once(b"HTTP/1.1 200 OK\r\n" + heads[framing] + b"\r\n\r\n" + framed))

    response = send(edge, get(receiver.url()))

    assert (response.status, response.failure) == (200, None)
    assert response.body == body[:BODY_LIMIT]
    assert response.body_truncated is is_cut


def test_an_endless_body_is_not_read_on(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    ended = threading.Event()

    def endless(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 500 Oops\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x" * 65536)
        finally:
            ended.set()

    response = send(edge, get(receive(endless).url()))

    assert (response.status, len(response.body), response.body_truncated) == (500, BODY_LIMIT, True)
    assert ended.wait(2)


def test_a_compressed_bomb_is_cut_while_it_unfolds(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    bomb = gzip.compress(b"\x00" * 50_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    receiver = receive(answering_once(head, bomb))

    response = send(edge, get(receiver.url()))

    assert response.status == 200
    assert response.body == b"\x00" * BODY_LIMIT
    assert response.body_truncated


def test_compression_that_was_not_asked_for_is_decoded(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    packed = gzip.compress(b'{"ok": true}')
    receiver = receive(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    )

    assert send(edge, get(receiver.url())).body == b'{"ok": true}'


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers_and_not_followed(
    edge: HttpEdge, receive: Callable[..., Receiver], status: int
) -> None:
    other = receive(OK)
    receiver = receive(
        b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, other.url().encode())
    )

    response = send(edge, post(receiver.url()))

    assert response.status == status
    assert response.header("location") == other.url()
    assert other.accepted == 0


# What goes wrong


def test_a_closed_port_is_a_connect_failure(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK)
    receiver.close()

    response = send(edge, post(receiver.url()))

    assert response.failure is Failure.CONNECT
    assert not response.left
    assert response.phases.connect_ms is None
    assert response.detail == (
        f"Could not connect to 127.0.0.1 (127.0.0.1) port {receiver.port}. "
        "Check that the server runs and lets us in."
    )


def test_a_hanging_server_is_cut_at_the_deadline(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    began = time.monotonic()

    response = send(edge, post(receive(hanging).url(), deadline_ms=300))

    assert response.failure is Failure.TIMEOUT
    assert response.left
    assert "No answer from 127.0.0.1" in response.detail
    assert response.phases.first_byte_ms is None
    assert 0.25 < time.monotonic() - began < 1


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"]
)
def test_a_dripping_answer_is_cut_at_the_deadline(
    edge: HttpEdge, receive: Callable[..., Receiver], beginning: bytes
) -> None:
    def drip(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(beginning)
        while True:
            connection.sendall(b"H" if not beginning else b"x")
            time.sleep(0.02)

    began = time.monotonic()
    response = send(edge, post(receive(drip).url(), deadline_ms=300))

    assert response.failure in (Failure.TIMEOUT, Failure.PROTOCOL if not beginning else Failure.TIMEOUT)
    assert response.left
    assert time.monotonic() - began < 1


def test_a_server_that_does_not_read_is_cut_at_the_deadline(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(lambda connection: time.sleep(1))

    response = send(edge, post(receiver.url(), b"x" * 20_000_000, deadline_ms=300))

    assert (response.failure, response.left) == (Failure.TIMEOUT, True)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def resetting_after(answer: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)
        time.sleep(0.05)
        reset(connection)

    return script


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 O", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"]
)
@pytest.mark.parametrize("ending", [resetting_after, answering_once])
def test_a_connection_that_breaks_is_a_reset(
    edge: HttpEdge, receive: Callable[..., Receiver], ending: Callable[[bytes], Script], answer: bytes
) -> None:
    response = send(edge, post(receive(ending(answer)).url()))

    assert response.failure is Failure.RESET
    assert response.status is None
    assert response.left
    assert ("after status 200" in response.detail) is answer.endswith(b"ab")


def test_a_body_longer_than_its_length_is_cut_there(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK + b"HTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n")

    first, second = send(edge, get(receiver.url())), send(edge, get(receiver.url()))

    assert (first.status, first.body) == (200, b"ok")
    assert second.status == 200
    assert receiver.accepted == 2


MALFORMED = {
    "no http": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "http 0.9": b"hello",
    "binary": bytes(range(256)) * 10,
    "bad version": b"HTTP/9.9 200 OK\r\n\r\n",
    "bad status": b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
    "text length": b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\nok",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n",
    "huge chunk size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nok\r\n",
    "nul in header": b"HTTP/1.1 200 OK\r\nA: \x00\r\nContent-Length: 0\r\n\r\n",
    "large header": b"HTTP/1.1 200 OK\r\nA: " + b"x" * 1_000_000 + b"\r\n\r\n",
    "large headers": b"HTTP/1.1 200 OK\r\n" + b"A: xxxxxxxxxx\r\n" * 70_000 + b"\r\n",
    "endless interim": b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" * 10_000,
    "bad gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_an_answer_that_is_not_http_is_a_protocol_failure(
    edge: HttpEdge, receive: Callable[..., Receiver], name: str
) -> None:
    response = send(edge, post(receive(answering_once(MALFORMED[name])).url()))

    assert response.failure is Failure.PROTOCOL, response
    assert response.status is None
    assert response.left
    assert response.detail.startswith("The answer of 127.0.0.1")


def test_an_absurd_length_is_not_believed(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"

    response = send(edge, post(receive(answering_once(head, b"x" * 9000)).url()))

    assert response.failure is not None or response.body_truncated


def test_headers_are_kept_up_to_their_limit(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + b"A: b\r\n" * 1000 + b"\r\n")

    assert len(send(edge, get(receiver.url())).headers) == HEADER_COUNT_LIMIT


def test_more_header_bytes_than_the_limit_are_a_failure(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(
        b"HTTP/1.1 200 OK\r\n" + b"A: %s\r\n" % (b"x" * 1000) * (HEADER_BYTES_LIMIT // 1000 + 1) + b"\r\n"
    )

    assert "too many headers" in send(edge, get(receiver.url())).detail


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=300), prefix=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 "]))
def test_noise_never_raises(receive: Callable[..., Receiver], noise: bytes, prefix: bytes) -> None:
    receiver, edge = receive(answering_once(prefix + noise)), HttpEdge(policy=LOOPBACK)

    response = send(edge, get(receiver.url(), deadline_ms=500))

    assert (response.status is None) is (response.failure is not None)
    edge.close()
    receiver.close()


# Which addresses


def test_it_refuses_a_private_address(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)
    edge = edges(policy=AddressPolicy())

    response = send(edge, post(receiver.url()))

    assert response.failure is Failure.ADDRESS_REFUSED
    assert "127.0.0.1 is in 127.0.0.0/8 (loopback)" in response.detail
    assert not response.left
    assert receiver.accepted == 0


def test_it_refuses_a_name_that_leads_to_a_private_address(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)
    edge = edges(policy=AddressPolicy(), resolve=answers(["127.0.0.1"]))

    response = send(edge, post(receiver.url("vendor.example")))

    assert response.failure is Failure.ADDRESS_REFUSED
    assert receiver.accepted == 0


@pytest.mark.parametrize(
    "mixed", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "junk"]]
)
def test_one_bad_address_refuses_the_whole_name(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], mixed: list[str]
) -> None:
    receiver = receive(OK)
    edge = edges(resolve=answers(mixed))

    response = send(edge, post(receiver.url("vendor.example")))

    assert response.failure is Failure.ADDRESS_REFUSED
    assert receiver.accepted == 0


def test_a_name_that_turns_private_is_refused_then(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.http.NAME_LIFETIME_S", 0)
    public, private = receive(OK, host="127.0.0.2"), receive(OK, host="127.0.0.1")
    policy = AddressPolicy(allowed_networks=("127.0.0.2/32",))
    edge = edges(policy=policy, resolve=answers(["127.0.0.2"], ["127.0.0.1"]))

    first = send(edge, post(public.url("vendor.example")))
    second = send(edge, post(private.url("vendor.example")))
    third = send(edge, post(public.url("vendor.example")))

    assert first.status == 200
    assert second.failure is third.failure is Failure.ADDRESS_REFUSED
    assert (public.accepted, private.accepted) == (1, 0)


def test_a_name_is_not_resolved_again_to_connect(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)
    edge = edges(resolve=answers(["127.0.0.1"]))

    response = send(edge, post(receiver.url("does-not-exist.invalid")))

    assert response.status == 200
    assert f"Host: does-not-exist.invalid:{receiver.port}\r\n".encode() in receiver.requests[0]


def test_the_socket_is_the_second_wall(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)
    edge = edges(policy=AddressPolicy())
    edge._checked = edges()._checked  # type: ignore[method-assign]

    response = send(edge, post(receiver.url()))

    assert response.failure is Failure.ADDRESS_REFUSED
    assert not response.left
    assert receiver.accepted == 0


BAD_URLS = (
    *(
        "",
        "http://",
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "127.0.0.1",
    ),
    *("http://user@127.0.0.1:1/", "http://user:pass@127.0.0.1:1/", "http://@127.0.0.1:1/"),
    *("https://example.com\\@127.0.0.1/", "http://example.com#@127.0.0.1/", "http://127.0.0.1:1/#x"),
    *("http://127.0.0.1\t:1/", "http://127.0.0.1:1/\n", "\nhttp://127.0.0.1:1/", "http://127.0.0.1:1/a b"),
    *(
        "http://127.0.0.1:1/\x00",
        "http://127.0.0.1%00/",
        "http://127%2e0.0.1/",
        "http://127.0.0.1:1/a\r\nX: y",
    ),
    *("http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://127.0.0.1:/", "http://127.0.0.1:+80/"),
    *(
        "http://127.0.0.1:1/\u00e9",
        "http://fa\u00df.de/",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://a\u00adb.c/",
    ),
    *("http://①②⑦.⓪.⓪.①/", "http://a_b.example/", "http://-a.example/", "http://a-.example/", "http://a..b/"),
    *(
        "http://.a/",
        "http://a./",
        "http://127.0.0.1./",
        "http://*.example/",
        "http://" + "a" * 64 + ".example/",
    ),
    *("http://" + "a." * 130 + "example/", "http://[fe80::1%25lo]/", "http://[v1.a]/", "http:/127.0.0.1/"),
    *("http:127.0.0.1", "http:///127.0.0.1/", "http://127.0.0.1;x/", "http://127.0.0.1\\/", "http://\u212a/"),
)
NUMBERS = (
    *("2130706433", "0x7f000001", "017700000001", "127.1", "0177.0.0.1", "0x7f.1", "0", "2852039166"),
    *("127.0.0.0x1", "a.0x7f", "example.1", "0x", "127.0.0.1.1"),
)


@pytest.mark.parametrize("url", BAD_URLS)
def test_it_refuses_a_url_that_could_be_read_in_two_ways(edge: HttpEdge, url: str) -> None:
    response = send(edge, get(url))

    assert response.failure is Failure.PROTOCOL
    assert response.detail.startswith(("The URL ", "The host name is too long"))
    assert not response.left


@pytest.mark.parametrize("host", NUMBERS)
def test_it_refuses_a_host_that_reads_as_a_number(edges: Callable[..., HttpEdge], host: str) -> None:
    response = send(edges(resolve=answers(["127.0.0.1"])), get(f"http://{host}:1/"))

    assert response.failure is Failure.ADDRESS_REFUSED


@pytest.mark.parametrize("host", ["[::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "[:::]", "300.1.1.1"])
def test_literal_addresses_are_judged_without_a_lookup(edges: Callable[..., HttpEdge], host: str) -> None:
    def fail(host: str, port: int) -> Sequence[str]:
        raise AssertionError

    response = send(edges(resolve=fail), get(f"http://{host}:1/"))

    assert response.failure is Failure.ADDRESS_REFUSED


def test_it_reaches_an_allowed_ipv6_literal(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)
    edge = edges()

    assert send(edge, get(receiver.url("[::ffff:127.0.0.1]"))).status == 200


def test_the_next_address_is_tried(edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK)
    edge = edges(resolve=answers(["127.0.0.9", "127.0.0.8", "127.0.0.1"]))

    first, second = (send(edge, post(receiver.url("vendor.example"))) for _ in range(2))

    assert first.status == second.status == 200
    assert receiver.accepted == 1
    assert [route.addresses[0] for route in edge._routes.values()] == ["127.0.0.1"]


def test_a_rotating_name_keeps_its_connection(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.http.NAME_LIFETIME_S", 0)
    receiver = receive(OK, host="0.0.0.0")
    edge = edges(resolve=answers(["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]))

    responses = [send(edge, post(receiver.url("vendor.example"))) for _ in range(3)]

    assert [response.phases.connect_ms for response in responses[1:]] == [0.0, 0.0]
    assert receiver.accepted == 1


def test_the_next_address_is_not_tried_once_something_was_sent(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(lambda connection: read_request(connection) and None)
    edge = edges(resolve=answers(["127.0.0.1", "127.0.0.1"]))

    response = send(edge, post(receiver.url("vendor.example")))

    assert response.failure is Failure.RESET
    assert receiver.accepted == 1


def test_the_last_address_gives_the_failure(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)
    edge = edges(resolve=answers(["127.0.0.9", "127.0.0.8"]))

    response = send(edge, post(receiver.url("vendor.example")))

    assert response.failure is Failure.CONNECT
    assert "vendor.example (127.0.0.8)" in response.detail


# Names


def test_a_name_without_addresses_is_a_dns_failure(edges: Callable[..., HttpEdge]) -> None:
    response = send(edges(resolve=answers([])), post("http://vendor.example/"))

    assert response.failure is Failure.DNS
    assert response.detail == "vendor.example has no address. Check its DNS records."
    assert not response.left


def test_whatever_a_resolver_raises_is_a_dns_failure(edges: Callable[..., HttpEdge]) -> None:
    def fail(host: str, port: int) -> Sequence[str]:
        raise UnicodeError("label too long")

    response = send(edges(resolve=fail), post("http://vendor.example/"))

    assert response.failure is Failure.DNS
    assert "vendor.example could not be resolved: label too long" in response.detail


def test_a_hanging_resolver_counts_within_the_deadline(edges: Callable[..., HttpEdge]) -> None:
    release = threading.Event()
    edge = edges(resolve=lambda host, port: release.wait(5) and ["127.0.0.1"])
    began = time.monotonic()

    response = send(edge, post("http://vendor.example/", deadline_ms=200))
    release.set()

    assert response.failure is Failure.TIMEOUT
    assert "vendor.example was not resolved within" in response.detail
    assert not response.left
    assert time.monotonic() - began < 1
    assert edge.wait(0.1) == []


def test_time_spent_resolving_shortens_the_deadline(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    def slow(host: str, port: int) -> Sequence[str]:
        time.sleep(0.3)
        return ["127.0.0.1"]

    began = time.monotonic()
    response = send(edges(resolve=slow), post(receive(hanging).url("vendor.example"), deadline_ms=500))

    assert (response.failure, response.left) == (Failure.TIMEOUT, True)
    assert response.phases.dns_ms is not None
    assert response.phases.dns_ms >= 300
    assert time.monotonic() - began < 0.8


def test_many_requests_make_one_lookup(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver, asked = receive(OK), []

    def count(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    edge = edges(resolve=count)
    for number in range(50):
        edge.submit(number, post(receiver.url("Vendor.Example")))
    finish(edge, 50)
    send(edge, post(receiver.url("vendor.example")))

    assert asked == [("vendor.example", receiver.port)]


def test_names_that_hang_do_not_stop_literal_addresses(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    release = threading.Event()
    edge, receiver = edges(resolve=lambda host, port: release.wait(5) and []), receive(OK)
    for number in range(LOOKUP_THREADS * 2):
        edge.submit(number, post(f"http://slow{number}.example/", deadline_ms=9000))

    edge.submit("fast", post(receiver.url()))
    finished = dict(edge.wait(1))
    release.set()

    assert finished["fast"].status == 200


def test_the_cache_of_names_is_bounded(
    edges: Callable[..., HttpEdge], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.http.NAMES_LIMIT", 3)
    edge = edges(resolve=answers([]))

    for number in range(9):
        send(edge, get(f"http://vendor{number}.example/"))

    assert list(edge._routes) == [(f"vendor{number}.example", 80) for number in (6, 7, 8)]


# Connections


def test_connections_are_kept_from_one_drain_to_the_next(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(OK)

    first, *rest = [send(edge, post(receiver.url())) for _ in range(10)]

    assert receiver.accepted == 1
    assert first.phases.connect_ms
    assert {response.phases.connect_ms for response in rest} == {0.0}
    assert {response.phases.tls_ms for response in rest} == {None}


def test_phases_come_in_order(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    phases = send(edge, post(receive(OK).url())).phases

    points = [phases.dns_ms, phases.connect_ms, phases.first_byte_ms, phases.total_ms]
    assert None not in points
    assert points == sorted(point for point in points if point is not None)
    assert 0 < phases.total_ms < 2000


def test_a_kept_connection_that_was_closed_meanwhile_is_no_failure(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(answering_once(OK))

    responses = [send(edge, post(receiver.url())) for _ in range(5)]

    assert {response.status for response in responses} == {200}
    assert receiver.accepted == 5


def test_what_left_on_a_kept_connection_stays_left(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    def answer_the_first_only(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK)
        read_request(connection)
        receiver._listener.shutdown(socket.SHUT_RDWR)

    receiver, edge = receive(answer_the_first_only), edges(resolve=answers(["127.0.0.1", "127.0.0.2"]))

    first, second = (send(edge, post(receiver.url("vendor.example"))) for _ in range(2))

    assert first.status == 200
    assert (second.failure, second.left) == (Failure.CONNECT, True)
    assert "(127.0.0.1)" in second.detail


def test_what_did_not_leave_is_not_left_after_a_success(
    edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    gone, receiver = receive(OK), receive(OK)
    gone.close()

    send(edge, post(receiver.url()))
    response = send(edge, post(gone.url()))

    assert (response.failure, response.left) == (Failure.CONNECT, False)
    assert response.headers == ()
    assert len(edge._idle) == 1


def test_many_requests_run_at_once(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    def slowly(connection: socket.socket) -> None:
        while read_request(connection):
            time.sleep(0.1)
            connection.sendall(OK)

    receiver, began = receive(slowly), time.monotonic()
    for number in range(100):
        edge.submit(number, post(receiver.url()))
    assert edge.in_flight == 100
    finished = finish(edge, 100)

    assert {response.status for response in finished.values()} == {200}
    assert set(finished) == set(range(100))
    assert edge.in_flight == 0
    assert time.monotonic() - began < 3


def test_each_response_belongs_to_its_token(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    def echo(connection: socket.socket) -> None:
        while request := read_request(connection):
            body = request.partition(b"\r\n\r\n")[2]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    receiver = receive(echo)
    for number in range(200):
        edge.submit(number, post(receiver.url(), str(number).encode()))

    for token, response in finish(edge, 200).items():
        assert response.body == str(token).encode()


def test_one_that_hangs_slows_no_other(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    receiver = receive(OK)
    edge.submit("hanging", post(receive(hanging).url(), deadline_ms=2000))

    began = time.monotonic()
    for _ in range(50):
        edge.submit("fast", post(receiver.url()))
        assert [token for token, _ in edge.wait(1)] == ["fast"]

    assert time.monotonic() - began < 1
    assert edge.in_flight == 1


def test_more_requests_than_connections_take_turns(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver, edge = receive(OK), edges(max_connections=3)
    for number in range(30):
        edge.submit(number, post(receiver.url()))

    finished = finish(edge, 30)

    assert {response.status for response in finished.values()} == {200}
    assert receiver.accepted <= 3
    assert len(edge._idle) == 3


def test_idle_connections_give_way_to_other_hosts(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    edge, receivers = edges(max_connections=2), [receive(OK) for _ in range(5)]

    assert [send(edge, post(receiver.url())).status for receiver in receivers] == [200] * 5


def test_waiting_for_a_free_connection_counts_within_the_deadline(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver]
) -> None:
    receiver, edge = receive(hanging), edges(max_connections=1)
    edge.submit("first", post(receiver.url(), deadline_ms=2000))
    edge.submit("second", post(receiver.url(), deadline_ms=300))

    [(token, response)] = edge.wait(1)

    assert (token, response.failure, response.left) == ("second", Failure.TIMEOUT, False)
    assert response.detail.startswith("No connection was free")


def test_waiting_for_nothing_ends_in_time(edge: HttpEdge) -> None:
    began = time.monotonic()

    assert edge.wait(0.1) == []
    assert edge.wait(0) == []
    assert 0.09 < time.monotonic() - began < 0.5


def test_waiting_uses_no_processor(edge: HttpEdge, receive: Callable[..., Receiver]) -> None:
    edge.submit("hanging", post(receive(hanging).url(), deadline_ms=5000))

    began = time.thread_time()
    edge.wait(0.5)

    assert time.thread_time() - began < 0.1


def test_closing_drops_what_is_in_flight(receive: Callable[..., Receiver]) -> None:
    edge, receiver = HttpEdge(policy=LOOPBACK, resolve=answers(["127.0.0.1"])), receive(hanging)
    edge.submit("flying", post(receiver.url()))
    edge.submit("waiting", post(receiver.url("vendor.example")))
    edge.wait(0.1)

    edge.close()

    assert edge.in_flight == 0


def test_another_process_may_not_use_it(edge: HttpEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: -1)

    with pytest.raises(RuntimeError, match="Make one after the fork"):
        edge.submit("token", get("http://127.0.0.1:1/"))


# The environment


def test_the_environment_is_ignored(
    edges: Callable[..., HttpEdge],
    receive: Callable[..., Receiver],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    proxy, receiver = receive(OK), receive(OK)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url())

    response = send(edges(), get(receiver.url()))

    assert response.status == 200
    assert (proxy.accepted, receiver.accepted) == (0, 1)
    assert b"Authorization" not in receiver.requests[0]


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure_edge(edges: Callable[..., HttpEdge], authority: trustme.CA, tmp_path: Path) -> HttpEdge:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return edges(ca_file=str(path), resolve=answers(["127.0.0.1"]))


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


def test_it_checks_the_certificate_by_name_and_sends_the_name(
    secure_edge: HttpEdge, receive: Callable[..., Receiver], authority: trustme.CA
) -> None:
    context, names = server_context(authority.issue_cert("vendor.example")), []
    context.sni_callback = lambda secured, name, _: names.append(name)
    receiver = receive(OK, tls=context)

    first, second = (send(secure_edge, post(receiver.url("vendor.example"))) for _ in range(2))

    assert first.status == second.status == 200
    assert names == ["vendor.example"]
    assert first.phases.tls_ms
    assert first.phases.connect_ms
    assert first.phases.tls_ms > first.phases.connect_ms
    assert (second.phases.connect_ms, second.phases.tls_ms) == (0.0, 0.0)


def expired(authority: trustme.CA) -> trustme.LeafCert:
    now = datetime.now(UTC)
    return authority.issue_cert(
        "vendor.example", not_before=now - timedelta(days=2), not_after=now - timedelta(days=1)
    )


@pytest.mark.parametrize(
    "issue",
    [
        pytest.param(expired, id="expired"),
        pytest.param(lambda authority: authority.issue_cert("other.example"), id="wrong host"),
        pytest.param(lambda authority: trustme.CA().issue_cert("vendor.example"), id="unknown authority"),
        pytest.param(lambda authority: authority.issue_cert("127.0.0.1"), id="address instead of name"),
    ],
)
def test_it_refuses_a_bad_certificate(
    secure_edge: HttpEdge,
    receive: Callable[..., Receiver],
    authority: trustme.CA,
    issue: Callable[[trustme.CA], trustme.LeafCert],
) -> None:
    receiver = receive(OK, tls=server_context(issue(authority)))

    response = send(secure_edge, post(receiver.url("vendor.example")))

    assert response.failure is Failure.TLS
    assert "Check the certificate" in response.detail
    assert not response.left
    assert receiver.requests == []


def test_it_refuses_an_old_tls_version(
    secure_edge: HttpEdge, receive: Callable[..., Receiver], authority: trustme.CA
) -> None:
    context = server_context(authority.issue_cert("vendor.example"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    receiver = receive(OK, tls=context)

    assert send(secure_edge, post(receiver.url("vendor.example"))).failure is Failure.TLS


def test_plain_text_on_a_secure_port_is_a_tls_failure(
    secure_edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(lambda connection: connection.recv(1) and connection.sendall(OK))

    response = send(secure_edge, post(receiver.url("vendor.example").replace("http:", "https:")))

    assert (response.failure, response.left) == (Failure.TLS, False)


def test_a_hanging_handshake_is_cut_at_the_deadline(
    secure_edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(hanging)
    url = receiver.url("vendor.example").replace("http:", "https:")

    response = send(secure_edge, post(url, deadline_ms=300))

    assert (response.failure, response.left) == (Failure.TIMEOUT, False)
    assert "No secure connection to vendor.example" in response.detail
    assert response.phases.connect_ms is not None
    assert response.phases.tls_ms is None


def test_a_test_authority_is_not_trusted_by_default(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], authority: trustme.CA
) -> None:
    receiver = receive(OK, tls=server_context(authority.issue_cert("vendor.example")))

    response = send(edges(resolve=answers(["127.0.0.1"])), post(receiver.url("vendor.example")))

    assert response.failure is Failure.TLS
