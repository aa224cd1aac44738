"""A short ordeal with one disaster of each kind; `make chaos` is the long one."""

from __future__ import annotations

from pathlib import Path

from s2sadmin.embedded.processes import say
from tests.chaos.hosts import WORKERS, Hosts
from tests.chaos.ordeal import Ordeal

EVENTS = 1_500
PER_S = 100.0  # slow enough that all disasters strike while events come in


def test_no_accepted_event_is_lost_and_every_repeat_is_explained(tmp_path: Path) -> None:
    with Hosts(tmp_path) as hosts:
        ordeal = Ordeal(hosts, events=EVENTS, per_s=PER_S)
        disasters = (
            ordeal.valkey_is_flushed(),
            ordeal.valkey_is_restarted(),
            ordeal.postgres_crashes(),
            ordeal.is_killed("web", *WORKERS),
        )

        books = ordeal.run([(200 * number, disaster) for number, disaster in enumerate(disasters, start=1)])

        say(books.summary())
        assert books.faults() == []
        assert len(books.accepted) == EVENTS
        assert ordeal.sender.repeats > 0  # it felt that PostgreSQL was away
        assert hosts.ended() == []
