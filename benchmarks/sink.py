"""Where every delivery of the benchmarks goes: answers 200 at once and counts.

granian --interface wsgi --blocking-threads 1 benchmarks.sink:application
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from wsgiref.types import StartResponse, WSGIEnvironment

ANSWER = b'{"ok": true}'
_counter = count()


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """POST is counted; GET tells how many there were since the last GET."""
    if environ["REQUEST_METHOD"] == "POST":
        environ["wsgi.input"].read()
        next(_counter)
        return _answer(start_response, ANSWER)
    return _answer(start_response, b"%d" % _taken())


def _taken() -> int:
    global _counter
    found, _counter = next(_counter), count()
    return found


def _answer(start_response: StartResponse, body: bytes) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
