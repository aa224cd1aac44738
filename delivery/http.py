"""The one module that speaks HTTP outwards: many requests at once, to addresses that the policy allows."""

from __future__ import annotations

import os
import re
import select
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from queue import SimpleQueue
from time import monotonic
from typing import Any

import certifi
import pycurl

from delivery.core.addresses import AddressPolicy
from delivery.core.request import Request
from delivery.core.response import BODY_LIMIT, Failure, Phases, Response

Resolver = Callable[[str, int], Sequence[str]]

URL_LIMIT = 65_536  # characters
HEADER_BYTES_LIMIT = 32_768  # of response headers, interim answers and trailers included; more is a failure
HEADER_COUNT_LIMIT = 100  # response headers that are kept
NAME_LIFETIME_S = 5.0  # how long an answer of the resolver is used again
NAMES_LIMIT = 1024  # answers of the resolver that are kept
LOOKUP_THREADS = 8
IDLE_LIMIT_S = 60  # a kept connection that was idle for longer is not used again
CONNECTION_LIFETIME_S = 300  # bounds how long a connection outlives a change of policy or of DNS

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization"}
    | {"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URL = re.compile(
    # No user information, no backslash, no fragment, nothing beyond ASCII: what every parser reads alike.
    r"(?P<scheme>https?)://"
    rf"(?:(?P<name>{_LABEL}(?:\.{_LABEL})*)|\[(?P<ipv6>[0-9a-f:.]+)\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?:[/?][!-\"$-\[\]-~]*)?",
    re.IGNORECASE | re.ASCII,
)
_NUMBER_LIKE = re.compile(r"[0-9]+|0x[0-9a-f]*")

_TLS_ERRORS = frozenset(
    {
        pycurl.E_SSL_CONNECT_ERROR,
        pycurl.E_PEER_FAILED_VERIFICATION,
        pycurl.E_SSL_CACERT_BADFILE,
        pycurl.E_SSL_CERTPROBLEM,
        pycurl.E_SSL_CIPHER,
        pycurl.E_SSL_INVALIDCERTSTATUS,
        pycurl.E_SSL_ISSUER_ERROR,
        pycurl.E_USE_SSL_FAILED,
    }
)
_BROKEN_OFF = frozenset(
    {pycurl.E_GOT_NOTHING, pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR, pycurl.E_PARTIAL_FILE}
)
_READABLE = select.POLLIN | select.POLLPRI | select.POLLHUP | select.POLLERR
_POLL_MASKS = {
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}
_NEVER = float("inf")


