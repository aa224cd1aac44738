"""Facts by name, as fresh as their stamps, in bounded memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

import msgspec
from cachetools import LRUCache

from integrations.core.served.facts import Away
from integrations.core.served.freshness import NoStamp, Stamp, Verdict, judge
from integrations.services.served import valkey
from integrations.services.served.reader import Reader

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Remembered(Generic[T]):
    """A value (None: there is no such thing) with the stamp that was read before it."""

    value: T | None
    stamp: Stamp
    read_at: float


class Known(Generic[T]):
    """What one process knows of one kind of facts. `look_up` reads the database; None is an answer."""

    def __init__(
        self, reader: Reader, kind: str, shape: type[T], look_up: Callable[[str], T | None], *, most: int
    ) -> None:
        self._reader = reader
        self._kind = kind
        self._look_up = look_up
        self._decoder = msgspec.msgpack.Decoder(shape)
        self._entries: LRUCache[str, Remembered[T]] = LRUCache(most)
        self._lock = Lock()

    def get(self, name: str) -> T | None:
        """The fact as of this call; without the database, what was known last. Raises Away."""
        entry = self._entry(name)
        if entry is None:
            return self._read(name, None)
        age_s = time.monotonic() - entry.read_at
        stamp = valkey.read_stamp(self._tag(name))
        match judge(entry.stamp, age_s, exists=entry.value is not None, now=stamp):
            case Verdict.USE:
                return entry.value
            case Verdict.USE_AND_READ_BEHIND:
                self._reader.read_behind(self._tag(name), lambda: self._fetch(name))
                return entry.value
        return self._read(name, entry)

    def has(self, name: str) -> bool:
        """Whether this process knows that it exists; may be old, costs nothing."""
        entry = self._entry(name)
        return entry is not None and entry.value is not None

    def _read(self, name: str, entry: Remembered[T] | None) -> T | None:
        try:
            fresh: Remembered[T] = self._reader.read(self._tag(name), lambda: self._fetch(name))
            return fresh.value
        except Away:
            if entry is not None and entry.value is not None:
                return entry.value
            return self._copy(name)

    def _fetch(self, name: str) -> Remembered[T]:
        """Runs in the reader's thread. The stamp is read first: a change in between is then seen as one."""
        tag = self._tag(name)
        stamp = valkey.read_stamp(tag)
        read_at = time.monotonic()
        value = self._look_up(name)
        if value is not None and stamp is NoStamp.ABSENT:
            stamp = valkey.make_stamp(tag)
        fresh = Remembered(value, stamp, read_at)
        with self._lock:
            self._entries[name] = fresh
        if value is not None:
            valkey.keep_copy(tag, msgspec.msgpack.encode(value))
        elif stamp is not NoStamp.ABSENT:
            valkey.drop_copy(tag)  # it was there once
        return fresh

    def _copy(self, name: str) -> T:
        copied = valkey.read_copy(self._tag(name))
        if copied is None:
            raise Away
        try:
            return self._decoder.decode(copied)
        except msgspec.MsgspecError:  # of another version of this program
            raise Away from None

    def _entry(self, name: str) -> Remembered[T] | None:
        with self._lock:  # looking moves it to the front
            return self._entries.get(name)

    def _tag(self, name: str) -> str:
        return f"{self._kind}:{name}"
