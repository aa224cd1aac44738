"""Bytes of builds in bounded memory. A build never changes, so they need no stamp."""

from __future__ import annotations

import contextlib
from threading import Lock
from uuid import UUID

import msgspec
from cachetools import LRUCache

from integrations.core.served.facts import Away, Content
from integrations.models import FileBuild
from integrations.services.served import valkey
from integrations.services.served.reader import Reader


class Contents:
    """The bytes that were asked for last, `most_bytes` of them at most."""

    def __init__(self, reader: Reader, *, most_bytes: int) -> None:
        self._reader = reader
        self._decoder = msgspec.msgpack.Decoder(Content)
        self._contents: LRUCache[UUID, Content] = LRUCache(most_bytes, getsizeof=lambda one: one.size)
        self._lock = Lock()

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return int(self._contents.currsize)

    def get(self, build_id: UUID) -> Content | None:
        """The build's bytes; None when it was removed. Raises Away when nothing is known of it."""
        with self._lock:
            content = self._contents.get(build_id)
        if content is not None:
            return content
        try:
            read: Content | None = self._reader.read(_tag(build_id), lambda: self._fetch(build_id))
            return read
        except Away:
            return self._copy(build_id)

    def keep_copied(self, build_id: UUID) -> None:
        """Valkey may have been emptied since. Runs in the reader's thread."""
        with self._lock:
            content = self._contents.get(build_id)
        if content is not None and not valkey.is_copied(_tag(build_id)):
            valkey.keep_copy(_tag(build_id), msgspec.msgpack.encode(content))

    def _fetch(self, build_id: UUID) -> Content | None:
        columns = FileBuild.objects.filter(id=build_id).values_list(
            "content", "content_gzip", "content_brotli"
        )
        row = columns.first()
        if row is None:
            return None
        content = Content(plain=bytes(row[0]), gzip=bytes(row[1]), brotli=bytes(row[2]))
        self._remember(build_id, content)
        valkey.keep_copy(_tag(build_id), msgspec.msgpack.encode(content))
        return content

    def _copy(self, build_id: UUID) -> Content:
        copied = valkey.read_copy(_tag(build_id))
        if copied is None:
            raise Away
        try:
            content = self._decoder.decode(copied)
        except msgspec.MsgspecError:
            raise Away from None
        self._remember(build_id, content)
        return content

    def _remember(self, build_id: UUID, content: Content) -> None:
        with self._lock, contextlib.suppress(ValueError):  # larger than all that may be kept
            self._contents[build_id] = content


def _tag(build_id: UUID) -> str:
    return f"content:{build_id}"
