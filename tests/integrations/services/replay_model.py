"""A plain model of replays: what stands in the tables, and what a replay would send of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from delivery.ids import moment_of
from integrations.services.replays.jobs import Asked

MEASURES = ["planned", "delivered", "rejected", "exhausted", "cancelled"]
MADE = """
    SELECT id, event_id, lane_id, replay_id, NULL, NULL::timestamptz, claim_id IS NULL OR due_at < now()
    FROM integrations_delivery WHERE lane_id = any(%(lanes)s)
    UNION ALL
    SELECT id, event_id, lane_id, replay_id, outcome, ended_at, true
    FROM integrations_deliveryresult WHERE lane_id = any(%(lanes)s)
"""
COUNTED = """
    SELECT destination_id, measure, sum(count) FROM (
        SELECT destination_id, measure, count FROM integrations_hourlycount
        UNION ALL SELECT destination_id, measure, count FROM integrations_countdelta
    ) both_kinds WHERE destination_id = any(%(lanes)s) AND measure = any(%(measures)s)
    GROUP BY destination_id, measure
"""
Pair = tuple[UUID, UUID]  # event and destination


class Made(NamedTuple):
    """A delivery as it stands in the tables. No outcome: it is unfinished."""

    id: UUID
    event_id: UUID
    lane_id: UUID
    replay_id: UUID | None
    outcome: str | None
    ended_at: datetime | None
    is_free: bool

    @property
    def pair(self) -> Pair:
        return self.event_id, self.lane_id


@dataclass
class Model:
    """What was asked for, and what it owes: pairs that were to be sent from its start on."""

    asked: Asked
    until: datetime
    owed: set[Pair] | None = None

    def sends(self, pair: Pair, made: list[Made]) -> bool:
        """Whether a replay that looks now makes a delivery of this event for this destination."""
        asked, mine = self.asked, [one for one in made if one.pair == pair]
        ended = [one for one in mine if one.outcome]
        if pair[1] not in {one.id for one in asked.destinations} or len(ended) < len(mine):
            return False
        if not ended:
            return asked.include_never_sent and self.is_in_time(pair[0])
        if not any(self.is_candidate(one) for one in ended):
            return False
        if any(one.outcome == "delivered" for one in ended):
            return asked.include_delivered
        return max(ended, key=lambda one: (one.ended_at, one.id)).outcome in asked.outcomes

    def is_candidate(self, one: Made) -> bool:
        if self.asked.deliveries:
            return one.id in self.asked.deliveries
        if self.asked.include_never_sent:
            return self.is_in_time(one.event_id)
        is_looked_at = self.asked.include_delivered or one.outcome != "delivered"
        return is_looked_at and self.is_in_time(one.id)

    def is_in_time(self, id: UUID) -> bool:
        return moment_of(id) < self.until.replace(microsecond=self.until.microsecond // 1000 * 1000)


def read_made(lanes: Sequence[UUID]) -> list[Made]:
    """All deliveries of these destinations."""
    with connection.cursor() as cursor:
        cursor.execute(MADE, {"lanes": lanes})
        return [Made(*row) for row in cursor.fetchall()]


def read_counted(lanes: Sequence[UUID]) -> Mapping[tuple[UUID, str], int]:
    """What was counted of them, folded or not, by destination and measure."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, {"lanes": lanes, "measures": MEASURES})
        return {(lane_id, measure): int(count) for lane_id, measure, count in cursor.fetchall()}
