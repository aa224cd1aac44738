"""Headers as libcurl takes them and as it gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from delivery.core.request import Request
from delivery.http.refusal import RefusedError

HEADER_BYTES_LIMIT = 32_768  # of response headers, interim answers and trailers included; more is a failure
HEADER_COUNT_LIMIT = 100  # response headers that are kept

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization"}
    | {"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


def header_lines(request: Request) -> list[str | bytes]:
    """The headers to send: "Name;" sends an empty one, "Name:" none. Raises RefusedError."""
    if request.method not in _METHODS:
        raise RefusedError(f"The method {request.method[:20]!r} is not one of {', '.join(sorted(_METHODS))}.")
    lines: list[str | bytes] = ["Expect:"]
    has_type = not request.body
    for name, value in request.headers:
        lowered = _lowered_name(name)
        if _FIELD_VALUE.fullmatch(value) is None:
            raise RefusedError(f"The header {name} holds a line break or control character. Remove it.")
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
        raise RefusedError(f"The header name {name[:60]!r} is not valid. Use letters, digits and hyphens.")
    if lowered in _FRAMING:
        raise RefusedError(f"The header {name} is set by the connection itself. Remove it.")
    return lowered


def read_headers(head: Sequence[bytes]) -> tuple[tuple[str, str], ...]:
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
