"""Day partitions of append-only tables: made ahead, dropped when old, never while ingest waits.

A partition's bounds are UUIDv7s: 48 bits of Unix milliseconds, then what follows (RFC 9562 section 5.7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction

LOCK_TIMEOUT = "2s"


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
    old = [name for name in _partitions(table) if _day_of(name) < before]
    for name in old:
        _drop(table, name)
    return old


def days_around(today: date, ahead: int) -> list[date]:
    """Yesterday, for clocks that disagree, to so many days ahead."""
    return [today + timedelta(days=offset) for offset in range(-1, ahead + 1)]


def _partitions(table: str) -> list[str]:
    query = """
        SELECT c.relname FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = %s::regclass AND NOT i.inhdetachpending ORDER BY 1
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
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
    """Concurrent detaching needs a connection of its own state: outside a transaction, waiting for no one."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        try:
            cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {name} CONCURRENTLY")
            cursor.execute(f"DROP TABLE {name}")
        except OperationalError:
            cursor.execute("SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = %s::regclass", [name])
            pending = cursor.fetchone()
            if pending and pending[0]:
                cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {name} FINALIZE")
                cursor.execute(f"DROP TABLE {name}")
            else:
                raise
        finally:
            cursor.execute("RESET lock_timeout")