def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the order in which this host should try them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class HttpEdge:
    """Sends many requests at once, from one thread of one process (make it after the fork).

    `resolve` gives the addresses of a name; it runs on threads of its own, within the deadline of the
    request. `ca_file` replaces the public certificate authorities. Nothing of the environment (proxies,
    netrc, cookies) is used, no redirect is followed, and only HTTP/1.1 is spoken.
    """

    def __init__(
        self,
        *,
        policy: AddressPolicy,
        resolve: Resolver = system_resolve,
        connect_timeout_ms: int = 5000,
        max_connections: int = 256,
        ca_file: str | None = None,
    ) -> None:
        self._policy = policy
        self._connect_timeout_ms = connect_timeout_ms
        self._max_connections = max_connections
        self._ca_file = ca_file or certifi.where()
        self._pid = os.getpid()

        self._lookups = _Lookups(resolve)
        self._routes: dict[tuple[str, int], _Route] = {}
        self._waiting: dict[tuple[str, int], list[_Exchange]] = {}
        self._waiting_until = _NEVER

        self._poll = select.poll()
        self._polled: set[int] = set()
        self._bell = self._lookups.fileno()
        self._poll.register(self._bell, select.POLLIN)
        self._timer_at = _NEVER
        self._multi = self._new_multi()
        self._flying: dict[Any, _Handle] = {}
        self._idle: list[_Handle] = []
        self._done: list[tuple[object, Response]] = []

    @property
    def in_flight(self) -> int:
        """How many requests were submitted and not yet returned by `wait`."""
        return len(self._flying) + len(self._done) + sum(map(len, self._waiting.values()))

    def submit(self, token: object, request: Request) -> None:
        """Start a request and return at once; `wait` gives its response together with the token."""
        if os.getpid() != self._pid:
            raise RuntimeError("An HttpEdge belongs to the process that made it. Make one after the fork.")
        now = monotonic()
        try:
            exchange = _Exchange(token, request, _target(request.url), _header_lines(request), now)
        except _RefusedError as refused:
            self._done.append((token, refused.response()))
            return
        route = self._route(exchange.target, now)
        if route is None:
            self._waiting.setdefault(exchange.target.key, []).append(exchange)
            self._waiting_until = min(self._waiting_until, exchange.deadline_at)
        else:
            self._follow(exchange, route, now)

    def wait(self, timeout_s: float) -> list[tuple[object, Response]]:
        """The requests that have finished, each with its token, as soon as there is any.

        Returns an empty list after `timeout_s` seconds. What goes wrong with a request is in its
        response and never raised.
        """
        until = monotonic() + timeout_s
        while True:
            self._turn(until)
            if self._done or monotonic() >= until:
                done, self._done = self._done, []
                return done

    def close(self) -> None:
        """Drop everything in flight, without responses, and close all connections."""
        for handle in [*self._flying.values(), *self._idle]:
            if handle.curl in self._flying:
                self._multi.remove_handle(handle.curl)
            handle.curl.close()
        self._multi.close()
        self._lookups.close()
        self._flying.clear()
        self._idle.clear()
        self._waiting.clear()
        self._done.clear()

    # The loop

    def _turn(self, until: float) -> None:
        running = None
        for fd, events in self._poll.poll(self._patience_ms(until)):
            if fd in self._polled:  # the one before may have closed it
                _, running = self._multi.socket_action(fd, _ready(events))
            elif fd == self._bell:
                self._settle_lookups()
        now = monotonic()
        if self._timer_at <= now:
            self._timer_at = _NEVER
            _, running = self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        if self._waiting_until <= now:
            self._give_up_waiting(now)
        if running is not None and running < len(self._flying):
            self._harvest()

    def _patience_ms(self, until: float) -> float:
        if self._done:
            return 0
        return max(0.0, min(until, self._timer_at, self._waiting_until) - monotonic()) * 1000

    def _harvest(self) -> None:
        _, succeeded, failed = self._multi.info_read()
        for curl in succeeded:
            self._finish(curl, pycurl.E_OK, "")
        for curl, code, message in failed:
            self._finish(curl, code, message)

    def _finish(self, curl: Any, code: int, message: str) -> None:
        self._multi.remove_handle(curl)
        handle = self._flying.pop(curl)
        exchange = handle.exchange
        assert exchange is not None
        if code and handle.may_try_next_address(code) and exchange.deadline_at > monotonic():
            exchange.route.prefer_next(exchange.address)
            exchange.tried += 1
            self._fly(handle, exchange)
            return
        self._done.append((exchange.token, handle.response(code, message)))
        handle.exchange = None
        if len(self._idle) < self._max_connections:
            self._idle.append(handle)
        else:
            curl.close()

    def _fly(self, handle: _Handle, exchange: _Exchange) -> None:
        now = monotonic()
        exchange.started_at = now
        handle.arm(exchange, max(1, int((exchange.deadline_at - now) * 1000)))
        self._flying[handle.curl] = handle
        self._multi.add_handle(handle.curl)

    # From a name to addresses

    def _route(self, target: _Target, now: float) -> _Route | None:
        """Where a target is reached, None while its name is looked up."""
        route = self._routes.get(target.key)
        if route is not None and now < route.expires_at:
            return route
        if target.literal is not None:
            return self._remember(target.key, self._checked((target.literal,), target.key))
        if target.key not in self._waiting:
            self._lookups.ask(target.key)
        return None

    def _remember(self, key: tuple[str, int], route: _Route) -> _Route:
        self._routes.pop(key, None)
        while len(self._routes) >= NAMES_LIMIT:
            del self._routes[next(iter(self._routes))]
        self._routes[key] = route
        return route

    def _checked(self, addresses: Sequence[str], key: tuple[str, int]) -> _Route:
        expires_at = monotonic() + NAME_LIFETIME_S
        if not addresses:
            return _Route((), expires_at, Failure.DNS, f"{key[0]} has no address. Check its DNS records.")
        refusal = self._policy.refusal_of_any(addresses)
        if refusal is not None:
            return _Route((), expires_at, Failure.ADDRESS_REFUSED, refusal)
        # Names rotate their addresses; kept connections are used again only to the same one.
        before = self._routes[key].addresses[:1] if key in self._routes else ()
        return _Route(tuple(sorted(addresses, key=lambda address: address not in before)), expires_at)

    def _follow(self, exchange: _Exchange, route: _Route, now: float) -> None:
        exchange.dns_ms = (now - exchange.submitted_at) * 1000
        if route.failure is not None:
            reached = None if route.failure is Failure.DNS else exchange.dns_ms
            phases = Phases(dns_ms=reached, total_ms=exchange.dns_ms)
            response = Response(failure=route.failure, detail=route.detail, phases=phases)
            self._done.append((exchange.token, response))
            return
        exchange.route = route
        exchange.addresses = route.addresses
        self._fly(self._idle.pop() if self._idle else self._new_handle(), exchange)

    def _settle_lookups(self) -> None:
        for key, answer in self._lookups.answers():
            if isinstance(answer, Exception):
                detail = f"The name {key[0]} could not be resolved: {answer}. Check the spelling and its DNS."
                route = _Route((), monotonic() + NAME_LIFETIME_S, Failure.DNS, detail)
            else:
                route = self._checked(answer, key)
            self._remember(key, route)
            for exchange in self._waiting.pop(key, ()):
                self._follow(exchange, route, monotonic())

    def _give_up_waiting(self, now: float) -> None:
        self._waiting_until = _NEVER
        for key, exchanges in list(self._waiting.items()):
            patient = [exchange for exchange in exchanges if exchange.deadline_at > now]
            for exchange in exchanges:
                if exchange.deadline_at <= now:
                    self._done.append((exchange.token, _unresolved(exchange, now)))
                else:
                    self._waiting_until = min(self._waiting_until, exchange.deadline_at)
            # The key stays until its look-up ends, so that a name that hangs holds one thread and no more.
            self._waiting[key] = patient

    # What libcurl asks for

    def _new_multi(self) -> Any:
        multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, self._max_connections)
        multi.setopt(pycurl.M_MAXCONNECTS, self._max_connections)
        return multi

    def _watch(self, what: int, fd: int, multi: object, data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            if fd in self._polled:
                self._polled.remove(fd)
                self._poll.unregister(fd)
            return
        self._polled.add(fd)
        self._poll.register(fd, _POLL_MASKS.get(what, 0))

    def _set_timer(self, timeout_ms: int) -> None:
        self._timer_at = _NEVER if timeout_ms < 0 else monotonic() + timeout_ms / 1000

    def _new_handle(self) -> _Handle:
        return _Handle(self._policy, self._ca_file, self._connect_timeout_ms)


class _RefusedError(Exception):
    """This request cannot be sent as it is."""

    def __init__(self, detail: str, failure: Failure = Failure.PROTOCOL) -> None:
        super().__init__(detail)
        self.failure = failure

    def response(self) -> Response:
        return Response(failure=self.failure, detail=str(self))


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a URL leads; `literal` is the host when that is an address."""

    host: str
    port: int
    is_tls: bool
    literal: str | None

    @property
    def key(self) -> tuple[str, int]:
        return self.host, self.port


@dataclass(slots=True, eq=False)
class _Route:
    """The checked addresses of one host and port, or why there are none."""

    addresses: tuple[str, ...]
    expires_at: float
    failure: Failure | None = None
    detail: str = ""

    def prefer_next(self, unreachable: str) -> None:
        """Let later requests begin with another address than the one that could not be reached."""
        if self.addresses[0] == unreachable:
            self.addresses = (*self.addresses[1:], unreachable)


_NOWHERE = _Route((), 0.0)


@dataclass(slots=True, eq=False)
class _Exchange:
    """One request on its way. Times are of the monotonic clock."""

    token: object
    request: Request
    target: _Target
    header_lines: list[str | bytes]
    submitted_at: float
    deadline_at: float = field(init=False)
    started_at: float = 0.0
    dns_ms: float | None = None
    route: _Route = _NOWHERE
    addresses: tuple[str, ...] = ()
    tried: int = 0

    def __post_init__(self) -> None:
        self.deadline_at = self.submitted_at + self.request.deadline_ms / 1000

    @property
    def address(self) -> str:
        return self.addresses[self.tried]

    @property
    def peer(self) -> str:
        target = self.target
        return f"{target.host} ({self.address}) port {target.port}"

    @property
    def elapsed_ms(self) -> int:
        return round((monotonic() - self.submitted_at) * 1000)


class _Handle:
    """A reusable easy handle and what it has received.

    What varies between requests is set for every request (see `arm`), the rest once: `reset` would
    set thirty options again each time.
    """

    __slots__ = (
        "_policy",
        "body",
        "body_room",
        "curl",
        "exchange",
        "head",
        "head_room",
        "refusal",
        "truncated",
    )

    def __init__(self, policy: AddressPolicy, ca_file: str, connect_timeout_ms: int) -> None:
        self._policy = policy
        self.exchange: _Exchange | None = None
        self.head: list[bytes] = []
        self.body: list[bytes] = []
        self._clear()
        self.curl = curl = pycurl.Curl()
        for option, value in _FIXED_OPTIONS:
            curl.setopt(option, value)
        curl.setopt(pycurl.CAINFO, ca_file)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, connect_timeout_ms)
        curl.setopt(pycurl.HEADERFUNCTION, self._keep_head)
        curl.setopt(pycurl.WRITEFUNCTION, self._keep_body)
        curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)

    def arm(self, exchange: _Exchange, timeout_ms: int) -> None:
        """Make the handle ready for one request to one address."""
        self._clear()
        self.exchange = exchange
        request, curl = exchange.request, self.curl
        curl.setopt(pycurl.URL, request.url)
        curl.setopt(pycurl.HTTPHEADER, exchange.header_lines)
        curl.setopt(pycurl.TIMEOUT_MS, timeout_ms)
        curl.setopt(pycurl.CONNECT_TO, [_pin(exchange.target, exchange.address)])
        if request.body or request.method in ("POST", "PUT", "PATCH"):
            curl.setopt(pycurl.POST, 1)
            curl.setopt(pycurl.POSTFIELDS, request.body)
        else:
            curl.setopt(pycurl.HTTPGET, 1)
        if request.method == "HEAD":  # as a custom method, libcurl would wait for a body
            curl.setopt(pycurl.NOBODY, 1)
            curl.unsetopt(pycurl.CUSTOMREQUEST)
        else:
            curl.setopt(pycurl.CUSTOMREQUEST, request.method)

    def may_try_next_address(self, code: int) -> bool:
        """Whether there is another address and this one was not even connected to."""
        exchange = self.exchange
        return (
            exchange is not None
            and exchange.tried + 1 < len(exchange.addresses)
            and code in (pycurl.E_COULDNT_CONNECT, pycurl.E_OPERATION_TIMEDOUT)
            and self.curl.getinfo(pycurl.CONNECT_TIME) == 0
            and not self._left()
        )

    def response(self, code: int, message: str) -> Response:
        """What the finished transfer comes to; `code` and `message` are those of libcurl."""
        if code == pycurl.E_OK or (self.truncated and code == pycurl.E_WRITE_ERROR):
            return Response(
                status=self.curl.getinfo(pycurl.RESPONSE_CODE),
                headers=_headers(self.head),
                body=b"".join(self.body),
                body_truncated=self.truncated,
                left=True,
                phases=self._phases(),
            )
        failure, detail = self._explain(code, message)
        return Response(failure=failure, detail=detail, left=self._left(), phases=self._phases())

    def _clear(self) -> None:
        self.head.clear()
        self.body.clear()
        self.head_room = HEADER_BYTES_LIMIT
        self.body_room = BODY_LIMIT
        self.truncated = False
        self.refusal: str | None = None

    def _keep_head(self, line: bytes) -> int | None:
        self.head_room -= len(line)
        if self.head_room < 0:
            return 0
        self.head.append(line)
        return None

    def _keep_body(self, piece: bytes) -> int | None:
        room = self.body_room
        if len(piece) <= room:
            self.body_room = room - len(piece)
            self.body.append(piece)
            return None
        self.body.append(piece[:room])
        self.truncated = True
        return 0

    def _open_socket(self, purpose: int, address: Any) -> Any:
        """The second wall: the address that is really connected to is checked again."""
        family, kind, protocol, peer = address
        self.refusal = self._policy.refusal(str(peer[0]))
        if self.refusal is not None or family not in (socket.AF_INET, socket.AF_INET6):
            return pycurl.SOCKET_BAD
        return _OpenedSocket(family, kind, protocol)

    def _left(self) -> bool:
        """Whether any byte was written, also if only to a kept connection that libcurl then replaced."""
        return bool(self.curl.getinfo(pycurl.REQUEST_SIZE))

    def _phases(self) -> Phases:
        exchange, getinfo = self.exchange, self.curl.getinfo
        assert exchange is not None
        before = (exchange.started_at - exchange.submitted_at) * 1000
        connect, tls = getinfo(pycurl.CONNECT_TIME), getinfo(pycurl.APPCONNECT_TIME)
        first_byte = getinfo(pycurl.STARTTRANSFER_TIME)
        is_reused = not getinfo(pycurl.NUM_CONNECTS) and self._left()
        return Phases(
            dns_ms=exchange.dns_ms,
            connect_ms=0.0 if is_reused else before + connect * 1000 if connect else None,
            tls_ms=0.0 if is_reused and exchange.target.is_tls else before + tls * 1000 if tls else None,
            first_byte_ms=before + first_byte * 1000 if first_byte and self.head else None,
            total_ms=before + getinfo(pycurl.TOTAL_TIME) * 1000,
        )

    def _explain(self, code: int, message: str) -> tuple[Failure, str]:
        exchange = self.exchange
        assert exchange is not None
        peer = exchange.peer
        if self.refusal is not None:
            return Failure.ADDRESS_REFUSED, self.refusal
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return Failure.TIMEOUT, self._explain_timeout()
        if code == pycurl.E_COULDNT_CONNECT:
            return Failure.CONNECT, f"Could not connect to {peer}. Check that the server runs and lets us in."
        if code in _TLS_ERRORS:
            advice = "Check the certificate: its name, its dates and that the chain is complete."
            return Failure.TLS, f"No secure connection to {peer}: {message}. {advice}"
        if not self._left():
            return Failure.PROTOCOL, f"The request to {peer} could not be sent: {message}. Check its size."
        if self.head_room < 0:
            advice = f"Send less than {HEADER_BYTES_LIMIT} bytes of them."
            return Failure.PROTOCOL, f"The answer of {peer} has too many headers. {advice}"
        if code in _BROKEN_OFF and not _is_malformed(message):
            after = f" after status {self._status()}" if self._status() else ""
            advice = "Check the server's log for a crash or a limit."
            return Failure.RESET, f"{peer} broke off the connection{after}, its answer incomplete. {advice}"
        return Failure.PROTOCOL, f"The answer of {peer} is not valid HTTP: {message}. Check the server."

    def _explain_timeout(self) -> str:
        exchange, getinfo = self.exchange, self.curl.getinfo
        assert exchange is not None
        peer, within = exchange.peer, f"within {exchange.elapsed_ms} ms"
        if self.head:
            return f"The answer of {peer} was not complete {within}. Answer first and do the work afterwards."
        if self._left():
            return f"No answer from {peer} {within}. Answer first and do the work afterwards."
        if getinfo(pycurl.CONNECT_TIME):
            return f"No secure connection to {peer} {within}. Check that the port speaks TLS."
        if getinfo(pycurl.NAMELOOKUP_TIME):
            return f"No connection to {peer} {within}. Check that the server runs and lets us in."
        return f"No connection was free for {peer} {within}. Send fewer requests at once."

    def _status(self) -> int:
        return int(self.curl.getinfo(pycurl.RESPONSE_CODE))


_FIXED_OPTIONS: tuple[tuple[int, Any], ...] = (
    (pycurl.NOSIGNAL, 1),
    (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
    (pycurl.FOLLOWLOCATION, 0),
    (pycurl.PROXY, ""),
    (pycurl.NOPROXY, "*"),
    (pycurl.NETRC, pycurl.NETRC_IGNORED),
    (pycurl.PATH_AS_IS, 1),
    (pycurl.USERAGENT, "s2sadmin"),
    # Asks for no compression, yet decodes what comes, piece by piece: a bomb is cut at the body's limit.
    (pycurl.ACCEPT_ENCODING, "identity"),
    (pycurl.SSL_VERIFYPEER, 1),
    (pycurl.SSL_VERIFYHOST, 2),
    (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
    (pycurl.TCP_NODELAY, 1),
    (pycurl.TCP_KEEPALIVE, 1),
    (pycurl.MAXAGE_CONN, IDLE_LIMIT_S),
    (pycurl.MAXLIFETIME_CONN, CONNECTION_LIFETIME_S),
)


class _OpenedSocket(socket.socket):
    """A socket that libcurl takes a duplicate of, so that ours is to be closed without a word."""

    def __del__(self) -> None:
        self.close()


class _Lookups:
    """Asks the resolver on a few daemon threads, as a look-up may hang for longer than any deadline."""

    def __init__(self, resolve: Resolver) -> None:
        self._resolve = resolve
        self._questions: SimpleQueue[tuple[str, int] | None] = SimpleQueue()
        self._answers: deque[tuple[tuple[str, int], Sequence[str] | Exception]] = deque()
        self._threads = 0
        self._bell, self._ringer = socket.socketpair()
        self._bell.setblocking(False)
        self._ringer.setblocking(False)

    def fileno(self) -> int:
        """What becomes readable when there are answers."""
        return self._bell.fileno()

    def ask(self, key: tuple[str, int]) -> None:
        """Look up a host for a port; the answer comes with `answers`."""
        if self._threads < LOOKUP_THREADS:
            self._threads += 1
            threading.Thread(target=self._work, name="http-lookup", daemon=True).start()
        self._questions.put(key)

    def answers(self) -> list[tuple[tuple[str, int], Sequence[str] | Exception]]:
        """The addresses, or the error, of each look-up that has ended."""
        self._bell.recv(4096)
        return [self._answers.popleft() for _ in range(len(self._answers))]

    def close(self) -> None:
        """Let the threads end once their look-up does."""
        for _ in range(self._threads):
            self._questions.put(None)
        self._bell.close()
        self._ringer.close()

    def _work(self) -> None:
        while (key := self._questions.get()) is not None:
            try:
                answer: Sequence[str] | Exception = list(self._resolve(*key))
            except Exception as error:  # whatever a resolver raises is the answer
                answer = error
            self._answers.append((key, answer))
            try:
                self._ringer.send(b"!")
            except OSError:
                continue  # full, so it rings already; or closed, so nobody listens


def _ready(events: int) -> int:
    """What `poll` saw, as libcurl is told."""
    can_read = pycurl.CSELECT_IN if events & _READABLE else 0
    return int(can_read | (pycurl.CSELECT_OUT if events & select.POLLOUT else 0))


@lru_cache(maxsize=1024)
def _target(url: str) -> _Target:
    """Where a URL leads, read so strictly that libcurl cannot read it otherwise. Raises _RefusedError."""
    if len(url) > URL_LIMIT:
        raise _RefusedError(f"The URL is too long. Use at most {URL_LIMIT} characters.")
    match = _URL.fullmatch(url)
    if match is None:
        raise _RefusedError(
            "The URL is not plain enough to be sent. Write it as https://host:port/path, all in ASCII, "
            "without user, password, fragment, backslash or blank."
        )
    is_tls = len(match["scheme"]) == 5
    port = int(match["port"] or (443 if is_tls else 80))
    if port > 65535:
        raise _RefusedError(f"The URL has the port {port}. Use one between 1 and 65535.")
    if match["ipv6"]:
        return _Target(match["ipv6"].lower(), port, is_tls, match["ipv6"])
    host = match["name"].lower()
    return _Target(host, port, is_tls, _literal(host))


def _literal(host: str) -> str | None:
    """The host if it is an IPv4 address. A name that some parser could read as a number is refused."""
    if len(host) > 253:
        raise _RefusedError("The host name is too long. Use at most 253 characters.")
    if _NUMBER_LIKE.fullmatch(host.rpartition(".")[2]) is None:
        return None
    if re.fullmatch(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})", host) is None:
        detail = f"The host {host} reads as a number. Use a name, or an address such as 192.0.2.1."
        raise _RefusedError(detail, Failure.ADDRESS_REFUSED)
    return host


def _pin(target: _Target, address: str) -> str:
    # Host and port stay empty, which matches any: should libcurl read the URL otherwise than we do, it
    # still connects to the address that was checked.
    return f"::[{address}]:{target.port}" if ":" in address else f"::{address}:{target.port}"


def _header_lines(request: Request) -> list[str | bytes]:
    """The headers as libcurl takes them: "Name;" sends an empty one, "Name:" none."""
    if request.method not in _METHODS:
        raise _RefusedError(
            f"The method {request.method[:20]!r} is not one of {', '.join(sorted(_METHODS))}."
        )
    lines: list[str | bytes] = ["Expect:"]
    has_type = not request.body
    for name, value in request.headers:
        lowered = _lowered_name(name)
        if _FIELD_VALUE.fullmatch(value) is None:
            raise _RefusedError(f"The header {name} holds a line break or control character. Remove it.")
        has_type = has_type or lowered == "content-type"
        line = f"{name}: {value}" if value and not value.isspace() else f"{name};"
        lines.append(line if line.isascii() else line.encode("utf-8", "replace"))
    if not has_type:
        lines.append("Content-Type:")
    return lines


@lru_cache(maxsize=1024)
def _lowered_name(name: str) -> str:
    lowered = name.lower()
    if _TOKEN.fullmatch(name) is None:
        raise _RefusedError(f"The header name {name[:60]!r} is not valid. Use letters, digits and hyphens.")
    if lowered in _FRAMING:
        raise _RefusedError(f"The header {name} is set by the connection itself. Remove it.")
    return lowered


def _headers(head: Sequence[bytes]) -> tuple[tuple[str, str], ...]:
    """The headers of the final answer, without those of interim answers and without trailers."""
    found: list[tuple[str, str]] = []
    is_over = True
    for line in head:
        if is_over:
            if line.startswith(b"HTTP/"):
                found.clear()
                is_over = False
        elif line in (b"\r\n", b"\n"):
            is_over = True
        elif len(found) < HEADER_COUNT_LIMIT:
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                found.append((name.strip(), value.strip()))
    return tuple(found)


def _is_malformed(message: str) -> bool:
    """Whether libcurl means bad HTTP by an error that it also gives for a broken connection."""
    return any(word in message.lower() for word in ("header", "chunk", "invalid", "too large"))


def _unresolved(exchange: _Exchange, now: float) -> Response:
    elapsed_ms = (now - exchange.submitted_at) * 1000
    detail = (
        f"The name {exchange.target.host} was not resolved within {elapsed_ms:.0f} ms. Check its DNS servers."
    )
    return Response(failure=Failure.TIMEOUT, detail=detail, phases=Phases(total_ms=elapsed_ms))
