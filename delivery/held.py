"""The lanes that one run of the loop holds: their only writer until it lets them go."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from delivery import queue
from delivery.core.breaker import Breaker, BreakerState, Transition, transition
from delivery.core.outcome import Judgement, Verdict
from delivery.lanes import Flight, LaneOwner, LanePolicy, LaneState, Pause, Row

LANE_LEASE = timedelta(seconds=30)
KEEP_S = 5.0  # between two stretches of the hold
FLOOR_S = 30.0  # a claim without floor at least this often
SLOW_S = 1.0  # a request that flies longer makes its lane a slow one
AHEAD_REQUESTS = 8  # how many requests beyond its cap a fast lane may have ready
AHEAD_ROWS = 500  # and how many rows: they wait in memory
LEASE_MARGIN = timedelta(seconds=15)  # from a request's deadline to the record of its answer, at most


@dataclass(eq=False, slots=True)
class HeldLane:
    """A lane in hand: its policy, its state, what flies and what is ready to fly.

    `flying` is each request's start on the monotonic clock, oldest first. `ready` are requests that were
    claimed ahead, so that a slot that falls free is filled without waiting for PostgreSQL. `errands` are
    requests on whose answers claimed rows wait. `is_halted`: it was paused or lost, and nothing leaves any
    more.
    """

    owner: LaneOwner
    id: UUID
    policy: LanePolicy
    state: LaneState
    saved_breaker: Breaker
    flying: dict[object, float] = field(default_factory=dict)
    ready: deque[Flight] = field(default_factory=deque)
    errands: int = 0
    is_due: bool = True
    is_halted: bool = False
    was_slow: bool = False
    floor: datetime | None = None
    floor_since: float = field(default_factory=time.monotonic)

    @property
    def is_slow(self) -> bool:
        """Whether its oldest request flies for long already."""
        return bool(self.flying) and time.monotonic() - next(iter(self.flying.values())) > SLOW_S

    @property
    def is_fast(self) -> bool:
        """Whether all goes well, so that claiming ahead is worth it and does not let rows age in memory."""
        is_closed = self.state.breaker.state is BreakerState.CLOSED and not self.state.breaker.failures
        return is_closed and not self.is_slow and not self.is_halted and self.state.throttled_until is None

    def slots(self, now: datetime) -> int:
        """Requests that may leave now, by cap, breaker and throttling; tokens are taken apart."""
        if self.is_halted or (self.state.throttled_until is not None and now < self.state.throttled_until):
            return 0
        return max(self.state.breaker.admits(self.policy.concurrency, now=now) - len(self.flying), 0)

    def wanted(self, now: datetime) -> int:
        """Requests worth claiming now: what may leave, and some ahead where the policy allows it.

        A claim costs the same for one row as for many, so it waits until half of that is wanted.
        """
        slots = self.slots(now)
        if self.errands:
            return 0  # what is claimed now would need the same errand
        if self.policy.rate is not None:
            return max(min(slots, self._tokens(now)) - len(self.ready), 0)
        ahead = 0
        if self.policy.claims_ahead and self.is_fast:
            rows = AHEAD_ROWS // self.policy.rows_per_request
            ahead = min(self.policy.concurrency * AHEAD_REQUESTS, rows)
        wanted = max(slots + ahead - len(self.ready), 0)
        is_enough = not self.flying or wanted * 2 >= self.policy.concurrency + ahead
        return wanted if is_enough else 0

    def take(self, now: datetime) -> Flight | None:
        """The next ready request, if one may leave now; its token is taken."""
        if not self.ready or not self.slots(now):
            return None
        if self.policy.rate is not None:
            bucket, granted = self.state.bucket.filled(self.policy.rate, now=now).take(1)
            self.state = replace(self.state, bucket=bucket)
            if not granted:
                return None
        return self.ready.popleft()

    def claim(self, limit: int, *, now: datetime, lease: timedelta) -> list[Row]:
        """Up to `limit` due rows, leased so long or for longer than the lane's longest request."""
        lease = max(lease, timedelta(seconds=self.policy.longest_request_s) + LEASE_MARGIN)
        if time.monotonic() - self.floor_since > FLOOR_S:
            self.floor, self.floor_since = None, time.monotonic()
        rows, self.floor = queue.claim(
            self.owner.tables, self.id, uuid4(), limit, now=now, lease=lease, floor=self.floor
        )
        self.is_due = len(rows) == limit
        return rows

    def leased(self, flight: Flight, now: datetime) -> Flight | None:
        """The flight under a lease that outlasts it, stretched where it is too short: its rows waited here.

        None when some of its rows are lost to another worker; what is left of it is given back.
        """
        until = now + timedelta(milliseconds=flight.request.deadline_ms) + LEASE_MARGIN
        if all(row.leased_until is not None and row.leased_until >= until for row in flight.rows):
            return flight
        kept = queue.stretch(self.owner.tables, flight.rows, until=until)
        if len(kept) == len(flight.rows):
            return replace(flight, rows=tuple(replace(row, leased_until=until) for row in flight.rows))
        queue.unclaim(self.owner.tables, [row for row in flight.rows if row.id in kept], now=now)
        return None

    def departed(self, token: object) -> None:
        """One more request flies; in an open lane it is the probe."""
        self.flying[token] = time.monotonic()
        self.state = replace(self.state, breaker=self.state.breaker.probing())

    def landed(self, token: object, judgement: Judgement, now: datetime) -> None:
        """One request less; the breaker and the throttle learn from it."""
        del self.flying[token]
        breaker = self.state.breaker.after(judgement.verdict, self.policy.breaker, now=now)
        self.state = replace(self.state, breaker=breaker)
        throttled_until = self.state.throttled_until
        if judgement.verdict is Verdict.DELIVERED and throttled_until and throttled_until <= now:
            self._wait(None, "")  # what left before the 429 says nothing
        if judgement.verdict is Verdict.THROTTLED:
            retry = self.policy.retry
            wait = min(judgement.retry_after_s or retry.throttle_s, retry.longest_retry_after_s)
            self._wait(now + timedelta(seconds=wait), judgement.reason)

    def pause(self, pause: Pause) -> None:
        """Let all of it wait, as the owner asks."""
        self._wait(pause.until, pause.reason)

    def unclaim(self, now: datetime) -> None:
        """Give back what was claimed and can't leave now, due at once for whoever comes."""
        rows = [row for flight in self.ready for row in flight.rows]
        self.ready.clear()
        if rows:
            queue.unclaim(self.owner.tables, rows, now=now)
            self.is_due = True

    def save(self, holder: UUID, now: datetime) -> None:
        """Write the state in the caller's transaction; announce its breaker's moment there too."""
        if not queue.save_lane(self.owner.tables, self.id, holder, self.state, now=now):
            return
        moment = transition(self.saved_breaker, self.state.breaker)
        self.saved_breaker = self.state.breaker
        if moment is not None:
            self.owner.announce(self.id, moment, self._why(moment), now=now)

    def _wait(self, until: datetime | None, reason: str) -> None:
        self.state = replace(self.state, throttled_until=until, throttled_reason=reason)

    def _tokens(self, now: datetime) -> int:
        assert self.policy.rate is not None
        return int(self.state.bucket.filled(self.policy.rate, now=now).tokens)

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

    def __contains__(self, lane: HeldLane) -> bool:
        return self._lanes.get(lane.id) is lane

    def look(self, now: datetime, *, take_more: bool) -> None:
        """See which lanes in hand have due rows or must stop, and take more that have due rows."""
        for owner in self.owners:
            mine = [lane.id for lane in self if lane.owner is owner]
            self._look_at(
                queue.look_at_lanes(owner.tables, self.holder, mine, now=now) if mine else {}, owner
            )
            if take_more:
                found = queue.hold_lanes(owner.tables, self.holder, besides=mine, now=now, lease=LANE_LEASE)
                self._begin(owner, found)
        for lane in self:
            lane.was_slow = lane.was_slow or lane.is_slow
            if not lane.is_fast:
                lane.unclaim(now)
        self._keep(now)

    def release(self, now: datetime) -> None:
        """Let go of all, and of what they claimed ahead. Late answers find their lane halted."""
        for lane in self:
            lane.is_halted = True
        for lane in self:
            lane.unclaim(now)
        for owner in self.owners:
            queue.release_lanes(owner.tables, self.holder)

    def _look_at(self, due: Mapping[UUID, bool], owner: LaneOwner) -> None:
        for lane in self:
            if lane.owner is owner:
                lane.is_halted = lane.id not in due
                lane.is_due = lane.is_due or due.get(lane.id, False)

    def _begin(self, owner: LaneOwner, found: Mapping[UUID, LaneState]) -> None:
        policies = owner.policies(list(found)) if found else {}
        for lane_id, policy in policies.items():
            state = found[lane_id]
            self._lanes[lane_id] = HeldLane(
                owner=owner, id=lane_id, policy=policy, state=state, saved_breaker=state.breaker
            )

    def _keep(self, now: datetime) -> None:
        """Stretch the hold while requests fly."""
        if time.monotonic() - self._kept_at < KEEP_S:
            return
        self._kept_at = time.monotonic()
        for owner in self.owners:
            mine = [lane.id for lane in self if lane.owner is owner]
            queue.keep_lanes(owner.tables, self.holder, mine, until=now + LANE_LEASE)
