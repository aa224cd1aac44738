"""A clock that a test moves: for PostgreSQL, for workers, and for what measures how long something took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from django.db import connection, transaction

from delivery import held, holding
from tests.delivery.queue_rows import database_now

ASKED = ("now", "clock_timestamp", "statement_timestamp")
# A schema that is searched before PostgreSQL's own: who asks for the time there gets the moved one.
SCHEMA = "CREATE SCHEMA moved; SET LOCAL search_path = moved, pg_catalog, public;"
FUNCTION = """
    CREATE FUNCTION moved.{}() RETURNS timestamptz STABLE LANGUAGE sql
    AS $$ SELECT current_setting('moved.now')::timestamptz $$;
"""


class Clock:
    """It stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.move(0)

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('moved.now', %s, true)", [self.now.isoformat()])

    def monotonic(self) -> float:
        """In the place of `time.monotonic`."""
        return self.now.timestamp()


@contextmanager
def moved_clock() -> Iterator[Clock]:
    """Begins with the true time. All that is written meanwhile is rolled back at the end."""
    with transaction.atomic():
        clock = Clock(database_now())
        with connection.cursor() as cursor:
            cursor.execute(SCHEMA + "".join(FUNCTION.format(name) for name in ASKED))
        with patch.object(held, "time", clock), patch.object(holding, "time", clock):
            yield clock
        transaction.set_rollback(True)
