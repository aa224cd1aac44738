"""The lanes that one run of the loop holds: their only writer until it lets them go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from delivery import helping, queue
from delivery.core.fairness import Standing, room, share
from delivery.held import HeldLane
from delivery.lanes import LaneOwner, LaneState

LANE_LEASE = timedelta(seconds=15)  # so long the lanes of a killed worker wait
KEEP_S = 5.0  # between two stretches of the hold


class HeldLanes:
    """All lanes that a run holds, over all owners."""

    def __init__(self, owners: Sequence[LaneOwner], *, call_help: Callable[[], None] = lambda: None) -> None:
        self.owners = owners
        self.call_help = call_help
        self.holder = uuid4()
        self.left_work = False  # whether it let go of a lane that could have sent more
        self._lanes: dict[UUID, HeldLane] = {}
        self._kept_at = time.monotonic()

    def __iter__(self) -> Iterator[HeldLane]:
        return iter(list(self._lanes.values()))

    @property
    def awaits_agreement(self) -> bool:
        """Whether it came to help, and whoever holds the lane has not made room yet."""
        return any(lane.is_help and not lane.is_agreed and not lane.is_over for lane in self)

    @property
    def are_stocked(self) -> bool:
        """Whether what was claimed ahead goes out, and no lane that is due waits for a claim."""
        return any(lane.ready for lane in self) and all(lane.ready or not lane.is_due for lane in self)

    def __contains__(self, lane: HeldLane) -> bool:
        return self._lanes.get(lane.id) is lane

    def look(self, now: datetime, *, take_more: bool, only_quick: bool = False) -> None:
        """See which lanes in hand have due rows or must stop, and take more that have due rows.

        `only_quick`: the run goes on only because slow requests fly; slow lanes are left to other runs.
        """
        for owner in self.owners:
            if mine := self._of(owner):
                self._look_at(queue.look_at_lanes(owner.tables, self.holder, mine, now=now), owner, now)
            if helped := self._of(owner, is_help=True):
                self._look_at_helped(helping.look(owner.tables, self.holder, helped, now=now), owner, now)
        for lane in self:
            lane.was_slow = lane.was_slow or lane.is_slow
            if not lane.is_fast:
                lane.unclaim(now)
        self._let_go(now, take_more=take_more, only_quick=only_quick)
        for owner in self.owners if take_more else ():
            besides = [lane.id for lane in self if lane.owner is owner]
            found = queue.hold_lanes(
                owner.tables, self.holder, besides=besides, now=now, lease=LANE_LEASE, only_quick=only_quick
            )
            self._begin(owner, found)
            if not self._lanes:
                came = helping.come(owner.tables, self.holder, now=now, lease=LANE_LEASE)
                self._begin(owner, came, is_help=True)
        self._ask_for_help(now)
        self._keep(now)

    def by_need(self, lanes: Sequence[HeldLane]) -> Iterator[HeldLane]:
        """These lanes, those with the fewest requests out first, each with its share of what is left."""
        counts, out = dict.fromkeys(Standing, 0), dict.fromkeys(Standing, 0)
        for lane in self:
            counts[lane.standing] += lane.is_due or bool(lane.out)
            out[lane.standing] += lane.out
        for lane in sorted(lanes, key=lambda lane: lane.out):
            standing, before = lane.standing, lane.out
            lane.most = min(share(standing, counts[standing]), before + room(standing, out))
            yield lane
            out[standing] += lane.out - before

    def release(self, now: datetime) -> None:
        """Let go of all, and of what they claimed ahead. Late answers find their lane halted."""
        for lane in self:
            lane.is_halted = True
        for lane in self:
            lane.unclaim(now)
        for owner in self.owners:
            queue.release_lanes(owner.tables, self.holder)
            if self._of(owner, is_help=True):
                helping.go(owner.tables, self.holder)

    def _of(self, owner: LaneOwner, *, is_help: bool = False) -> list[UUID]:
        """The lanes of an owner that are held here, or helped."""
        return [lane.id for lane in self if lane.owner is owner and lane.is_help is is_help]

    def _look_at(self, seen: Mapping[UUID, queue.Glance], owner: LaneOwner, now: datetime) -> None:
        for lane_id in self._of(owner):
            lane, glance = self._lanes[lane_id], seen.get(lane_id)
            if glance is None:
                self._drop(lane, now)
                continue
            lane.is_halted = glance.is_paused or bool(lane.refused)
            lane.is_due = lane.is_due or glance.is_due
            lane.has_asked, lane.state.is_helped = glance.has_asked, glance.is_helped
            if glance.is_helped and glance.has_asked and lane.out <= lane.cap:
                helping.agree(owner.tables, lane.id, self.holder)

    def _look_at_helped(
        self, seen: Mapping[UUID, helping.HelpedGlance], owner: LaneOwner, now: datetime
    ) -> None:
        for lane_id in self._of(owner, is_help=True):
            lane, glance = self._lanes[lane_id], seen.get(lane_id)
            if glance is None:
                self._drop(lane, now)
                continue
            lane.is_over = lane.is_over or glance.is_over or not lane.goes_well
            lane.is_halted = lane.is_over
            lane.is_agreed = glance.is_agreed
            lane.is_due = lane.is_due or glance.is_due
            if lane.is_over and not lane.out:
                self._drop(lane, now)
                helping.go(owner.tables, self.holder, [lane.id])

    def _ask_for_help(self, now: datetime) -> None:
        for lane in self:
            if lane.wants_help:
                lane.asked_at = time.monotonic()
                lane.has_asked = helping.ask(lane.owner.tables, lane.id, self.holder, now=now)
                self.call_help()

    def _let_go(self, now: datetime, *, take_more: bool, only_quick: bool) -> None:
        """Lanes with nothing on its way that this run will not serve any more are for other runs."""
        idle = [
            lane
            for lane in self
            if not lane.out and (not take_more or (only_quick and lane.standing is Standing.SLOW))
        ]
        for owner in self.owners:
            mine = [lane for lane in idle if lane.owner is owner]
            for lane in mine:
                lane.unclaim(now)
                self.left_work = self.left_work or lane.could_send(now)
                self._drop(lane, now)
            if mine:
                queue.release_lanes(owner.tables, self.holder, [lane.id for lane in mine])
            if any(lane.is_help for lane in mine):
                helping.go(owner.tables, self.holder, [lane.id for lane in mine])

    def _drop(self, lane: HeldLane, now: datetime) -> None:
        lane.is_halted = True
        lane.unclaim(now)
        del self._lanes[lane.id]

    def _begin(self, owner: LaneOwner, found: Mapping[UUID, LaneState], *, is_help: bool = False) -> None:
        policies = owner.policies(list(found)) if found else {}
        for lane_id, policy in policies.items():
            state = found[lane_id]
            self._lanes[lane_id] = HeldLane(
                owner=owner,
                id=lane_id,
                policy=policy,
                state=state,
                saved_breaker=state.breaker,
                is_help=is_help,
            )

    def _keep(self, now: datetime) -> None:
        """Stretch the hold while requests fly."""
        if time.monotonic() - self._kept_at < KEEP_S:
            return
        self._kept_at = time.monotonic()
        for owner in self.owners:
            queue.keep_lanes(owner.tables, self.holder, self._of(owner), until=now + LANE_LEASE)
            helping.stay(owner.tables, self.holder, self._of(owner, is_help=True), until=now + LANE_LEASE)
