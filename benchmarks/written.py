"""What PostgreSQL writes meanwhile: rows by table, and bytes of its write-ahead log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

KINDS = ("inserted", "updated", "deleted")


@dataclass(frozen=True, kw_only=True)
class Written:
    """Rows (inserted, updated, deleted) by table, its day partitions together, and bytes of the log."""

    rows: Mapping[str, tuple[float, float, float]]
    log_bytes: float

    def since(self, earlier: Written, *, per: int) -> Written:
        """What came since then, for one of so many events or deliveries; tables without any are left out."""
        nothing = (0.0, 0.0, 0.0)
        rows = {
            table: tuple(
                now - then for now, then in zip(found, earlier.rows.get(table, nothing), strict=True)
            )
            for table, found in self.rows.items()
        }
        each: Any = {table: tuple(n / per for n in found) for table, found in rows.items() if any(found)}
        return Written(rows=each, log_bytes=(self.log_bytes - earlier.log_bytes) / per)

    def total(self, kind: str) -> float:
        """All tables' rows of one kind."""
        return sum(found[KINDS.index(kind)] for found in self.rows.values())


def written_so_far() -> Written:
    """Counted from the server's start; other sessions' rows come up to a second late."""
    query = r"""
        SELECT regexp_replace(relname, '_\d{8}$', ''), sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_del)
        FROM pg_stat_user_tables GROUP BY 1
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(query)
        rows = {table: tuple(map(float, counts)) for table, *counts in cursor.fetchall()}
        cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'")
        (log_bytes,) = cursor.fetchone() or (0,)
    found: Any = rows
    return Written(rows=found, log_bytes=float(log_bytes))
