"""Day partitions of append-only tables: made ahead, dropped when old, never while ingest waits.

A partition's bounds are UUIDv7s: 48 bits of Unix milliseconds, then what follows (RFC 9562 section 5.7).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction

LOCK_TIMEOUT = "2s"
LOCK_TRIES = 30
log = logging.getLogger(__name__)


def first_id(at: datetime) -> UUID:
    """The smallest UUIDv7-ordered id of this moment."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def partition_name(table: str, day: date) -> str:
    """The table that holds one day's rows."""
    return f"{table}_{day:%Y%m%d}"


def make_partitions(table: str, days: Iterable[date]) -> list[str]:
    """Make the days' partitions that are missing; their names."""
    existing = set(_partitions(table))
    missing = [day for day in days if partition_name(table, day) not in existing]
    for day in missing:
        _make(table, day)
    return [partition_name(table, day) for day in missing]


def drop_partitions(table: str, before: date) -> list[str]:
    """Detach and drop the partitions of days before this one; their names."""
    old = [name for name in _day_tables(table) if _day_of(name) < before]
    for name in old:
        _drop(table, name)
    return old


def add_index(table: str, name: str, definition: str) -> None:
    """Build an index over all days while rows are written. Not in a transaction; broken off, call it again.

    `definition` is what follows the table in CREATE INDEX. The table's own index is valid once each
    partition's is attached to it; partitions that are made meanwhile bring theirs. An empty table gets all of
    it at once: a new installation has many days and nothing in them.
    """
    whole = f"ONLY {table}" if _has_rows(table) else table
    _briefly(f"CREATE INDEX IF NOT EXISTS {name} ON {whole} {definition}")
    while missing := _without_index(table, name):
        day_index = f"{name}_{missing[0][-8:]}"
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {day_index}")  # of a call that was broken off
            cursor.execute(f"CREATE INDEX CONCURRENTLY {day_index} ON {missing[0]} {definition}")
        _briefly(f"ALTER INDEX {name} ATTACH PARTITION {day_index}")


def oldest_day(table: str) -> date | None:
    """The first day whose rows have a place."""
    return min(map(_day_of, _partitions(table)), default=None)


def days_around(today: date, ahead: int) -> list[date]:
    """Yesterday, for clocks that disagree, to so many days ahead."""
    return [today + timedelta(days=offset) for offset in range(-1, ahead + 1)]


def make_days(tables: Sequence[str], *, today: date, ahead: int) -> list[str]:
    """Make the partitions of all tables that are missing for the days to come; their names."""
    return [name for table in tables for name in make_partitions(table, days_around(today, ahead))]


def drop_days(tables: Sequence[str], *, oldest: date) -> list[str]:
    """Drop the partitions of all tables before `oldest`; their names. What somebody reads stays for now."""
    dropped = []
    for table in tables:
        try:
            dropped += drop_partitions(table, before=oldest)
        except OperationalError as error:
            log.warning("Old partitions of %s stay for now, somebody reads them: %s", table, error)
    return dropped


def keep_days(tables: Sequence[str], *, today: date, ahead: int, oldest: date) -> tuple[list[str], list[str]]:
    """Make the partitions of all tables, then drop those before `oldest`: (made, dropped). Idempotent."""
    return make_days(tables, today=today, ahead=ahead), drop_days(tables, oldest=oldest)


def _partitions(table: str) -> list[str]:
    query = """
        SELECT c.relname FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = %s::regclass ORDER BY 1
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        return [row[0] for row in cursor.fetchall()]


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")
        return cursor.fetchone() is not None


def _without_index(table: str, index: str) -> list[str]:
    """Partitions that have no index attached to this one of their table."""
    query = """
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = %s::regclass AND NOT i.inhdetachpending AND NOT EXISTS (
            SELECT 1 FROM pg_index x JOIN pg_inherits a ON a.inhrelid = x.indexrelid
            WHERE x.indrelid = c.oid AND a.inhparent = %s::regclass)
        ORDER BY 1
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [table, index])
        return [row[0] for row in cursor.fetchall()]


def _briefly(statement: str) -> None:
    """Run what needs a lock for a moment, again and again: whoever writes waits for LOCK_TIMEOUT at most."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        try:
            for left in reversed(range(LOCK_TRIES)):
                try:
                    cursor.execute(statement)
                    return
                except OperationalError:
                    if not left:
                        raise
        finally:
            cursor.execute("RESET lock_timeout")


def _day_tables(table: str) -> list[str]:
    """Partitions, and tables that were ones: dropping may have been broken off between its two steps."""
    query = r"SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ %s ORDER BY 1"
    with connection.cursor() as cursor:
        cursor.execute(query, [rf"^{table}_\d{{8}}$"])
        return [row[0] for row in cursor.fetchall()]


def _day_of(name: str) -> date:
    match = re.search(r"_(\d{8})$", name)
    assert match, f"{name} is not named like a partition"
    return datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC).date()


def _make(table: str, day: date) -> None:
    """CREATE and ATTACH, not PARTITION OF, which would lock the parent against inserts."""
    name = partition_name(table, day)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    lower, upper = first_id(start), first_id(start + timedelta(days=1))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {name} (LIKE {table} INCLUDING ALL)")
        cursor.execute(
            f"ALTER TABLE {name} ADD CONSTRAINT {name}_day CHECK (id >= '{lower}' AND id < '{upper}')"
        )
        cursor.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{lower}') TO ('{upper}')"
        )


def _drop(table: str, name: str) -> None:
    """Detach, then drop. Each step is taken up where an earlier call was broken off: a reader that stays
    longer than LOCK_TIMEOUT leaves a detaching that is pending, and no other can begin before it ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        try:
            cursor.execute("SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = %s::regclass", [name])
            match cursor.fetchone():
                case (True,):
                    cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {name} FINALIZE")
                case (False,):
                    cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {name} CONCURRENTLY")
            cursor.execute(f"DROP TABLE {name}")
        finally:
            cursor.execute("RESET lock_timeout")
