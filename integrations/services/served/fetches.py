"""Notes that a file was fetched by a key, so that revoking the key can warn."""

from __future__ import annotations

import time
from threading import Lock
from uuid import UUID

from cachetools import TTLCache
from django.db import connection

from integrations.services.served.reader import Reader

EVERY_S = 3600.0
MOST = 100_000


class Fetches:
    """Writes `file_fetched_at` at most once an hour for each key, behind the answer."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._noted: TTLCache[UUID, None] = TTLCache(MOST, EVERY_S, time.monotonic)
        self._lock = Lock()

    def note(self, key_id: UUID) -> None:
        with self._lock:
            if key_id in self._noted:
                return
            self._noted[key_id] = None
        if not self._reader.read_behind(f"fetched:{key_id}", lambda: self._write(key_id)):
            self._forget(key_id)

    def _write(self, key_id: UUID) -> None:
        try:
            write_fetch(key_id)
        except Exception:
            self._forget(key_id)
            raise

    def _forget(self, key_id: UUID) -> None:
        """What can't be written now is written with a later fetch."""
        with self._lock:
            self._noted.pop(key_id, None)


def write_fetch(key_id: UUID) -> None:
    """A key that somebody is changing just now is left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE integrations_writekey SET file_fetched_at = now() WHERE id = any(array(
                SELECT id FROM integrations_writekey
                WHERE id = %s AND (file_fetched_at IS NULL OR file_fetched_at < now() - interval '1 hour')
                FOR NO KEY UPDATE SKIP LOCKED))
            """,
            [key_id],
        )
