"""One loop over all lanes: claim, render, send, record. A process runs it for a few seconds at a time."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from django.db import transaction

from delivery import queue
from delivery.core.breaker import Breaker, Transition, transition
from delivery.core.outcome import Judgement, Verdict
from delivery.core.request import Request
from delivery.core.response import Response
from delivery.core.retry import Decision, End, Hold, TryAgain, decide
from delivery.lanes import Flight, LaneOwner, LanePolicy, LaneState, Rendering, Row, Settled
from delivery.record import attempt_values, new_id, overall, row_end, row_wait

log = logging.getLogger(__name__)

CLAIMING_S = 5.0  # then it finishes what flies, so that no run holds a process for long
LINGER_S = 0.25  # idle time before it goes: after work, more is often near
LOOK_S = 0.02  # between two looks for due lanes
GATHER_S = 0.01  # finished requests wait this long for others, to be recorded together
GATHER_MOST = 100
FLOOR_S = 30.0  # a claim without floor at least this often
LANE_LEASE = timedelta(seconds=30)
KEEP_S = 5.0  # between two stretches of the hold on lanes
POISON_FLIGHTS = 5  # claims of one row that no worker survived


class Edge(Protocol):
    """What the loop asks of the HTTP edge; delivery.http.HttpEdge is one."""

    @property
    def in_flight(self) -> int:
        """Requests that have no answer yet."""
        ...

    def submit(self, token: object, request: Request) -> None:
        """Send a request; its answer comes out of `wait` with the token."""
        ...

    def wait(self, timeout_s: float) -> list[tuple[object, Response]]:
        """The answers that have come, at latest after the timeout."""
        ...


@dataclass(eq=False, slots=True)
class HeldLane:
    """A lane while this run holds it and is its only writer."""

    owner: LaneOwner
    id: UUID
    policy: LanePolicy
    state: LaneState
    in_flight: int = 0
    is_due: bool = True
    saved_breaker: Breaker = field(default_factory=Breaker)
    floor: datetime | None = None
    floor_since: float = 0.0

    def free_slots(self, now: datetime) -> int:
        """Requests that may be sent now, by cap, breaker and throttling (tokens are taken apart)."""
        if self.state.throttled_until is not None and now < self.state.throttled_until:
            return 0
        admitted = self.state.breaker.admits(self.policy.concurrency, now=now)
        return max(admitted - self.in_flight, 0)


@dataclass(slots=True, eq=False)
class Sent:
    """A flight on its way: the token that comes back with the answer."""

    lane: HeldLane
    flight: Flight
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Landed:
    """A flight with its answer and what that means."""

    sent: Sent
    response: Response
    judgements: Sequence[Judgement]


class Drain:
    """One run of the loop: it takes due lanes, empties them as far as it may, and lets them go."""

    def __init__(
        self,
        owners: Sequence[LaneOwner],
        edge: Edge,
        *,
        lease: timedelta,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.owners = owners
        self.edge = edge
        self.lease = lease
        self.jitter = jitter
        self.holder = uuid4()
        self.lanes: dict[UUID, HeldLane] = {}
        self.landed: list[Landed] = []
        self.settled = 0
        self._kept_at = time.monotonic()
        self._clock_offset = queue.database_now() - _wall()

    def run(self, *, claiming_s: float = CLAIMING_S, linger_s: float = LINGER_S) -> int:
        """Deliver what is due; how many deliveries were recorded."""
        queue.prepare_connection()
        started = last_work = time.monotonic()
        next_look = 0.0
        try:
            while True:
                at = time.monotonic()
                claiming = at - started < claiming_s
                if claiming and at >= next_look:
                    self._take_lanes()
                    next_look = at + LOOK_S
                if claiming and self._claim_all():
                    last_work = time.monotonic()
                if self._land(0.005 if claiming else 0.05):
                    last_work = time.monotonic()
                if self._idle() and (not claiming or time.monotonic() - last_work >= linger_s):
                    return self.settled
        finally:
            self._release()

    @property
    def has_more(self) -> bool:
        """Whether rows were still due when claiming stopped."""
        return any(lane.is_due for lane in self.lanes.values())

    def now(self) -> datetime:
        """The database's time, without asking it each time."""
        return _wall() + self._clock_offset

    def _idle(self) -> bool:
        return not self.edge.in_flight and not self.landed

    # --- lanes ---------------------------------------------------------------------------------------

    def _take_lanes(self) -> None:
        now = self.now()
        for owner in self.owners:
            mine = [lane.id for lane in self.lanes.values() if lane.owner is owner]
            for lane_id in queue.due_lanes(owner.tables, mine, now=now):
                self.lanes[lane_id].is_due = True
            found = queue.hold_lanes(owner.tables, self.holder, besides=mine, now=now, lease=LANE_LEASE)
            self._begin(owner, found)
            if time.monotonic() - self._kept_at > KEEP_S:
                queue.keep_lanes(owner.tables, self.holder, mine, until=now + LANE_LEASE)
                self._kept_at = time.monotonic()

    def _begin(self, owner: LaneOwner, found: Mapping[UUID, LaneState]) -> None:
        policies = owner.policies(list(found)) if found else {}
        for lane_id, policy in policies.items():
            state = found[lane_id]
            self.lanes[lane_id] = HeldLane(
                owner=owner, id=lane_id, policy=policy, state=state, saved_breaker=state.breaker
            )

    def _release(self) -> None:
        for owner in self.owners:
            queue.release_lanes(owner.tables, self.holder)

    # --- claim and send ------------------------------------------------------------------------------

    def _claim_all(self) -> int:
        return sum(self._claim(lane) for lane in list(self.lanes.values()) if lane.is_due)

    def _claim(self, lane: HeldLane) -> int:
        now = self.now()
        slots = lane.free_slots(now)
        if lane.in_flight and slots * 2 < lane.policy.concurrency:
            return 0  # a claim costs the same for one row as for many: wait for half the cap
        slots = self._take_tokens(lane, slots, now)
        if slots <= 0:
            return 0
        rows = self._claimed(lane, slots * lane.policy.rows_per_request, now)
        poisoned = [_poisoned(row) for row in rows if row.flights > POISON_FLIGHTS]
        rendering = self._render(lane, [row for row in rows if row.flights <= POISON_FLIGHTS], now)
        self._give_back_tokens(lane, slots - len(rendering.flights))
        self._record_settled(lane, [*poisoned, *rendering.settled], now)
        for flight in rendering.flights:
            self._send(lane, flight, now)
        return len(rows)

    def _claimed(self, lane: HeldLane, limit: int, now: datetime) -> list[Row]:
        if time.monotonic() - lane.floor_since > FLOOR_S:
            lane.floor, lane.floor_since = None, time.monotonic()
        rows, lane.floor = queue.claim(
            lane.owner.tables, lane.id, uuid4(), limit, now=now, lease=self.lease, floor=lane.floor
        )
        lane.is_due = len(rows) == limit
        return rows

    def _take_tokens(self, lane: HeldLane, slots: int, now: datetime) -> int:
        if lane.policy.rate is None:
            return slots
        bucket, granted = lane.state.bucket.filled(lane.policy.rate, now=now).take(slots)
        lane.state = replace(lane.state, bucket=bucket)
        return granted

    def _give_back_tokens(self, lane: HeldLane, unused: int) -> None:
        if lane.policy.rate is not None and unused > 0:
            bucket = lane.state.bucket
            lane.state = replace(lane.state, bucket=replace(bucket, tokens=bucket.tokens + unused))

    def _render(self, lane: HeldLane, rows: Sequence[Row], now: datetime) -> Rendering:
        if not rows:
            return Rendering()
        try:
            return lane.owner.render(lane.id, rows, now=now)
        except Exception as error:
            log.exception("Rendering %d deliveries of lane %s failed", len(rows), lane.id)
            if len(rows) == 1:
                return Rendering(settled=[self._broken(lane, rows[0], error, now)])
        parts = [self._render(lane, [row], now) for row in rows]
        return Rendering(
            flights=[flight for part in parts for flight in part.flights],
            settled=[settled for part in parts for settled in part.settled],
        )

    def _broken(self, lane: HeldLane, row: Row, error: Exception, now: datetime) -> Settled:
        reason = f"The request could not be made ({type(error).__name__}): a fault of s2sadmin, see its log."
        judgement = Judgement(verdict=Verdict.FAILED, reason=reason)
        decision = decide(
            lane.policy.retry, judgement, attempts=row.attempts + 1, now=now, jitter=self.jitter()
        )
        return Settled(row, decision, reason, attempts=row.attempts + 1)

    def _send(self, lane: HeldLane, flight: Flight, now: datetime) -> None:
        lane.in_flight += 1
        lane.state = replace(lane.state, breaker=lane.state.breaker.probing())
        self.edge.submit(Sent(lane, flight, now), flight.request)

    # --- land and record -----------------------------------------------------------------------------

    def _land(self, timeout_s: float) -> int:
        until = time.monotonic() + GATHER_S
        while True:
            finished = self.edge.wait(timeout_s)
            now = self.now()
            for token, response in finished:
                assert isinstance(token, Sent)
                self._note(token, response, now)
            gathered = len(self.landed) >= GATHER_MOST or time.monotonic() >= until
            if not self.edge.in_flight or gathered or not finished:
                break
        return self._record_landed()

    def _note(self, sent: Sent, response: Response, now: datetime) -> None:
        lane = sent.lane
        lane.in_flight -= 1
        judgements = lane.owner.judge(sent.flight, response, now=now)
        summary = overall(judgements)
        breaker = lane.state.breaker.after(summary.verdict, lane.policy.breaker, now=now)
        lane.state = replace(lane.state, breaker=breaker)
        if summary.verdict is Verdict.THROTTLED:
            wait = summary.retry_after_s or lane.policy.retry.throttle_s
            until = now + timedelta(seconds=min(wait, lane.policy.retry.longest_retry_after_s))
            lane.state = replace(lane.state, throttled_until=until)
        self.landed.append(Landed(sent, response, judgements))

    def _record_landed(self) -> int:
        landed, self.landed = self.landed, []
        now = self.now()
        for owner in self.owners:
            mine = [one for one in landed if one.sent.lane.owner is owner]
            if mine:
                self._record(owner, mine, now)
        return len(landed)

    def _record(self, owner: LaneOwner, landed: Sequence[Landed], now: datetime) -> None:
        attempts, ended, waiting = [], [], []
        for one in landed:
            sent, flight = one.sent, one.sent.flight
            attempt_id = new_id(sent.started_at)
            attempts.append(
                attempt_values(attempt_id, flight, one.response, one.judgements, started_at=sent.started_at)
            )
            for row, judgement in zip(flight.rows, one.judgements, strict=True):
                decision, tries = self._decide(sent.lane, flight, row, judgement, now)
                if isinstance(decision, End):
                    ended.append(
                        row_end(row, decision, judgement.reason, attempts=tries, attempt_id=attempt_id)
                    )
                else:
                    waiting.append(
                        row_wait(
                            row, decision, judgement.reason, attempts=tries, now=now, attempt_id=attempt_id
                        )
                    )
        with transaction.atomic():
            queue.write_attempts(owner.tables, attempts)
            self.settled += queue.end_rows(owner.tables, ended, now=now)
            self.settled += queue.requeue_rows(owner.tables, waiting)
            for lane in {one.sent.lane for one in landed}:
                self._save(lane, now)

    def _decide(
        self, lane: HeldLane, flight: Flight, row: Row, judgement: Judgement, now: datetime
    ) -> tuple[Decision, int]:
        tries = row.attempts + 1
        decision = decide(
            lane.policy.retry,
            judgement,
            attempts=tries,
            now=now,
            jitter=self.jitter(),
            hold_unknown=flight.hold_unknown,
        )
        counts = not isinstance(decision, TryAgain) or decision.counts
        return decision, tries if counts else row.attempts

    def _save(self, lane: HeldLane, now: datetime) -> None:
        """Write the lane's state; announce its breaker's moments in the same transaction."""
        if not queue.save_lane(lane.owner.tables, lane.id, self.holder, lane.state, now=now):
            return
        moment = transition(lane.saved_breaker, lane.state.breaker)
        lane.saved_breaker = lane.state.breaker
        if moment is not None:
            lane.owner.announce(lane.id, moment, _why(moment, lane), now=now)

    def _record_settled(self, lane: HeldLane, settled: Sequence[Settled], now: datetime) -> None:
        if not settled:
            return
        ended, waiting = [], []
        for one in settled:
            tries = one.row.attempts if one.attempts is None else one.attempts
            if isinstance(one.decision, End):
                ended.append(row_end(one.row, one.decision, one.reason, attempts=tries))
            else:
                waiting.append(row_wait(one.row, one.decision, one.reason, attempts=tries, now=now))
        with transaction.atomic():
            self.settled += queue.end_rows(lane.owner.tables, ended, now=now)
            self.settled += queue.requeue_rows(lane.owner.tables, waiting)


def _poisoned(row: Row) -> Settled:
    reason = (
        f"Set aside: {row.flights - 1} workers stopped while this delivery was with them. "
        "Read the workers' log, then send it again or cancel it."
    )
    return Settled(row, Hold(), reason)


def _why(moment: Transition, lane: HeldLane) -> str:
    if moment is Transition.CLOSED:
        return "The probe was answered: deliveries go on."
    seconds = lane.policy.breaker.open_s
    return f"{lane.state.breaker.failures} requests in a row failed: deliveries wait, a probe goes in {seconds:g} s."


def _wall() -> datetime:
    return datetime.now(UTC)
