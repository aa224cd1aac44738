"""RabbitMQ in the place of Valkey as Celery's broker, with two worker hosts on one database."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.hosts import WORKERS, Hosts
from tests.chaos.ordeal import Ordeal
from tests.chaos.rabbitmq import rabbitmq

EVENTS = 400


def test_events_are_delivered_over_rabbitmq_also_when_a_worker_host_dies(tmp_path: Path) -> None:
    with rabbitmq(tmp_path / "rabbitmq") as url, Hosts(tmp_path, broker_url=url) as hosts:
        ordeal = Ordeal(hosts, events=EVENTS, per_s=100)

        books = ordeal.run([(200, ordeal.is_killed(WORKERS[0]))])

        assert books.faults() == []
        assert len(books.accepted) == EVENTS
        assert hosts.ended() == []
