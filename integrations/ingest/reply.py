"""The answers that every SDK's parser takes, and the refusal that carries one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from math import ceil

import msgspec

from integrations.core.facts import Busy, KeyRefused, Refused

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole HTTP answer. `code` is the error's code, empty on success."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""

    def plus(self, headers: dict[str, str]) -> Reply:
        return replace(self, headers=self.headers | headers) if headers else self


class Refusal(Exception):
    """The request ends here, with this status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


SUCCESS = Reply(200, b'{"success": true}', JSON)


def error(status: int, code: str, message: str) -> Reply:
    """`code` and `message` are for RudderStack's SDKs, the capitals for MetaRouter's clients."""
    body = {
        "success": False,
        "code": code,
        "message": message,
        "Error": HTTPStatus(status).phrase,
        "Message": message,
        "Details": "",
    }
    return Reply(status, msgspec.json.encode(body), JSON, code)


def refusal(reason: Refusal | KeyRefused) -> Reply:
    return error(reason.status, reason.code, reason.message)


def busy(reason: Busy) -> Reply:
    usual = "too_many_requests" if reason.status == 429 else "unavailable"
    retry_after = {"Retry-After": str(max(1, ceil(reason.retry_after_s)))}
    return error(reason.status, reason.code or usual, reason.message).plus(retry_after)


def partial(refused: dict[int, Refused], *, multi_status: bool) -> Reply:
    """The good elements are stored; the bad ones are named by their place in the batch."""
    errors = [
        {"index": index, "code": reason.code, "message": reason.message}
        for index, reason in sorted(refused.items())
    ]
    body = msgspec.json.encode({"success": True, "errors": errors})
    return Reply(207 if multi_status else 200, body, JSON)
