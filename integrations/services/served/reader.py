"""The one thread of a web process that reads the database for the file routes.

However many requests ask, they share one connection and one read for each name, none waits longer than
two seconds, and a database that hangs holds this thread and no other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillReading
from threading import Lock
from typing import Any

from django.db import DatabaseError, InterfaceError, connection

from integrations.core.served.facts import Away
from integrations.services.connections import leave_broken_connection

log = logging.getLogger(__name__)

WAIT_S = 2.0
AWAY_S = 1.0  # after a failure nobody tries for this long
LONGEST_QUEUE = 256


class Reader:
    """Runs reads by name: those that have not begun yet are shared by all who ask for the same."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="served")
        self._lock = Lock()
        self._waiting: dict[str, Future[Any]] = {}
        self._away_until = 0.0

    def read(self, name: str, job: Callable[[], Any]) -> Any:
        """What a job gives that began after this call. Raises Away."""
        if time.monotonic() < self._away_until:
            raise Away
        try:
            return self._submit(name, job).result(WAIT_S)
        except StillReading:
            self._away_until = time.monotonic() + AWAY_S
            raise Away from None

    def read_behind(self, name: str, job: Callable[[], Any]) -> bool:
        """The same for nobody to wait for; False when the thread has much to do or the database is away."""
        if time.monotonic() < self._away_until:
            return False
        try:
            self._submit(name, job)
        except Away:
            return False
        return True

    def close(self) -> None:
        """Let the connection go."""
        self._thread.submit(lambda: connection.close()).result()  # of that thread, not of this one
        self._thread.shutdown()

    def _submit(self, name: str, job: Callable[[], Any]) -> Future[Any]:
        with self._lock:
            future = self._waiting.get(name)
            if future is None:
                if len(self._waiting) >= LONGEST_QUEUE:
                    raise Away
                future = self._waiting[name] = self._thread.submit(self._run, name, job)
            return future

    def _run(self, name: str, job: Callable[[], Any]) -> Any:
        """From here on nobody joins: what they would get might be older than their question."""
        with self._lock:
            self._waiting.pop(name, None)
        try:
            leave_broken_connection()
            return job()
        except (DatabaseError, InterfaceError) as error:
            self._away_until = time.monotonic() + AWAY_S
            log.warning("The file routes can't read the database: %s", str(error).strip())
            connection.close()
            raise Away from None
        except Exception:
            log.exception("The file routes could not read %s", name)
            raise
