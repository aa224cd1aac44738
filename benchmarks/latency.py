"""`python -m benchmarks.latency`: from the moment an event is due to be sent to its arrival at the vendor.

The product's web server takes it, its Celery worker delivers it to one destination. The moments are fixed
beforehand and latencies count from them, so that what holds the sender up is in them (no coordinated
omission). `python -m benchmarks.latency 2` takes two seconds in place of twenty.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchmarks.client import Load, post
from benchmarks.events import as_body, event
from benchmarks.ground import Ground, run_on_ground
from benchmarks.listening import TAKEN, Listening
from s2sadmin.embedded.processes import say

PER_S, SECONDS, WARM_S = 200, 20, 3
TARGET_S = 0.1


class Vendor(Listening):
    """Answers at once and notes when each event came, by the number in its message id."""

    def answer(self, path: str, body: bytes) -> bytes:
        at = time.monotonic()
        self.arrived.setdefault(number_of(json.loads(body)), at)
        return TAKEN


def number_of(request: Any) -> int:
    """Which event this request is about."""
    return int(request["id"].rpartition("-")[2])


def measure(here: Ground, *, seconds: int) -> Sequence[float]:
    """Seconds from each event's moment to its arrival, those of the warm-up left out."""
    from benchmarks.pipelines import make_sources

    source, vendor = make_sources().one, Vendor()
    vendor.start()
    replace(here, env={**here.env, "SANDBOX_URL": vendor.url("vendor")}).start_workers()
    load = Load(url=here.url("/v1/track"), bodies=[as_body(event(0))], headers=source.headers)
    post(load)
    here.wait_for(lambda: len(vendor.arrived) == 1)  # until the workers are up
    bodies = [as_body(event(number)) for number in range(1, 1 + PER_S * (WARM_S + seconds))]
    began = time.monotonic() + 0.1
    moments = [began + number / PER_S for number in range(len(bodies))]
    post(replace(load, bodies=bodies, at=moments))
    here.wait_for(lambda: len(vendor.arrived) == 1 + len(bodies))
    here.check()
    latencies = [vendor.arrived[number] - moment for number, moment in enumerate(moments, start=1)]
    return latencies[PER_S * WARM_S :]


def main(here: Ground, *, seconds: int) -> None:
    """Measure, and print the latencies with their target."""
    from benchmarks.report import latencies_told

    found = measure(here, seconds=seconds)
    say(latencies_told(f"events at {PER_S}/s, from ingest to the vendor", found, p95_s=TARGET_S))


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    sys.exit(
        run_on_ground(
            "Starting PostgreSQL, Valkey, web and workers ...", lambda here: main(here, seconds=asked)
        )
    )
