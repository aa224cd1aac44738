"""The loop that sends many requests at once and gives their responses as they come."""

from __future__ import annotations

import os
from dataclasses import replace
from time import monotonic
from typing import Any

import certifi

from delivery.core.addresses import AddressPolicy
from delivery.core.request import Request
from delivery.core.response import Response
from delivery.http.answer import read_response, unresolved, unroutable
from delivery.http.exchange import Exchange
from delivery.http.handle import Handle
from delivery.http.headers import header_lines
from delivery.http.kept import KeptConnections
from delivery.http.lookups import Lookups, Resolver, system_resolve
from delivery.http.multi import Multi
from delivery.http.redirects import next_request
from delivery.http.refusal import RefusedError
from delivery.http.routes import Route, Routes
from delivery.http.target import read_target
from delivery.http.waiting import Waiting


class HttpEdge:
    """Sends many requests at once, from one thread of one process (make it after the fork).

    `resolve` gives the addresses of a name; it runs on threads of its own, within the deadline of the
    request. `ca_file` replaces the public certificate authorities. Nothing of the environment (proxies,
    netrc, cookies) is used, redirects are followed only as the request allows, and only HTTP/1.1 is spoken.
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

        self._lookups = Lookups(resolve)
        self._routes = Routes(policy, self._lookups)
        self._waiting = Waiting()
        self._multi = Multi(max_connections, self._lookups.fileno())
        self._kept = KeptConnections()
        self._flying: dict[Any, Handle] = {}
        self._idle: list[Handle] = []
        self._done: list[tuple[object, Response]] = []

    @property
    def in_flight(self) -> int:
        """How many requests were submitted and not yet returned by `wait`."""
        return len(self._flying) + len(self._done) + len(self._waiting)

    def submit(self, token: object, request: Request) -> None:
        """Start a request and return at once; `wait` gives its response together with the token."""
        if os.getpid() != self._pid:
            raise RuntimeError("An HttpEdge belongs to the process that made it. Make one after the fork.")
        now = monotonic()
        try:
            exchange = Exchange(token, request, read_target(request.url), header_lines(request), now)
        except RefusedError as refused:
            self._done.append((token, refused.response()))
            return
        self._begin(exchange, now)

    def _begin(self, exchange: Exchange, now: float) -> None:
        route = self._routes.find(exchange.target, now)
        if route is not None:
            self._follow(exchange, route, now)
        elif self._waiting.add(exchange):
            self._routes.look_up(exchange.target.key)

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
        for curl in self._flying:
            self._multi.remove(curl)
        for handle in [*self._flying.values(), *self._idle]:
            handle.curl.close()
        self._multi.close()
        self._lookups.close()
        self._flying.clear()
        self._idle.clear()
        self._waiting.clear()
        self._done.clear()

    def _turn(self, until: float) -> None:
        if self._multi.turn(self._patience_ms(until)):
            self._settle_lookups()
        now = monotonic()
        self._multi.turn_timer(now)
        if self._waiting.until <= now:
            overdue = self._waiting.take_overdue(now)
            self._done += [(exchange.token, unresolved(exchange, now)) for exchange in overdue]
        for curl, code, message in self._multi.finished():
            self._finish(curl, code, message)

    def _patience_ms(self, until: float) -> float:
        if self._done:
            return 0
        return max(0.0, min(until, self._multi.timer_at, self._waiting.until) - monotonic()) * 1000

    def _settle_lookups(self) -> None:
        for key, route in self._routes.settled():
            for exchange in self._waiting.take(key):
                self._follow(exchange, route, monotonic())

    def _follow(self, exchange: Exchange, route: Route, now: float) -> None:
        exchange.dns_ms = (now - exchange.submitted_at) * 1000
        if route.failure is not None:
            self._done.append((exchange.token, unroutable(exchange, route)))
            return
        exchange.route = route
        exchange.addresses = route.addresses
        self._fly(self._idle.pop() if self._idle else self._new_handle(), exchange)

    def _fly(self, handle: Handle, exchange: Exchange) -> None:
        now = monotonic()
        exchange.started_at = now
        handle.arm(exchange, max(1, int((exchange.deadline_at - now) * 1000)))
        self._flying[handle.curl] = handle
        self._multi.add(handle.curl)

    def _finish(self, curl: Any, code: int, message: str) -> None:
        handle = self._flying.pop(curl)
        handle.remember_connection()
        self._multi.remove(curl)
        exchange = handle.exchange
        assert exchange is not None
        if code and exchange.deadline_at > monotonic() and _turn_aside(handle, exchange, code):
            self._fly(handle, exchange)
            return
        response = read_response(handle, exchange, code, message)
        handle.exchange = None
        self._put_away(handle)
        if (onward := _redirected(exchange, response)) is not None:
            self._begin(onward, monotonic())
            return
        if exchange.redirects:
            response = replace(response, redirected_to=exchange.request.url)
        self._done.append((exchange.token, response))

    def _put_away(self, handle: Handle) -> None:
        if len(self._idle) < self._max_connections:
            self._idle.append(handle)
        else:
            handle.curl.close()

    def _new_handle(self) -> Handle:
        return Handle(self._policy, self._kept, self._ca_file, self._connect_timeout_ms)


def _redirected(exchange: Exchange, response: Response) -> Exchange | None:
    """The exchange that goes on where an answer points, within the deadline of the one that it answers."""
    request = next_request(exchange.request, response, exchange.redirects)
    if request is None or exchange.deadline_at <= monotonic():
        return None
    return Exchange(
        exchange.token,
        request,
        read_target(request.url),
        exchange.header_lines,
        exchange.submitted_at,
        redirects=exchange.redirects + 1,
    )


def _turn_aside(handle: Handle, exchange: Exchange, code: int) -> bool:
    """Whether there is another way for a request of which nothing left; the exchange then takes it."""
    if handle.may_try_new_connection():
        exchange.is_fresh = True
        return True
    if handle.may_try_next_address(code):
        exchange.route.prefer_next(exchange.address)
        exchange.tried += 1
        return True
    return False
