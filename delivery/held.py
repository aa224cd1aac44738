"""The lanes that one run of the loop holds: their only writer until it lets them go."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from delivery import queue
from delivery.core.breaker import Breaker, Transition, transition
from delivery.core.outcome import Judgement, Verdict
from delivery.lanes import LaneOwner, LanePolicy, LaneState, Row

LANE_LEASE = timedelta(seconds=30)
KEEP_S = 5.0  # between two stretches of the hold
FLOOR_S = 30.0  # a claim without floor at least this often


@dataclass(eq=False, slots=True)
class HeldLane:
    """A lane in hand: its policy, its state, and how many of its requests fly."""

    owner: LaneOwner
    id: UUID
    policy: LanePolicy
    state: LaneState
    saved_breaker: Breaker
    in_flight: int = 0
    is_due: bool = True
    floor: datetime | None = None
    floor_since: float = field(default_factory=time.monotonic)

    def take_slots(self, now: datetime) -> int:
        """Requests that may be sent now by cap, breaker, throttling and tokens; tokens are taken.

        A claim costs the same for one row as for many, so while requests fly it waits for half the cap.
        """
        if self.state.throttled_until is not None and now < self.state.throttled_until:
            return 0
        slots = self.state.breaker.admits(self.policy.concurrency, now=now) - self.in_flight
        if self.in_flight and slots * 2 < self.policy.concurrency:
            return 0
        if self.policy.rate is None:
            return max(slots, 0)
        bucket, granted = self.state.bucket.filled(self.policy.rate, now=now).take(slots)
        self.state = replace(self.state, bucket=bucket)
        return granted

    def give_back(self, unused: int) -> None:
        """Return tokens of slots for which there was no request."""
        if self.policy.rate is not None and unused > 0:
            bucket = replace(self.state.bucket, tokens=self.state.bucket.tokens + unused)
            self.state = replace(self.state, bucket=bucket)

    def claim(self, limit: int, *, now: datetime, lease: timedelta) -> list[Row]:
        """Up to `limit` due rows, leased."""
        if time.monotonic() - self.floor_since > FLOOR_S:
            self.floor, self.floor_since = None, time.monotonic()
        rows, self.floor = queue.claim(
            self.owner.tables, self.id, uuid4(), limit, now=now, lease=lease, floor=self.floor
        )
        self.is_due = len(rows) == limit
        return rows

    def departed(self) -> None:
        """One more request flies; in an open lane it is the probe."""
        self.in_flight += 1
        self.state = replace(self.state, breaker=self.state.breaker.probing())

    def landed(self, judgement: Judgement, now: datetime) -> None:
        """One request less; the breaker and the throttle learn from it."""
        self.in_flight -= 1
        breaker = self.state.breaker.after(judgement.verdict, self.policy.breaker, now=now)
        self.state = replace(self.state, breaker=breaker)
        if judgement.verdict is Verdict.THROTTLED:
            retry = self.policy.retry
            wait = min(judgement.retry_after_s or retry.throttle_s, retry.longest_retry_after_s)
            self.state = replace(self.state, throttled_until=now + timedelta(seconds=wait))

    def save(self, holder: UUID, now: datetime) -> None:
        """Write the state in the caller's transaction; announce its breaker's moment there too."""
        if not queue.save_lane(self.owner.tables, self.id, holder, self.state, now=now):
            return
        moment = transition(self.saved_breaker, self.state.breaker)
        self.saved_breaker = self.state.breaker
        if moment is not None:
            self.owner.announce(self.id, moment, self._why(moment), now=now)

    def _why(self, moment: Transition) -> str:
        if moment is Transition.CLOSED:
            return "The probe was answered: deliveries go on."
        failures, seconds = self.state.breaker.failures, self.policy.breaker.open_s
        return f"{failures} requests in a row failed: deliveries wait, and a probe goes in {seconds:g} s."


class HeldLanes:
    """All lanes that a run holds, over all owners."""

    def __init__(self, owners: Sequence[LaneOwner]) -> None:
        self.owners = owners
        self.holder = uuid4()
        self._lanes: dict[UUID, HeldLane] = {}
        self._kept_at = time.monotonic()

    def __iter__(self) -> Iterator[HeldLane]:
        return iter(list(self._lanes.values()))

    def take_due(self, now: datetime) -> None:
        """Note which lanes in hand have due rows again, and take more that have."""
        for owner in self.owners:
            mine = [lane.id for lane in self if lane.owner is owner]
            idle = [lane_id for lane_id in mine if not self._lanes[lane_id].is_due]
            for lane_id in queue.due_lanes(owner.tables, idle, now=now) if idle else ():
                self._lanes[lane_id].is_due = True
            self._begin(
                owner, queue.hold_lanes(owner.tables, self.holder, besides=mine, now=now, lease=LANE_LEASE)
            )
        self._keep(now)

    def release(self) -> None:
        """Let go of all."""
        for owner in self.owners:
            queue.release_lanes(owner.tables, self.holder)

    def _begin(self, owner: LaneOwner, found: Mapping[UUID, LaneState]) -> None:
        policies = owner.policies(list(found)) if found else {}
        for lane_id, policy in policies.items():
            state = found[lane_id]
            self._lanes[lane_id] = HeldLane(
                owner=owner, id=lane_id, policy=policy, state=state, saved_breaker=state.breaker
            )

    def _keep(self, now: datetime) -> None:
        if time.monotonic() - self._kept_at < KEEP_S:
            return
        self._kept_at = time.monotonic()
        for owner in self.owners:
            mine = [lane.id for lane in self if lane.owner is owner]
            queue.keep_lanes(owner.tables, self.holder, mine, until=now + LANE_LEASE)
