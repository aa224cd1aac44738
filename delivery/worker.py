"""One loop over all lanes: claim, render, send, record. A process runs it for a few seconds at a time."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.db import DataError, transaction

from delivery import queue
from delivery.core.fairness import MOST_IN_FLIGHT
from delivery.core.outcome import Judgement, Verdict
from delivery.core.poison import CLAIM_MOST, POISON_FLIGHTS
from delivery.core.request import Request
from delivery.core.response import Response
from delivery.core.retry import Decision, Hold, LookFirst, TryAgain, decide, decide_read_back, within_age
from delivery.held import HeldLane
from delivery.holding import HeldLanes
from delivery.ids import moment_of, new_id
from delivery.lanes import Errand, Flight, LaneOwner, Rendering, Row, Settled
from delivery.record import Record, attempt_values, of_lane, presentable, retold

log = logging.getLogger(__name__)

CLAIMING_S = 5.0  # then it finishes what flies, so that no run holds a process for long
LONGEST_S = 75.0  # a run that slow requests keep alive goes on for fast lanes: until the longest has ended
LINGER_S = 0.25  # idle time before it goes: after work, more is often near
LOOK_S = 0.02  # between two looks for due lanes
GATHER_S = 0.02  # finished requests wait this long for others, to be recorded together
GATHER_LONG_S = 0.06  # and so long while what was claimed ahead goes out and no lane waits for a claim
GATHER_MOST = 100
ONE_BY_ONE = timedelta(seconds=1)  # what may kill workers waits while another lane has such a one in hand


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
class Sent:
    """A flight on its way: the token that comes back with the answer."""

    lane: HeldLane
    flight: Flight
    started_at: datetime


@dataclass(eq=False, slots=True)
class SentErrand:
    """An errand on its way."""

    lane: HeldLane
    errand: Errand


@dataclass(frozen=True, slots=True)
class Landed:
    """A flight with its answer and what that means for each of its rows."""

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
        may_send: Callable[[], bool] = lambda: True,
        call_help: Callable[[], None] = lambda: None,
    ) -> None:
        self.lanes = HeldLanes(owners, call_help=call_help)
        self.edge = edge
        self.lease = lease
        self.jitter = jitter
        self.may_send = may_send
        self.landed: list[Landed] = []
        self.recorded = 0
        self._has_more = False
        self._clock_offset = queue.database_now() - datetime.now(UTC)

    def run(self, *, claiming_s: float = CLAIMING_S, linger_s: float = LINGER_S) -> int:
        """Deliver what is due; how many deliveries were recorded."""
        with queue.by_index():
            return self._run(claiming_s, linger_s)

    def _run(self, claiming_s: float, linger_s: float) -> int:
        started = time.monotonic()
        next_look = last_work = 0.0  # a run that finds nothing goes at once
        try:
            while True:
                at = time.monotonic()
                is_claiming = self._is_claiming(at - started, claiming_s)
                only_quick = at - started >= claiming_s
                if at >= next_look:
                    self.lanes.look(self.now(), take_more=is_claiming, only_quick=only_quick)
                    next_look = at + LOOK_S
                worked = self._claim_due(not only_quick) if is_claiming else self._stop_claiming()
                worked += self._land()
                if worked or (is_claiming and self.lanes.awaits_agreement):
                    last_work = time.monotonic()
                elif not self.edge.in_flight and (not is_claiming or at - last_work >= linger_s):
                    return self.recorded
        finally:
            now = self.now()
            self._has_more = self.lanes.left_work or any(lane.could_send(now) for lane in self.lanes)
            self.lanes.release(now)

    @property
    def has_more(self) -> bool:
        """Whether rows were still due, and could have been sent, when the run ended."""
        return self._has_more

    def now(self) -> datetime:
        """The database's time, without asking it each time."""
        return datetime.now(UTC) + self._clock_offset

    def _is_claiming(self, elapsed_s: float, claiming_s: float) -> bool:
        """For so long; then on while slow lanes keep the run, so that the others don't wait for them.

        Not while all sending is stopped: then what was claimed goes back, and what flies is recorded.
        """
        if not self.may_send():
            return False
        if elapsed_s < claiming_s:
            return True
        return elapsed_s < LONGEST_S and any(lane.is_slow for lane in self.lanes)

    # --- claim, render, send -------------------------------------------------------------------------

    def _claim_due(self, for_slow_too: bool) -> int:
        """Lanes with the fewest requests in flight go first, each within its share."""
        claimed = 0
        lanes = [lane for lane in self.lanes if for_slow_too or not lane.was_slow]
        for lane in self.lanes.by_need(lanes):
            if lane.is_due and self.edge.in_flight < MOST_IN_FLIGHT:
                claimed += self._claim(lane)
            self._send(lane)
        return claimed

    def _stop_claiming(self) -> int:
        for lane in self.lanes:
            lane.unclaim(self.now())
        return 0

    def _claim(self, lane: HeldLane) -> int:
        now = self.now()
        wanted = lane.wanted(now)
        if not wanted:
            return 0
        limit = min(wanted * lane.policy.rows_per_request, CLAIM_MOST)
        rows = lane.claim(limit, now=now, lease=self.lease)
        if lane.is_alone and any(other.has_suspect for other in self.lanes if other is not lane):
            lane.put_off(rows, now + ONE_BY_ONE)
            return 0
        poisoned = [_poisoned(row) for row in rows if row.flights > POISON_FLIGHTS]
        rendering = self._render(lane, [row for row in rows if row.flights <= POISON_FLIGHTS], now)
        self._follow(lane, rendering, now, also=poisoned)
        return len(rows)

    def _follow(
        self, lane: HeldLane, rendering: Rendering, now: datetime, also: Sequence[Settled] = ()
    ) -> None:
        """Do what the owner made of its rows."""
        if rendering.pause is not None:
            lane.pause(rendering.pause)
        self._record_settled(lane, [*also, *rendering.settled], now)
        lane.ready.extend(rendering.flights)
        for errand in rendering.errands:
            lane.errands += 1
            self.edge.submit(SentErrand(lane, errand), errand.request)

    def _send(self, lane: HeldLane) -> None:
        """Fill the lane's free slots."""
        if not lane.ready or not self.may_send():
            return
        now = self.now()
        while (taken := lane.take(now)) is not None:
            flight = lane.leased(taken, now)
            if flight is None:
                continue
            sent = Sent(lane, flight, now)
            lane.departed(sent)
            self.edge.submit(sent, flight.request)

    def _render(self, lane: HeldLane, rows: Sequence[Row], now: datetime) -> Rendering:
        """The owner's rendering; when it raises, row by row, so that only the row at fault pays for it."""
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
            errands=[errand for part in parts for errand in part.errands],
            pause=next((part.pause for part in parts if part.pause), None),
        )

    def _broken(self, lane: HeldLane, row: Row, error: Exception, now: datetime) -> Settled:
        reason = f"The request could not be made ({type(error).__name__}): a fault of s2sadmin, see its log."
        judgement = Judgement(verdict=Verdict.FAILED, reason=reason)
        tries = row.attempts + 1
        decision = decide(lane.policy.retry, judgement, attempts=tries, now=now, jitter=self.jitter())
        return Settled(row, decision, reason, attempts=tries)

    def _record_settled(self, lane: HeldLane, settled: Sequence[Settled], now: datetime) -> None:
        if not settled:
            return
        record = Record()
        for one in settled:
            tries = one.row.attempts if one.attempts is None else one.attempts
            decision = within_age(one.decision, _expires_at(lane, one.row))
            record.fate(one.row, decision, one.reason, attempts=tries, now=now)
        with transaction.atomic():
            self.recorded += record.write(lane.owner, now=now)
            if lane in self.lanes:
                lane.save(self.lanes.holder, now)

    # --- land and record -----------------------------------------------------------------------------

    def _land(self) -> int:
        """Wait for answers, keep the slots full meanwhile, and record many together."""
        began = time.monotonic()
        while True:
            finished = self.edge.wait(GATHER_S / 2)
            now = self.now()
            for token, response in finished:
                if isinstance(token, SentErrand):
                    self._learn(token, response, now)
                else:
                    assert isinstance(token, Sent)
                    self._judge(token, response, now)
                self._send(token.lane)
            gather_s = GATHER_LONG_S if self.lanes.are_stocked else GATHER_S
            is_enough = len(self.landed) >= GATHER_MOST or time.monotonic() - began >= gather_s
            if is_enough or not finished or not self.edge.in_flight:
                return self._record_landed()

    def _learn(self, sent: SentErrand, response: Response, now: datetime) -> None:
        """Give an errand's answer to its owner, and go on with the rows that waited for it."""
        lane, errand = sent.lane, sent.errand
        lane.errands -= 1
        try:
            lane.owner.learn(lane.id, errand, response, now=now)
        except Exception:
            log.exception("The answer to an errand of lane %s could not be kept", lane.id)
            return  # its rows come back with the end of their lease
        if lane in self.lanes:  # else it is one of a run that broke off
            self._follow(lane, self._render(lane, errand.rows, now), now)

    def _judge(self, sent: Sent, response: Response, now: datetime) -> None:
        judgements = self._judgements(sent, response, now)
        sent.lane.landed(sent, of_lane(judgements), response.status, now)
        if not sent.flight.is_read_back:  # whose answers tell of another request
            judgements = [sent.lane.spared(one, response.status) for one in judgements]
        self.landed.append(Landed(sent, response, judgements))

    def _judgements(self, sent: Sent, response: Response, now: datetime) -> Sequence[Judgement]:
        """The owner's, storable and without secrets; when it raises, the outcome is unknown."""
        flight = sent.flight
        try:
            judgements = sent.lane.owner.judge(flight, response, now=now)
            assert len(judgements) == len(flight.rows)
        except Exception as error:
            log.exception("Judging an answer of lane %s failed", sent.lane.id)
            reason = f"The answer could not be read ({type(error).__name__}): see s2sadmin's log."
            verdict = Verdict.UNKNOWN if response.left else Verdict.FAILED
            judgements = [Judgement(verdict=verdict, reason=reason)] * len(flight.rows)
        return [presentable(judgement, flight.request.secrets) for judgement in judgements]

    def _record_landed(self) -> int:
        landed, self.landed = self.landed, []
        now = self.now()
        for owner in self.lanes.owners:
            mine = [one for one in landed if one.sent.lane.owner is owner]
            if mine:
                self._record_apart(owner, mine, now)
        return len(landed)

    def _record_apart(self, owner: LaneOwner, landed: Sequence[Landed], now: datetime) -> None:
        """All in one transaction; when a value is refused one by one, so that only the one at fault pays."""
        try:
            self._record(owner, landed, now)
        except (DataError, ValueError):
            if len(landed) == 1:
                log.exception("An answer of lane %s could not be recorded", landed[0].sent.lane.id)
                return
            for one in landed:
                self._record_apart(owner, [one], now)

    def _record(self, owner: LaneOwner, landed: Sequence[Landed], now: datetime) -> None:
        record = Record()
        for one in landed:
            self._note(record, one, now)
        with transaction.atomic():
            self.recorded += record.write(owner, now=now)
            for lane in {one.sent.lane for one in landed}:
                if lane in self.lanes:  # not one of a run that broke off
                    lane.save(self.lanes.holder, now)

    def _note(self, record: Record, one: Landed, now: datetime) -> None:
        flight, started_at = one.sent.flight, one.sent.started_at
        attempt_id = new_id(started_at)
        judgements = [
            retold(judgement, row) for judgement, row in zip(one.judgements, flight.rows, strict=True)
        ]
        record.attempts.append(
            attempt_values(attempt_id, flight, one.response, judgements, started_at=started_at)
        )
        record.flights.append(flight)
        for row, judgement in zip(flight.rows, judgements, strict=True):
            decision = self._decide(one.sent.lane, flight, row, judgement, now)
            record.fate(
                row,
                decision,
                judgement.reason,
                attempts=row.attempts + _spends_attempt(flight, decision),
                now=now,
                attempt_id=attempt_id,
                status=one.response.status,
                most_together=judgement.most_together,
                is_sure=flight.is_read_back and judgement.verdict is Verdict.AGAIN,
            )

    def _decide(
        self, lane: HeldLane, flight: Flight, row: Row, judgement: Judgement, now: datetime
    ) -> Decision:
        retry, attempts, jitter = lane.policy.retry, row.attempts + 1, self.jitter()
        if flight.is_read_back:
            return decide_read_back(retry, judgement, attempts=attempts, now=now, jitter=jitter)
        return decide(
            retry,
            judgement,
            attempts=attempts,
            now=now,
            jitter=jitter,
            hold_unknown=flight.hold_unknown,
            read_back_after_s=flight.read_back_after_s,
            expires_at=None if judgement.verdict is Verdict.DELIVERED else _expires_at(lane, row),
        )


def _spends_attempt(flight: Flight, decision: Decision) -> bool:
    if isinstance(decision, (TryAgain, LookFirst)):
        return decision.counts
    return not flight.is_read_back


def _expires_at(lane: HeldLane, row: Row) -> datetime:
    return moment_of(row.id) + timedelta(seconds=lane.policy.retry.longest_age_s)


def _poisoned(row: Row) -> Settled:
    reason = (
        f"Set aside: {row.flights - 1} workers stopped while this delivery was with them. "
        "Read the workers' log, then send it again or cancel it."
    )
    return Settled(row, Hold(), reason)
