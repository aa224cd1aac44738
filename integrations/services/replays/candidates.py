"""What a replay looks at, page by page: ended deliveries of one destination, or events of its pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from delivery.core.outcome import Outcome
from delivery.partitions import first_id
from integrations.core.replay import Ended, Wanted
from integrations.models import Replay, ReplayDestination

# Both are walks along an index, (lane_id, id) and (pipeline_id, id), over the partitions between two ids. The
# failed ones have an index of their own, which holds nothing of what was delivered.
_FAILED = """
    SELECT id, event_id, part FROM integrations_deliveryresult
    WHERE lane_id = %(lane)s AND id > %(after)s AND id < %(until)s AND outcome <> 'delivered'
    ORDER BY id LIMIT %(limit)s
"""
_ENDED = """
    SELECT id, event_id, part FROM integrations_deliveryresult
    WHERE lane_id = %(lane)s AND id > %(after)s AND id < %(until)s
    ORDER BY id LIMIT %(limit)s
"""
# Unfinished ones too, so that it can be said why they are left alone.
_SELECTED_DELIVERIES = """
    SELECT id, event_id, part FROM integrations_delivery
    WHERE id = any(%(selected)s) AND lane_id = %(lane)s AND id > %(after)s
    UNION ALL
    SELECT id, event_id, part FROM integrations_deliveryresult
    WHERE id = any(%(selected)s) AND lane_id = %(lane)s AND id > %(after)s
    ORDER BY id LIMIT %(limit)s
"""
_EVENTS = """
    SELECT id, id, NULL FROM integrations_event
    WHERE pipeline_id = %(pipeline)s AND id > %(after)s AND id < %(until)s
    ORDER BY id LIMIT %(limit)s
"""
_SELECTED_EVENTS = """
    SELECT id, id, NULL FROM integrations_event
    WHERE id = any(%(selected)s) AND pipeline_id = %(pipeline)s AND id > %(after)s
    ORDER BY id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery to look at: its event and part, or all parts of an event. `id` is where the cursor goes."""

    id: UUID
    event_id: UUID
    part: int | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """All that a replay looks at for one destination."""

    replay: Replay
    destination_id: UUID
    pipeline_id: UUID | None

    def next(self, after: UUID | None, limit: int) -> list[Candidate]:
        """The next ones behind the cursor, in the order of their ids."""
        replay = self.replay
        values = {
            "lane": self.destination_id,
            "pipeline": self.pipeline_id,
            "after": after or self._start(),
            "until": first_id(replay.until),
            "selected": replay.delivery_ids or replay.event_ids,
            "limit": limit,
        }
        with connection.cursor() as cursor:
            cursor.execute(self._query(), values)
            return [Candidate(*row) for row in cursor.fetchall()]

    def stands_for(self, candidate: Candidate, ended: Sequence[Ended]) -> bool:
        """Whether no later candidate is about the same event, part and destination."""
        return not any(one.id > candidate.id and self._has(one) for one in ended)

    def _has(self, one: Ended) -> bool:
        """Whether this ended delivery is a candidate too."""
        replay = self.replay
        if replay.delivery_ids is not None:
            return one.id in replay.delivery_ids
        is_asked = replay.include_delivered or one.outcome != Outcome.DELIVERED
        return is_asked and self._start() < one.id < first_id(replay.until)

    def _start(self) -> UUID:
        """Just before the first one."""
        since = self.replay.since
        return UUID(int=max(first_id(since).int - 1, 0)) if since else UUID(int=0)

    def _query(self) -> str:
        replay = self.replay
        if replay.delivery_ids is not None:
            return _SELECTED_DELIVERIES
        if replay.event_ids is not None:
            return _SELECTED_EVENTS
        if replay.include_never_sent:
            return _EVENTS
        return _ENDED if replay.include_delivered else _FAILED


def wanted_of(replay: Replay) -> Wanted:
    """What the replay asks for, as the rules take it."""
    return Wanted(
        outcomes=frozenset(replay.outcomes),
        include_delivered=replay.include_delivered,
        include_never_sent=replay.include_never_sent,
        is_selection=replay.delivery_ids is not None or replay.event_ids is not None,
    )


def shares_of(replay: Replay) -> list[ReplayDestination]:
    """The replay's destinations, by name."""
    return list(replay.shares.order_by("name", "id"))
