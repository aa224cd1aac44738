"""How events stand with a destination: what still waits, and how each delivery so far ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from delivery.ids import moment_of
from delivery.partitions import first_id
from integrations.core.replay import Ended, Standing

Key = tuple[UUID, int]  # event and part

_UNFINISHED = """
    SELECT event_id, part FROM integrations_delivery WHERE event_id = any(%(events)s) AND lane_id = %(lane)s
"""
# What ingest planned carries its event's millisecond; a replay's deliveries are of later, and few.
_ENDED = """
    SELECT event_id, part, id, outcome, ended_at FROM integrations_deliveryresult
    WHERE event_id = any(%(events)s) AND lane_id = %(lane)s AND replay_id IS NULL
      AND id >= %(first)s AND id < %(beyond)s
    UNION ALL
    SELECT event_id, part, id, outcome, ended_at FROM integrations_deliveryresult
    WHERE event_id = any(%(events)s) AND lane_id = %(lane)s AND replay_id IS NOT NULL AND id >= %(first)s
"""


def read_standings(destination_id: UUID, event_ids: Sequence[UUID]) -> Mapping[Key, Standing]:
    """By event and part; what the destination never got is missing.

    The queue is read before the results: a delivery that ends in between is then seen in one of them.
    """
    if not event_ids:
        return {}
    values: dict[str, Any] = {
        "lane": destination_id,
        "events": list(set(event_ids)),
        "first": first_id(moment_of(min(event_ids))),
        "beyond": first_id(moment_of(max(event_ids)) + timedelta(milliseconds=1)),
    }
    ended: dict[Key, list[Ended]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_UNFINISHED, values)
        unfinished: set[Key] = set(cursor.fetchall())
        cursor.execute(_ENDED, values)
        for event_id, part, *one in cursor.fetchall():
            ended[event_id, part].append(Ended(*one))
    return {
        key: Standing(is_unfinished=key in unfinished, ended=tuple(ended.get(key, ())))
        for key in unfinished | ended.keys()
    }
