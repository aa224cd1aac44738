"""Events in, stored durably with their deliveries, against an empty Django view on the same server."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from benchmarks.client import Load, post
from benchmarks.events import batches, singles
from benchmarks.ground import Ground
from benchmarks.pipelines import Source, Sources
from benchmarks.rounds import Ratio, run_rounds

EMPTY, THREE, NONE, BATCH = "empty view", "single event, 3 planned", "single event, 0 planned", "batch of 100"
SINGLES, BATCHES, BATCH_SIZE = 2000, 40, 100


def measure_ingest(here: Ground, sources: Sources) -> list[Ratio]:
    """Events a second over HTTP; every candidate gets bodies of the same size."""
    rates = run_rounds(
        {
            EMPTY: lambda: _rate(here.url("/empty/"), sources.none, singles(SINGLES)),
            THREE: lambda: _rate(here.url("/v1/track"), sources.three, singles(SINGLES)),
            NONE: lambda: _rate(here.url("/v1/track"), sources.none, singles(SINGLES)),
            BATCH: lambda: _rate(here.url("/v1/batch"), sources.three, batches(BATCHES), each=BATCH_SIZE),
        }
    )
    rounds = len(rates.of[EMPTY]) + 1
    _check(sources.three, rounds * (SINGLES + BATCHES * BATCH_SIZE), planned=3)
    _check(sources.none, rounds * SINGLES, planned=0)
    return [
        rates.ratio(THREE, EMPTY, target=1.0),
        rates.ratio(NONE, EMPTY),
        rates.ratio(BATCH, THREE, target=10.0),
    ]


def _rate(url: str, source: Source, bodies: Sequence[bytes], *, each: int = 1) -> float:
    load = Load(url=url, bodies=bodies, headers=source.headers)
    return len(bodies) * each / post(load)


def _check(source: Source, events: int, *, planned: int) -> None:
    """Every event stands in the database, planned as it should be."""
    query = "SELECT count(*), min(planned), max(planned) FROM integrations_event WHERE pipeline_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [source.pipeline.id])
        found = cursor.fetchone()
    assert found == (events, planned, planned), f"stored (events, least planned, most planned): {found}"
