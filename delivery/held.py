"""A lane in hand: what may leave, what flies, and what its answers teach."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from delivery import queue
from delivery.core.breaker import Breaker, BreakerState, Transition, transition
from delivery.core.fairness import MOST_IN_FLIGHT, Standing
from delivery.core.outcome import Judgement, Verdict
from delivery.core.poison import apart, must_be_alone
from delivery.lanes import Flight, LaneOwner, LanePolicy, LaneState, Pause, Row

FLOOR_S = 30.0  # a claim without floor at least this often
SLOW_S = 1.0  # a request that flies longer makes its lane a slow one
AHEAD_REQUESTS = 8  # how many requests beyond its cap a fast lane may have ready
AHEAD_ROWS = 500  # and how many rows: they wait in memory
HOT_S = 0.25  # a lane that no claim finds empty for so long wants help
ASK_S = 5.0  # between two times: who went because all failed there comes back no sooner
LEASE_MARGIN = timedelta(seconds=15)  # from a request's deadline to the record of its answer, at most
REFUSED_STATUS = 401
SPARED = "Its destination is paused, so it waits: it is sent again once that is resumed."
SUSPECTED = "It is tried again later; {most} such answers in a row pause its destination."


@dataclass(eq=False, slots=True)
class HeldLane:
    """A lane in hand: its policy, its state, what flies and what is ready to fly.

    `flying` is each request's start on the monotonic clock, oldest first. `ready` are requests that were
    claimed ahead, so that a slot that falls free is filled without waiting for PostgreSQL. `errands` are
    requests on whose answers claimed rows wait. `is_halted`: it was paused or lost, and nothing leaves any
    more. `most` is its share of all requests in flight. `refused` is why it is being paused. `is_alone`:
    what it has in hand may be what kills workers, so nothing is claimed beside it. `full_since`: no claim
    found it empty since then, `has_asked`: so others may help, `asked_at`: the last time. `is_help`: another
    worker holds it and this one helps, as soon as it `is_agreed` and until it `is_over`.
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
    most: int = MOST_IN_FLIGHT
    refused: str = ""
    is_alone: bool = False
    is_help: bool = False
    is_agreed: bool = False
    is_over: bool = False
    has_asked: bool = False
    full_since: float | None = None
    asked_at: float | None = None
    floor: datetime | None = None
    floor_since: float = field(default_factory=time.monotonic)
    gathers_until: float = 0.0

    @property
    def is_slow(self) -> bool:
        """Whether its oldest request flies for long already."""
        return bool(self.flying) and time.monotonic() - next(iter(self.flying.values())) > SLOW_S

    @property
    def out(self) -> int:
        """Requests that have left and have no answer yet."""
        return len(self.flying) + self.errands

    @property
    def standing(self) -> Standing:
        """What is known of how long its requests take."""
        if self.state.is_quick is False or self.is_slow:
            return Standing.SLOW
        return Standing.QUICK if self.state.is_quick else Standing.UNPROVEN

    @property
    def is_fast(self) -> bool:
        """Whether all goes well, so that claiming ahead is worth it and does not let rows age in memory."""
        is_closed = self.state.breaker.state is BreakerState.CLOSED and not self.state.breaker.failures
        is_throttled = self.state.flow.waits_until is not None
        return is_closed and self.standing is not Standing.SLOW and not self.is_halted and not is_throttled

    @property
    def has_suspect(self) -> bool:
        """Whether it has in hand what may be killing workers."""
        return self.is_alone and bool(self.out or self.ready)

    @property
    def cap(self) -> int:
        """How many requests may fly from here: all that the other side takes, or this worker's half."""
        whole = self.policy.concurrency
        if self.is_help:
            return whole // 2 if self.is_agreed else 0
        return whole - whole // 2 if self.state.is_helped else whole

    @property
    def wants_help(self) -> bool:
        """Whether more is due than one worker sends, though nothing but its speed holds it up."""
        at = time.monotonic()
        if self.full_since is None or at - self.full_since < HOT_S:
            return False
        if self.asked_at is not None and at - self.asked_at < ASK_S:
            return False
        is_limited = self.policy.rate is not None or self.state.flow.pace.per_s is not None
        is_shared = self.is_help or self.has_asked or self.state.is_helped
        return self.is_fast and self.policy.concurrency > 1 and not is_limited and not is_shared

    @property
    def goes_well(self) -> bool:
        """Whether who helps may go on: it keeps no state, so what has to be learned is left to the holder."""
        state = self.state
        is_kind = state.flow.waits_until is None and state.flow.pace.per_s is None and not state.refusals
        is_answered = state.breaker.state is BreakerState.CLOSED and state.breaker.failures < 2
        return is_kind and is_answered and state.is_quick is not False

    def slots(self, now: datetime) -> int:
        """Requests that may leave now, by cap, share, breaker and throttling; tokens are taken apart."""
        if self.is_halted:
            return 0
        cap = self.state.flow.admits(min(self.cap, self.most), now=now)
        return max(self.state.breaker.admits(cap, self.policy.breaker, now=now) - len(self.flying), 0)

    def wanted(self, now: datetime) -> int:
        """Requests worth claiming now: what may leave, and some ahead where the policy allows it.

        A claim costs the same for one row as for many, so it waits until half of that is wanted.
        """
        slots = self.slots(now)
        if self.is_help and not self.is_agreed:
            return 0  # it would age here, while its holder could send it
        if self.errands:
            return 0  # what is claimed now would need the same errand
        if self.has_suspect:
            return 0
        if self.flying and time.monotonic() < self.gathers_until:
            return 0
        tokens = self.state.flow.tokens(self.policy.rate, now=now)
        if tokens is not None:
            return max(min(slots, tokens) - len(self.ready), 0)
        ahead = 0
        if self.policy.claims_ahead and self.is_fast:
            rows = AHEAD_ROWS // self.policy.rows_per_request
            ahead = min(self.policy.concurrency * AHEAD_REQUESTS, rows)
        wanted = max(slots + ahead - len(self.ready), 0)
        is_enough = not self.flying or wanted * 2 >= self.cap + ahead
        return wanted if is_enough else 0

    def could_send(self, now: datetime) -> bool:
        """Whether it has due rows that may leave now."""
        return self.is_due and self.wanted(now) > 0

    def take(self, now: datetime) -> Flight | None:
        """The next ready request, if one may leave now; its token is taken."""
        if not self.ready or not self.slots(now):
            return None
        self.state.flow, may_leave = self.state.flow.take(self.policy.rate, now=now)
        return self.ready.popleft() if may_leave else None

    def claim(self, limit: int, *, now: datetime, lease: timedelta) -> Sequence[Row]:
        """Up to `limit` due rows, leased so long or for longer than the lane's longest request.

        Fewer when workers have died with some of them: the others are given back.
        """
        lease = max(lease, timedelta(seconds=self.policy.longest_request_s) + LEASE_MARGIN)
        at = time.monotonic()
        if at - self.floor_since > FLOOR_S:
            self.floor, self.floor_since = None, at
        rows, self.floor = queue.claim(
            self.owner.tables, self.id, uuid4(), limit, now=now, lease=lease, floor=self.floor
        )
        self.is_due = len(rows) == limit
        self.full_since = (self.full_since or at) if self.is_due else None
        if self.is_help and any(row.flights > 1 for row in rows):
            self._leave_to_holder(rows, now)  # what may kill workers is found one by one
            return ()
        self.gathers_until = 0.0 if self.is_due else at + self.policy.gathers_s
        together, others = apart(rows)
        if others:
            queue.unclaim(self.owner.tables, others, now=now)
            self.is_due = True
        self.is_alone = must_be_alone(together)
        return together

    def put_off(self, rows: Sequence[Row], until: datetime) -> None:
        """Give back what was claimed alone, due again then."""
        queue.unclaim(self.owner.tables, rows, now=until)
        self.is_alone = False

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
        self.state.breaker = self.state.breaker.probing(self.policy.breaker)

    def landed(self, token: object, judgement: Judgement, status: int | None, now: datetime) -> None:
        """One request less; breaker, pace and standing learn from it."""
        took_s = time.monotonic() - self.flying.pop(token)
        left_at = now - timedelta(seconds=took_s)
        state, policy = self.state, self.policy
        state.breaker = state.breaker.after(judgement.verdict, policy.breaker, now=now)
        state.flow = state.flow.after(judgement, policy.retry, policy.rate, left_at=left_at, now=now)
        state.is_quick = took_s <= SLOW_S
        state.refusals = self._refusals(judgement, status)
        if self.is_help and not self.goes_well:
            self._leave_to_holder((), now)
        if policy.refusals is not None and state.refusals >= policy.refusals:
            self._refuse(judgement)

    def spared(self, judgement: Judgement, status: int | None) -> Judgement:
        """The judgement, but a delivery does not end by refused credentials: it is tried again, or waits."""
        if self.policy.refusals is None or not _refuses_credentials(judgement, status):
            return judgement
        verdict, told = Verdict.FAILED, SUSPECTED.format(most=self.policy.refusals)
        if self.is_halted and not self.is_help:
            verdict, told = Verdict.AGAIN, SPARED
        return replace(judgement, verdict=verdict, reason=f"{judgement.reason} {told}")

    def pause(self, pause: Pause) -> None:
        """Let all of it wait, as the owner asks."""
        self.state.flow = self.state.flow.paused(pause.until, pause.reason)

    def unclaim(self, now: datetime) -> None:
        """Give back what was claimed and can't leave now, due at once for whoever comes."""
        rows = [row for flight in self.ready for row in flight.rows]
        self.ready.clear()
        if rows:
            queue.unclaim(self.owner.tables, rows, now=now)
            self.is_due = True

    def save(self, holder: UUID, now: datetime) -> None:
        """Write the holder's state in the caller's transaction; announce its moments there too."""
        if self.is_help:
            return
        if not queue.save_lane(self.owner.tables, self.id, holder, self.state, now=now):
            return
        moment = transition(self.saved_breaker, self.state.breaker)
        self.saved_breaker = self.state.breaker
        if moment is not None:
            self.owner.announce(self.id, moment, self._why(moment), now=now)
        if self.refused and queue.pause_lane(self.owner.tables, self.id, holder, self.refused):
            self.owner.announce_pause(self.id, self.refused, now=now)
        self.refused = ""

    def _leave_to_holder(self, rows: Sequence[Row], now: datetime) -> None:
        """Send no more, and give back what has not left."""
        self.is_over = self.is_halted = True
        if rows:
            queue.unclaim(self.owner.tables, rows, now=now)
        self.unclaim(now)

    def _refusals(self, judgement: Judgement, status: int | None) -> int:
        """Requests in a row whose credentials were refused; what was not judged at all is left out."""
        if self.is_halted:
            return 0
        if _refuses_credentials(judgement, status):
            return self.state.refusals + 1
        is_answer = judgement.verdict in (Verdict.DELIVERED, Verdict.REJECTED)
        return 0 if is_answer else self.state.refusals

    def _refuse(self, judgement: Judgement) -> None:
        """Pause the lane; a person who resumes it begins a new streak."""
        self.refused = (
            f"{self.state.refusals} requests in a row were answered {REFUSED_STATUS}, so the "
            "credentials no longer hold. Correct them, then resume."
        )
        self.is_halted = True
        self.state.refusals = 0

    def _why(self, moment: Transition) -> str:
        failures, policy = self.state.breaker.failures, self.policy.breaker
        if moment is Transition.CLOSED and policy.only_observes:
            return "A request was answered again. The breaker only observes: deliveries went on meanwhile."
        if moment is Transition.CLOSED:
            return "The probe was answered: deliveries go on."
        if policy.only_observes:
            return f"{failures} requests in a row failed. The breaker only observes: deliveries go on."
        return (
            f"{failures} requests in a row failed: deliveries wait, and a probe goes in {policy.open_s:g} s."
        )


def _refuses_credentials(judgement: Judgement, status: int | None) -> bool:
    return judgement.verdict is Verdict.REJECTED and status == REFUSED_STATUS
