"""The engine in a simulated world: workers on real tables, a network and a clock that the test moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import connection

from delivery.core.outcome import judge
from delivery.core.request import Request
from delivery.core.response import Failure, Response
from delivery.core.retry import retry_after_seconds
from delivery.lanes import Flight, LaneOwner, LanePolicy, Rendering
from delivery.worker import Drain, Sent
from tests.delivery.moved_clock import Clock
from tests.delivery.queue_rows import SCOPE, TABLES

ANSWERS = {
    "delivered": Response(status=200, left=True),
    "rejected": Response(status=400, left=True),
    "failed": Response(status=500, left=True),
    "throttled": Response(status=429, left=True),
    "asked to wait": Response(status=429, headers=(("Retry-After", "40"),), left=True),
    "unknown": Response(failure=Failure.TIMEOUT, detail="No answer.", left=True),
}
LEASE = timedelta(seconds=60)


@dataclass
class World:
    """What all workers share: the time, how lanes are driven, and who must agree to all that leaves.

    `holding` are the lanes that must not double what they send. `moments` are the breakers', as announced.
    `order` is that of all lanes where `policies` does not name them.
    """

    clock: Clock
    policies: dict[UUID, LanePolicy]
    leaves: Callable[[Sent], None]
    holding: UUID | None = None
    moments: dict[UUID, list[str]] = field(default_factory=dict)
    order: Sequence[UUID] = ()


class Owner:
    """A lane owner whose requests carry as many rows as the lane's policy allows."""

    tables = TABLES

    def __init__(self, world: World) -> None:
        self.world = world

    def policies(self, lane_ids):
        return {lane_id: self.world.policies[lane_id] for lane_id in lane_ids}

    def render(self, lane_id, rows, *, now):
        size = self.world.policies[lane_id].rows_per_request
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
        asked_s = retry_after_seconds(response.header("Retry-After"), now=now)
        return [judge(response, retry_after_s=asked_s)] * len(flight.rows)

    def announce(self, lane_id, transition, reason, *, now):
        self.world.moments.setdefault(lane_id, []).append(transition.value)

    def announce_pause(self, lane_id, reason, *, now):
        raise AssertionError("nothing here is answered 401")

    def conclude(self, endings, flights, *, now):
        pass


class Network:
    """An edge whose answers come when the test says so."""

    def __init__(self, leaves: Callable[[Sent], None]) -> None:
        self.leaves = leaves
        self.flying: list[Sent] = []
        self.answers: list[tuple[Sent, Response]] = []

    @property
    def in_flight(self):
        return len(self.flying) + len(self.answers)

    def submit(self, sent, request):
        self.leaves(sent)
        self.flying.append(sent)

    def wait(self, timeout_s):
        answers, self.answers = self.answers, []
        return answers


class Worker(Drain):
    """One process of the engine, stepped by hand."""

    def __init__(self, world: World, owner: LaneOwner | None = None) -> None:
        self.world = world
        self.network = Network(world.leaves)
        super().__init__([owner or Owner(world)], self.network, lease=LEASE, jitter=lambda: 0.5)

    def now(self):
        return self.world.clock.now

    def look(self):
        """Takes lanes in the world's order: PostgreSQL gives them in any, and a model does the same twice."""
        self.lanes.look(self.now(), take_more=True)
        order = list(self.world.order or self.world.policies)
        held = self.lanes._lanes
        self.lanes._lanes = {lane_id: held[lane_id] for lane_id in sorted(held, key=order.index)}

    def claim(self):
        self._claim_due(True)

    def land(self, answers: Sequence[tuple[Sent, str]]) -> None:
        """These answers come together and are recorded together."""
        for sent, answer in answers:
            self.network.flying.remove(sent)
            self.network.answers.append((sent, ANSWERS[answer]))
        self._land()

    def rest(self):
        """The run ends: nothing of it flies any more."""
        self.lanes.release(self.now())


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
