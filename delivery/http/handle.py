"""One easy handle of libcurl: its options, its callbacks and what they have received."""

from __future__ import annotations

import socket
from typing import Any

import pycurl

from delivery.core.addresses import AddressPolicy
from delivery.http.exchange import Exchange
from delivery.http.headers import HEADER_BYTES_LIMIT
from delivery.http.kept import Ends, KeptConnections

IDLE_LIMIT_S = 60  # a kept connection that was idle for longer is not used again
CONNECTION_LIFETIME_S = 300  # bounds how long a connection outlives a change of policy or of DNS

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


class Handle:
    """A reusable easy handle and what it has received.

    What varies between requests is set for every request (see `arm`), the rest once: `reset` would
    set thirty options again each time.
    """

    __slots__ = (
        "_began",
        "_ends",
        "_kept",
        "_opened",
        "_policy",
        "body",
        "body_room",
        "curl",
        "exchange",
        "head",
        "head_room",
        "refusal",
        "stopped",
        "truncated",
    )

    def __init__(
        self, policy: AddressPolicy, kept: KeptConnections, ca_file: str, connect_timeout_ms: int
    ) -> None:
        self._policy = policy
        self._kept = kept
        self.exchange: Exchange | None = None
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
        curl.setopt(pycurl.PREREQFUNCTION, self._begin)

    def arm(self, exchange: Exchange, timeout_ms: int) -> None:
        """Make the handle ready for one request to one address."""
        self._clear()
        self.exchange = exchange
        request, curl = exchange.request, self.curl
        self.body_room = request.body_limit
        curl.setopt(pycurl.URL, request.url)
        curl.setopt(pycurl.HTTPHEADER, exchange.header_lines)
        curl.setopt(pycurl.TIMEOUT_MS, timeout_ms)
        curl.setopt(pycurl.FRESH_CONNECT, exchange.is_fresh)
        curl.setopt(pycurl.CONNECT_TO, [exchange.target.pinned_to(exchange.address)])
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
            and not self.has_left()
        )

    def remember_connection(self) -> None:
        """Let the connection, if it is new, be used by later requests."""
        if self._ends is not None:
            self._kept.remember(self._ends, self.curl.getinfo(pycurl.ACTIVESOCKET))

    def may_try_new_connection(self) -> bool:
        """Whether a kept connection had ended before anything was written to it."""
        return self.stopped and not self.has_left()

    def has_left(self) -> bool:
        """Whether any byte was written, also if only to a kept connection that then broke."""
        return bool(self.curl.getinfo(pycurl.REQUEST_SIZE))

    def _clear(self) -> None:
        self.head.clear()
        self.body.clear()
        self.head_room = HEADER_BYTES_LIMIT
        self.body_room = 0
        self.truncated = False
        self.stopped = False
        self._opened = False
        self._began = False
        self._ends: Ends | None = None
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
        if self._began:
            self.stopped = True
            return pycurl.SOCKET_BAD
        self._opened = True
        family, kind, protocol, peer = address
        self.refusal = self._policy.refusal(str(peer[0]))
        if self.refusal is not None or family not in (socket.AF_INET, socket.AF_INET6):
            return pycurl.SOCKET_BAD
        return _OpenedSocket(family, kind, protocol)

    def _begin(self, *ends: object) -> int:
        """Called when a connection is ready, new or kept, and nothing of the request is written to it yet.

        A second call is libcurl sending the request again, after the kept connection that it went out on
        closed without an answer: on the next kept one, on a new one at last. That would double it unseen.
        """
        if self._began or not (self._opened or self._kept.is_silent(ends)):
            self.stopped = True
            return int(pycurl.PREREQFUNC_ABORT)
        self._began = True
        if self._opened:
            self._ends = ends
        return int(pycurl.PREREQFUNC_OK)


class _OpenedSocket(socket.socket):
    """A socket that libcurl takes a duplicate of, so that ours is to be closed without a word."""

    def __del__(self) -> None:
        self.close()
