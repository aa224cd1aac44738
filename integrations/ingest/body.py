"""Reads a request's body within its limit and inflates it when it is gzip."""

from __future__ import annotations

import zlib

from integrations.ingest.reply import Refusal
from integrations.ingest.request import Request, Stream

GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 16 + zlib.MAX_WBITS
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ENCODINGS = ("", "identity", "gzip", "x-gzip")


def read_body(request: Request, limit: int) -> bytes:
    """The body's JSON text, at most `limit` bytes also after inflation. Raises Refusal.

    Gzip is known by its first two bytes, which no JSON text has: some SDKs send it without the header, some
    proxies inflate it and leave the header.
    """
    if request.header("content-encoding").strip().lower() not in ENCODINGS:
        raise Refusal(
            415,
            "unsupported_encoding",
            "The body has a Content-Encoding other than gzip. Send JSON, plain or as gzip.",
        )
    body = _read(request, limit)
    if body.startswith(GZIP_MAGIC):
        body = inflate(body, limit)
    if body.startswith(BYTE_ORDER_MARK):
        body = body[len(BYTE_ORDER_MARK) :]
    if not body:
        raise Refusal(400, "empty_body", "The request has no body. Send the event as a JSON object.")
    return body


def inflate(body: bytes, limit: int) -> bytes:
    """One gzip member, inflated no further than one byte over the limit."""
    inflater = zlib.decompressobj(GZIP_WINDOW)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error as reason:
        raise Refusal(
            400, "bad_gzip", "The body starts as gzip but cannot be inflated. Send it again, whole."
        ) from reason
    if len(plain) > limit:
        raise too_large(limit)
    if not inflater.eof or inflater.unused_data:
        raise Refusal(
            400,
            "bad_gzip",
            "The gzip body is cut off or has bytes after its end. Send one whole gzip member.",
        )
    return plain


def too_large(limit: int) -> Refusal:
    return Refusal(
        413,
        "request_too_large",
        f"The request has more than {limit} bytes, which is the most. Send smaller batches.",
    )


def _read(request: Request, limit: int) -> bytes:
    if isinstance(request.body, bytes):
        if len(request.body) > limit:
            raise too_large(limit)
        return request.body
    declared = _declared_length(request)
    if declared is not None and declared > limit:
        raise too_large(limit)
    wanted = limit + 1 if declared is None else declared
    body = _read_stream(request.body, wanted)
    if len(body) > limit:
        raise too_large(limit)
    if declared is not None and len(body) < declared:
        raise Refusal(
            400,
            "body_cut",
            f"The body has {len(body)} bytes, Content-Length says {declared}. Send it again, whole.",
        )
    return body


def _declared_length(request: Request) -> int | None:
    """None when the body is chunked. Reading more than was declared may wait for ever."""
    declared = request.header("content-length").strip()
    if not declared:
        return None if request.header("transfer-encoding") else 0
    if len(declared) > 18 or not (declared.isascii() and declared.isdigit()):
        raise Refusal(
            400, "bad_length", "Content-Length is not a number of bytes. Send the length of the body."
        )
    return int(declared)


def _read_stream(stream: Stream, wanted: int) -> bytes:
    pieces: list[bytes] = []
    try:
        while wanted > 0 and (piece := stream.read(wanted)):
            pieces.append(piece)
            wanted -= len(piece)
    except OSError as reason:
        raise Refusal(400, "body_cut", "The connection ended before the body did. Send it again.") from reason
    return b"".join(pieces)
