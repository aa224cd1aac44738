"""One HTTP request as the doors see it, free of any framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl

QUERY_FIELDS_LIMIT = 1000
# The only headers that the doors read, by their name in a WSGI environ.
HEADERS = {
    "CONTENT_LENGTH": "content-length",
    "HTTP_TRANSFER_ENCODING": "transfer-encoding",
    "HTTP_CONTENT_ENCODING": "content-encoding",
    "HTTP_AUTHORIZATION": "authorization",
    "HTTP_X_WRITE_KEY": "x-write-key",
    "HTTP_ORIGIN": "origin",
    "HTTP_USER_AGENT": "user-agent",
    "HTTP_SEC_GPC": "sec-gpc",
    "HTTP_X_FORWARDED_FOR": "x-forwarded-for",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "access-control-request-headers",
}


class Stream(Protocol):
    """A body that is read as it comes in, `wsgi.input` or Django's request."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` have lower-case names; `body` is the bytes or the stream of them."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | Stream
    remote_addr: str

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def parameters(self) -> dict[str, str]:
        """The query's parameters; the last of a name wins, and a query with too many has none."""
        if not self.query:
            return {}
        query = self.query.encode("latin-1", "replace").decode("utf-8", "replace")
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=QUERY_FIELDS_LIMIT)
        except ValueError:
            return {}
        return dict(pairs)


def headers_of(environ: Mapping[str, object], wanted: Mapping[str, str] = HEADERS) -> dict[str, str]:
    """The wanted headers (those that the doors read) of a WSGI environ or Django's META."""
    return {name: str(environ[key]) for key, name in wanted.items() if key in environ}
