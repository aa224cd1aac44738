"""The request that a lane wants sent: plain values, ready for the wire."""

from __future__ import annotations

from dataclasses import dataclass

from delivery.core.response import BODY_LIMIT


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One HTTP request. `secrets` are the values that must never be logged, in every form they take here.

    `readable_body` is what the log shows when `body` is compressed. `is_repeatable` is False for what must
    not double: it never goes out on a kept connection, which may break just then and leave it unknown whether
    the request arrived. Of the answer's decoded body `body_limit` bytes are read. `redirect_hosts`: redirects
    that keep method and body are followed, on the same host or to these; None follows none.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    deadline_ms: int = 10_000
    secrets: tuple[str, ...] = ()
    readable_body: bytes | None = None
    is_repeatable: bool = True
    body_limit: int = BODY_LIMIT
    redirect_hosts: tuple[str, ...] | None = None

    @property
    def logged_body(self) -> bytes:
        """The body as a person reads it."""
        return self.body if self.readable_body is None else self.readable_body
