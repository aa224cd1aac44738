"""Events to the vendor and the outcome recorded: ours, the obvious build, and the bare HTTP client."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from django.db import connection
from django.db.models import Max

from benchmarks.client import Load, post
from benchmarks.events import batches, event, singles
from benchmarks.ground import Ground
from benchmarks.obvious.celery import app as obvious_app
from benchmarks.obvious.models import Attempt
from benchmarks.obvious.tasks import request_body
from benchmarks.pipelines import BY, Source
from benchmarks.rounds import Ratio, run_rounds
from delivery.core.request import Request
from integrations.core.normalise import normalise
from integrations.core.vendor import BatchRequest, Element, Mode
from integrations.models import DestinationLane
from integrations.services.destinations import pause_destination, resume_destination
from integrations.services.vendors import compiled

OURS_BATCHED, OURS_SINGLE, OURS_BACKLOG = (
    "end to end in batches",
    "end to end in singles",
    "backlog delivered",
)
THEIRS_BATCHED, THEIRS_SINGLE, THEIRS_BACKLOG = (
    "obvious build, batches",
    "obvious build, singles",
    "obvious build, backlog",
)
BARE = "bare HTTP client"
OURS, OURS_ONE_BY_ONE, THEIRS, BARE_REQUESTS, BATCH_SIZE = 5000, 2000, 300, 5000, 100


def measure_deliveries(here: Ground, source: Source) -> list[Ratio]:
    """Deliveries a second, from the first event sent to the last outcome recorded."""
    with connection.cursor() as cursor:  # what the ingest measurement left
        cursor.execute("TRUNCATE integrations_delivery")
    here.start_workers()
    request = bare_request(here, source)
    ours, theirs = Ours(here, source), Obvious(here)
    here.received()
    rates = run_rounds(
        {
            OURS_BATCHED: lambda: ours.end_to_end("/v1/batch", batches(OURS // BATCH_SIZE), OURS),
            THEIRS_BATCHED: lambda: theirs.end_to_end(
                "/obvious/batch/", batches(THEIRS // BATCH_SIZE), THEIRS
            ),
            OURS_SINGLE: lambda: ours.end_to_end("/v1/track", singles(OURS_ONE_BY_ONE), OURS_ONE_BY_ONE),
            THEIRS_SINGLE: lambda: theirs.end_to_end("/obvious/event/", singles(THEIRS), THEIRS),
            OURS_BACKLOG: lambda: ours.backlog(OURS),
            THEIRS_BACKLOG: lambda: theirs.backlog(THEIRS),
            BARE: lambda: _bare(here, request),
        }
    )
    return [
        rates.ratio(OURS_BATCHED, THEIRS_BATCHED, target=10.0),
        rates.ratio(OURS_SINGLE, THEIRS_SINGLE, target=10.0),
        rates.ratio(OURS_BACKLOG, THEIRS_BACKLOG, target=10.0),
        rates.ratio(OURS_BATCHED, BARE, target=0.25),
        rates.ratio(OURS_BACKLOG, BARE, target=0.25),
    ]


@dataclass(frozen=True)
class Ours:
    """s2sadmin with one destination that takes one event a request."""

    here: Ground
    source: Source

    def end_to_end(self, path: str, bodies: Sequence[bytes], events: int) -> float:
        """Sent over HTTP, delivered, recorded."""
        before = self._results()
        started = time.perf_counter()
        post(Load(url=self.here.url(path), bodies=bodies, headers=self.source.headers))
        return self._rate(started, before, events)

    def backlog(self, events: int) -> float:
        """Rows that wait in a paused lane, from its resumption on."""
        destination = self.source.destination
        pause_destination(BY, destination, "The benchmark fills the queue.")
        self.here.wait_for(lambda: not DestinationLane.objects.exclude(holder=None).exists())
        bodies = batches(events // BATCH_SIZE)
        post(Load(url=self.here.url("/v1/batch"), bodies=bodies, headers=self.source.headers))
        before = self._results()
        started = time.perf_counter()
        resume_destination(BY, destination)
        return self._rate(started, before, events)

    def _rate(self, started: float, before: int, events: int) -> float:
        self.here.wait_for(lambda: _count("SELECT count(*) FROM integrations_delivery") == 0)
        rate = events / (time.perf_counter() - started)
        arrived, recorded = self.here.received(), self._results() - before
        assert (arrived, recorded) == (events, events), f"{arrived} arrived and {recorded} are recorded"
        return rate

    def _results(self) -> int:
        return _count("SELECT count(*) FROM integrations_deliveryresult WHERE outcome = 'delivered'")


@dataclass(frozen=True)
class Obvious:
    """One Celery task an event, two worker processes."""

    here: Ground

    def end_to_end(self, path: str, bodies: Sequence[bytes], events: int) -> float:
        """Sent over HTTP, delivered, recorded."""
        last = self._last_attempt()
        started = time.perf_counter()
        post(Load(url=self.here.url(path), bodies=bodies, headers=["Content-Type: application/json"]))
        return self._rate(started, last, events)

    def backlog(self, events: int) -> float:
        """Tasks that wait in the broker, from the moment on that the worker takes tasks again."""
        obvious_app.control.cancel_consumer("obvious", reply=True)
        last = self._last_attempt()
        bodies = batches(events // BATCH_SIZE)
        post(
            Load(
                url=self.here.url("/obvious/batch/"),
                bodies=bodies,
                headers=["Content-Type: application/json"],
            )
        )
        started = time.perf_counter()
        obvious_app.control.add_consumer("obvious")
        return self._rate(started, last, events)

    def _rate(self, started: float, last: int, events: int) -> float:
        self.here.wait_for(lambda: Attempt.objects.filter(id__gt=last, status=200).count() >= events)
        rate = events / (time.perf_counter() - started)
        arrived = self.here.received()
        assert arrived == events, f"{arrived} of {events} arrived"
        return rate

    def _last_attempt(self) -> int:
        return Attempt.objects.aggregate(last=Max("id"))["last"] or 0


def bare_request(here: Ground, source: Source) -> Request:
    """The request that the product makes of the event; the obvious build's body says the same."""
    destination = source.destination
    vendor, now = compiled(destination.vendor_revision), datetime.now(UTC)
    taken = normalise(event(), received_at=now)
    element = vendor.render(taken, destination.settings, now=now, mode=Mode.SANDBOX)
    assert isinstance(element, Element)
    (part,) = vendor.requests(
        [element], destination.settings, mode=Mode.SANDBOX, sandbox_url=here.env["SANDBOX_URL"]
    )
    assert isinstance(part, BatchRequest)
    other = request_body(event())
    assert json.loads(other) == msgspec.json.decode(part.request.body) and len(other) == len(
        part.request.body
    )
    return part.request


def _bare(here: Ground, request: Request) -> float:
    """As many connections as a lane has."""
    headers = [f"{name}: {value}" for name, value in request.headers]
    load = Load(url=request.url, bodies=[request.body] * BARE_REQUESTS, headers=headers, connections=16)
    rate = BARE_REQUESTS / post(load)
    assert here.received() == BARE_REQUESTS
    return rate


def _count(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    assert row
    return int(row[0])
