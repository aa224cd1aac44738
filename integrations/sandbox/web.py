"""Request and Response: the two values every sandbox page and vendor works with."""

import gzip
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qsl, quote
from wsgiref.types import WSGIEnvironment


class UnreadableBody(ValueError):
    """The body can't be read; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]  # names in Title-Case
    raw_body: bytes

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw_body.decode(errors="replace"), keep_blank_values=True))

    @property
    def media_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def origin(self) -> str:
        """Where the sender reached us: scheme and host, for links that lead back here."""
        return f"http://{self.headers.get('Host', '127.0.0.1')}"

    @property
    def host_path(self) -> str:
        """The path below the vendor's host: `/api` for `/srv.adroll.com/api`."""
        return "/" + self.path.lstrip("/").partition("/")[2]

    @property
    def vendor_url(self) -> str:
        """The URL as it was before the sandbox swapped its scheme and host."""
        query = f"?{self.query_string}" if self.query_string else ""
        return f"https:/{quote(self.path)}{query}"

    @cached_property
    def body(self) -> bytes:
        """The body, inflated. Raises UnreadableBody."""
        if self.headers.get("Content-Encoding", "").lower() != "gzip":
            return self.raw_body
        try:
            return gzip.decompress(self.raw_body)
        except (OSError, EOFError) as error:
            raise UnreadableBody("The body is not the gzip that Content-Encoding promises") from error

    def json(self) -> object:
        """The body as JSON. Raises UnreadableBody."""
        try:
            return json.loads(self.body, parse_constant=_refuse_constant)
        except UnreadableBody:
            raise
        except (ValueError, RecursionError) as error:
            raise UnreadableBody("The body is not JSON") from error


@dataclass(frozen=True, kw_only=True)
class Response:
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def status_line(self) -> str:
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"{self.status} Unnamed"

    @property
    def all_headers(self) -> list[tuple[str, str]]:
        if not self.body:
            return list(self.headers)
        return [("Content-Type", self.content_type), *self.headers]

    def with_headers(self, *headers: tuple[str, str]) -> "Response":
        return replace(self, headers=self.headers + headers)


# An answer that contradicts itself about its length: the server refuses to write it and closes the
# connection without a byte. A status line would already be an answer.
NO_ANSWER = Response(body=b"?", headers=(("Content-Length", "1"), ("Transfer-Encoding", "chunked")))


def json_response(value: object, status: int = 200) -> Response:
    return Response(status=status, content_type="application/json", body=json.dumps(value).encode())


def html_response(html: str, status: int = 200) -> Response:
    return Response(status=status, content_type="text/html; charset=utf-8", body=html.encode())


def text_response(text: str, status: int = 200) -> Response:
    return Response(status=status, body=text.encode())


def redirect(url: str, status: int = 303) -> Response:
    return Response(status=status, headers=(("Location", url),))


def read_request(environ: WSGIEnvironment) -> Request:
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query_string=environ.get("QUERY_STRING", ""),
        headers=_headers(environ),
        raw_body=environ["wsgi.input"].read(),
    )


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """The request's headers. Granian mixes the process environment in: HTTP_PROXY is not a header."""
    names = [
        name for name in environ if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    ]
    return {
        name.removeprefix("HTTP_").replace("_", "-").title(): environ[name]
        for name in names
        if os.environ.get(name) != environ[name]
    }


def _refuse_constant(name: str) -> None:
    raise UnreadableBody(f"The body is not JSON: {name} is no JSON number")
