"""What an event and a delivery cost, by stage, in CPU time: the product's own code in this process."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.db import connection

from benchmarks.events import batches, singles
from benchmarks.ground import PATIENCE_S
from benchmarks.pipelines import Source, Sources
from benchmarks.written import Written, written_so_far
from delivery import record, worker
from delivery.core.addresses import AddressPolicy
from delivery.held import HeldLane
from delivery.http import HttpEdge
from delivery.worker import Drain
from integrations.ingest.handle import handle
from integrations.ingest.views import door
from integrations.services import accept, lanes
from integrations.services.event_rows import EventRows
from integrations.services.lanes import DestinationLanes

DELIVERIES = 4000


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What one event or delivery costs: CPU microseconds by stage, the time it took, what was written.

    `PostgreSQL` is the CPU time of its backend, the rest is ours.
    """

    what: str
    stages: Mapping[str, float]
    elapsed: float
    written: Written

    @property
    def total(self) -> float:
        """All of them."""
        return sum(self.stages.values())


class Stopwatch:
    """Counts the CPU time of functions, each without that of the ones that it calls and that count too."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._inner = [0.0]

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, counted as that stage."""

        @wraps(function)
        def run(*words: Any, **named: Any) -> Any:
            started = time.thread_time()
            self._inner.append(0.0)
            try:
                return function(*words, **named)
            finally:
                whole = time.thread_time() - started
                self.spent[stage] += whole - self._inner.pop()
                self._inner[-1] += whole

        return run


def ingest_costs(sources: Sources) -> list[Costs]:
    """One request after another, without the web server."""
    requests = singles(1000)
    one_by_one = _costs(
        "event, single, 3 planned", INGEST, _takes("/v1/track", sources.three, requests), 1000
    )
    many = batches(40)
    batched = _costs("event, batch of 100, 3 planned", INGEST, _takes("/v1/batch", sources.three, many), 4000)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE integrations_delivery")
    return [one_by_one, batched]


def delivery_costs(source: Source) -> list[Costs]:
    """A backlog drained by the loop, without Celery."""
    _takes("/v1/batch", source, batches(DELIVERIES // 100))()
    edge = HttpEdge(policy=AddressPolicy(allowed_networks=("127.0.0.0/8",)))
    drain = Drain([DestinationLanes()], edge, lease=timedelta(seconds=60))
    costs = _costs("delivery", DELIVERY, lambda: drain.run(claiming_s=PATIENCE_S, linger_s=0), DELIVERIES)
    edge.close()
    assert drain.recorded == DELIVERIES, f"{drain.recorded} of {DELIVERIES} were recorded"
    return [costs]


Stage = tuple[Any, str, str]
INGEST: Sequence[Stage] = (
    (accept, "find_senders", "write key"),
    (accept, "normalise", "normalise"),
    (accept, "claim_message_ids", "duplicates"),
    (accept, "plan", "plan"),
    (EventRows, "add", "rows"),
    (EventRows, "write", "copy"),
    (accept, "ring", "ring"),
)
DELIVERY: Sequence[Stage] = (
    (HeldLane, "claim", "claim"),
    (lanes, "read_events", "read events"),
    (DestinationLanes, "render", "map"),
    (HttpEdge, "submit", "send"),
    (HttpEdge, "wait", "send"),
    (DestinationLanes, "judge", "judge"),
    (worker, "attempt_values", "record: attempt row"),
    (record.Record, "write", "record: write"),
    (HeldLane, "save", "lane"),
)


def _takes(path: str, source: Source, bodies: Sequence[bytes]) -> Callable[[], None]:
    """Hands requests to the ingest door, as the web server does."""
    headers = {"x-write-key": source.headers[0].partition(": ")[2]}

    def run() -> None:
        for body in bodies:
            length = {"content-length": str(len(body))}
            reply = handle("POST", path, "", headers | length, BytesIO(body), "127.0.0.1", door=door())
            assert reply.status == 200, reply.body

    return run


def _costs(what: str, stages: Sequence[Stage], run: Callable[[], object], count: int) -> Costs:
    watch = Stopwatch()
    before = written_so_far()
    with _watched(watch, stages):
        backend, began, started = _backend_cpu_s(), time.perf_counter(), time.thread_time()
        run()
        whole, elapsed = time.thread_time() - started, time.perf_counter() - began
        backend = _backend_cpu_s() - backend
    spent = {**watch.spent, "rest": whole - sum(watch.spent.values()), "PostgreSQL": backend}
    return Costs(
        what=what,
        stages={name: seconds / count * 1e6 for name, seconds in spent.items()},
        elapsed=elapsed / count * 1e6,
        written=written_so_far().since(before, per=count),
    )


@contextmanager
def _watched(watch: Stopwatch, stages: Sequence[Stage]) -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name, stage in stages:
            stack.enter_context(patch.object(owner, name, watch.timed(stage, getattr(owner, name))))
        yield


def _backend_cpu_s() -> float:
    """CPU time of this connection's PostgreSQL process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row = cursor.fetchone()
    assert row
    return int(Path(f"/proc/{row[0]}/schedstat").read_text().split()[0]) / 1e9
