"""The engine in a simulated world: workers on real tables, a network and a clock that the test moves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from delivery.core.breaker import BreakerPolicy, BreakerState
from delivery.core.outcome import judge
from delivery.core.request import Request
from delivery.core.response import Failure, Response
from delivery.core.retry import RetryPolicy
from delivery.lanes import Flight, LanePolicy, Rendering
from delivery.worker import Drain
from tests.delivery.queue_rows import SCOPE, TABLES

ANSWERS = {
    "delivered": Response(status=200, left=True),
    "rejected": Response(status=400, left=True),
    "failed": Response(status=500, left=True),
    "throttled": Response(status=429, left=True),
    "unknown": Response(failure=Failure.TIMEOUT, detail="No answer.", left=True),
}
POLICY = LanePolicy(
    concurrency=6,
    retry=RetryPolicy(attempts=3, base_s=30, factor=1, longest_age_s=1e9),
    breaker=BreakerPolicy(failures=2, open_s=60),
)
LEASE = timedelta(seconds=60)


@dataclass
class World:
    """What all workers share: the time, and which lanes must not double what they send."""

    now: datetime
    batching: UUID
    holding: UUID
    moments: dict[UUID, list[str]] = field(default_factory=dict)


class Owner:
    """A lane owner: one lane claims ahead, one sends in pairs, one holds what may have been carried out."""

    tables = TABLES

    def __init__(self, world: World) -> None:
        self.world = world

    def policies(self, lane_ids):
        return {lane_id: self._policy(lane_id) for lane_id in lane_ids}

    def _policy(self, lane_id):
        if lane_id == self.world.batching:
            return replace(POLICY, rows_per_request=2)
        return replace(POLICY, claims_ahead=lane_id != self.world.holding)

    def render(self, lane_id, rows, *, now):
        size = 2 if lane_id == self.world.batching else 1
        groups = [tuple(rows[start : start + size]) for start in range(0, len(rows), size)]
        return Rendering(flights=[self._flight(lane_id, group) for group in groups])

    def _flight(self, lane_id, rows):
        return Flight(
            request=Request(method="POST", url="https://vendor.example/"),
            rows=rows,
            scope_id=SCOPE,
            operation="post",
            hold_unknown=lane_id == self.world.holding,
        )

    def judge(self, flight, response, *, now):
        return [judge(response)] * len(flight.rows)

    def announce(self, lane_id, transition, reason, *, now):
        self.world.moments.setdefault(lane_id, []).append(transition.value)

    def announce_pause(self, lane_id, reason, *, now):
        raise AssertionError("nothing here is answered 401")

    def conclude(self, endings, flights, *, now):
        pass


class Network:
    """An edge whose answers come when the test says so. It checks what may leave at all."""

    def __init__(self, world: World, others) -> None:
        self.world, self.others = world, others
        self.flying: list = []
        self.answers: list = []
        self.paused: frozenset[UUID] = frozenset()

    @property
    def in_flight(self):
        return len(self.flying) + len(self.answers)

    def submit(self, sent, request):
        lane, now = sent.lane, self.world.now
        for row in sent.flight.rows:
            assert row.leased_until > now + timedelta(milliseconds=request.deadline_ms)
            twins = [flight for flight in self.others() if row.id in {one.id for one in flight.rows}]
            for twin in twins:
                (other,) = [one for one in twin.rows if one.id == row.id]
                assert other.leased_until <= now, "a row has two live claims"
        assert lane.id not in self.paused, "something left a paused lane"
        breaker = lane.state.breaker
        if breaker.state is not BreakerState.CLOSED:
            assert breaker.open_until is None or breaker.open_until <= now, "an open lane sent something"
            assert len(lane.flying) == 1, "something flies beside the probe"
        self.flying.append(sent)

    def wait(self, timeout_s):
        answers, self.answers = self.answers, []
        return answers


class Worker(Drain):
    """One process of the engine, stepped by hand."""

    def __init__(self, world: World, others) -> None:
        self.world = world
        self.network = Network(world, others)
        super().__init__([Owner(world)], self.network, lease=LEASE, jitter=lambda: 0.5)

    def now(self):
        return self.world.now

    def look(self, paused):
        self.lanes.look(self.now(), take_more=True)
        self.network.paused = frozenset(paused)

    def claim(self):
        self._claim_due(True)

    def land(self, sent, answer):
        self.network.flying.remove(sent)
        self.network.answers.append((sent, ANSWERS[answer]))
        self._land()


@dataclass(frozen=True)
class Stored:
    """All rows of the tables: how often each stands there, and how."""

    places: Counter
    unfinished: dict[UUID, tuple]
    outcomes: dict[UUID, str]


def stored(lanes) -> Stored:
    """Unfinished rows as (claim_id, attempts, is held, reason)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, claim_id, attempts, held_at IS NOT NULL, reason FROM integrations_delivery"
            " WHERE lane_id = any(%s)",
            [lanes],
        )
        unfinished = cursor.fetchall()
        cursor.execute("SELECT id, outcome FROM integrations_deliveryresult WHERE lane_id = any(%s)", [lanes])
        ended = cursor.fetchall()
    places = Counter([row[0] for row in unfinished] + [row[0] for row in ended])
    return Stored(places, {row[0]: tuple(row[1:]) for row in unfinished}, dict(ended))
