"""What the ingest doors tell storage about a request, and what storage answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the HTTP request itself says; the address is a visitor's only when a browser or app sent it."""

    ip: str = ""
    user_agent: str = ""
    gpc: bool = False
    origin: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """One event as it came in, under the write key that it was sent with.

    `size` is its length in bytes. `needs_walk` says that the cheap checks on those bytes could not rule out
    NUL characters or deep nesting, so that `normalise` has to look.
    """

    key: str
    raw: dict[str, object]
    type_hint: str = ""
    size: int
    needs_walk: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """Durable in the database."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Already there: the same message id came before."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Not stored. `code` is for programs, `message` a sentence that says what to do."""

    code: str
    message: str


Result = Stored | Duplicate | Refused


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """One result for each incoming event, in order."""

    results: tuple[Result, ...]
    partial_207: bool = False


class KeyRefused(Exception):
    """The write key may not send: 401 when it proves nothing, 403 when its pipeline is off."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Busy(Exception):
    """Not now: 429 over a limit, 503 when storage cannot take it. Come back after `retry_after_s`."""

    def __init__(self, status: int, retry_after_s: float, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.retry_after_s, self.message, self.code = status, retry_after_s, message, code
