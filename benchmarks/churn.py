"""`python -m benchmarks.churn` (or `make churn`): 5,000 rows a second through the queue, for five minutes.

Two minutes with autovacuum as it is set, then one with a snapshot held open by another session, then two
more without. Rows are written by COPY, claimed and ended as the engine does it, in one process with two
connections. What counts is the time of a claim: flat in the first part, back in the last. `python -m
benchmarks.churn 0.2` takes a fifth of the time.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from benchmarks.ground import run_on_ground
from s2sadmin.embedded.processes import say

PER_S, BATCH, CLAIM = 5_000, 250, 500
PLAIN_S, HELD_S, AFTER_S = 120.0, 60.0, 120.0
FLAT, RECOVERED = 1.5, 1.5  # the last quarter's median against the first's
LEASE = timedelta(seconds=60)


@dataclass
class Churn:
    """Writes rows on a thread of its own, takes them on the caller's. `claims`: (at, milliseconds) each."""

    lane_id: Any = field(default_factory=uuid4)
    claims: list[tuple[float, float]] = field(default_factory=list)
    written: int = 0
    ended: int = 0
    is_over: bool = False

    @contextmanager
    def running(self) -> Iterator[None]:
        writer = threading.Thread(target=self._write, daemon=True)
        writer.start()
        try:
            yield
        finally:
            self.is_over = True
            writer.join()

    def take_for(self, seconds: float) -> Sequence[float]:
        """Claim and end what is due; the milliseconds of each claim."""
        from delivery import queue
        from delivery.held import FLOOR_S
        from integrations.services.lanes import TABLES

        first, until, floor, floor_since = (
            len(self.claims),
            time.monotonic() + seconds,
            None,
            time.monotonic(),
        )
        while time.monotonic() < until:
            if time.monotonic() - floor_since > FLOOR_S:  # as a held lane does
                floor, floor_since = None, time.monotonic()
            now = queue.database_now()
            began = time.perf_counter()
            rows, floor = queue.claim(TABLES, self.lane_id, uuid4(), CLAIM, now=now, lease=LEASE, floor=floor)
            self.claims.append((time.monotonic(), (time.perf_counter() - began) * 1000))
            ended = [(row.id, row.claim_id, "delivered", "", 1, None) for row in rows]
            self.ended += len(queue.end_rows(TABLES, ended, now=now))
            if len(rows) < CLAIM:
                time.sleep(0.05)
        return [milliseconds for _, milliseconds in self.claims[first:]]

    def _write(self) -> None:
        from django.db import connection

        from delivery import queue
        from delivery.appending import copy_rows
        from delivery.ids import Ids
        from integrations.services.event_rows import DELIVERY_COLUMNS

        began, scope = time.monotonic(), uuid4()
        while not self.is_over:
            time.sleep(max(0.0, began + self.written / PER_S - time.monotonic()))
            now = queue.database_now()
            ids = Ids(now)
            rows = [self._row(ids.next(), now, scope, DELIVERY_COLUMNS) for _ in range(BATCH)]
            copy_rows("integrations_delivery", DELIVERY_COLUMNS, rows)
            self.written += BATCH
        connection.close()

    def _row(self, row_id: Any, now: Any, scope: Any, columns: Sequence[str]) -> tuple[Any, ...]:
        known = {"id": row_id, "lane_id": self.lane_id, "due_at": now, "event_id": row_id, "part": 0}
        return tuple(known.get(column, scope) for column in columns)


@contextmanager
def snapshot_held_open() -> Iterator[None]:
    """Another session that has read once and does not end: no row that dies meanwhile can be removed."""
    from django.db import connection

    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = 0")
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM integrations_delivery")
        yield
    finally:
        other.close()


def quarters(found: Sequence[float]) -> list[float]:
    """The median of each quarter, in their order."""
    size = max(len(found) // 4, 1)
    return [statistics.median(found[size * n : size * (n + 1)]) for n in range(4)]


def measure(tell: Callable[[str], None], *, share: float) -> bool:
    """All three parts, or a share of each part's time; whether both targets are reached."""
    from delivery import queue

    churn = Churn()
    with churn.running(), queue.by_index():
        churn.take_for(10)  # warms up
        plain = quarters(churn.take_for(PLAIN_S * share))
        with snapshot_held_open():
            held = quarters(churn.take_for(HELD_S * share))
        after = quarters(churn.take_for(AFTER_S * share))
    for name, found in (("autovacuum on", plain), ("snapshot held open", held), ("after it", after)):
        tell(f"{name:<20} median claim by quarter, ms: {', '.join(f'{one:.2f}' for one in found)}")
    seconds = churn.claims[-1][0] - churn.claims[0][0]
    tell(f"{churn.ended:,} rows ended, {churn.ended / seconds:,.0f} a second ({PER_S:,} asked for)")
    is_flat, is_back = plain[-1] <= FLAT * plain[0], after[-1] <= RECOVERED * plain[-1]
    tell(f"Flat: last quarter at most {FLAT:g} times the first. {'reached' if is_flat else 'NOT REACHED'}")
    tell(f"Recovered: at most {RECOVERED:g} times that. {'reached' if is_back else 'NOT REACHED'}")
    return is_flat and is_back


if __name__ == "__main__":
    of_its_time = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    sys.exit(run_on_ground("Starting PostgreSQL ...", lambda here: measure(say, share=of_its_time)))
