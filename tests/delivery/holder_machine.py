"""The ground of models of a lane's state: what stands in its row, and what each worker has in hand of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db import connection
from hypothesis.stateful import rule

from delivery import held
from delivery.core.poison import POISON_FLIGHTS
from delivery.held import HeldLane
from delivery.worker import Sent
from tests.delivery.engine_machine import LANES, WORKERS, EngineMachine
from tests.delivery.simulation import Worker

Known = Any  # a subclass's value: what its noun says of one lane


class HolderMachine(EngineMachine):
    """The model of a lane is read by who takes it, and written by who records while the lane is its own.

    So it goes on where the last one left it, whoever that was, and nobody who lost a lane can change it.
    """

    def prepare(self):
        self.undone.enter_context(patch.object(held, "HOT_S", inf))  # nobody helps: see test_helping
        self.stored: dict[UUID, Known] = {lane_id: self.fresh(lane_id) for lane_id in self.lanes}
        self.hands: dict[HeldLane, Known] = {}
        self.counted_exactly = set(self.lanes)
        for lane in range(3):
            self.enqueue(lane, 6)

    # --- what a subclass adds ----------------------------------------------------------------------

    def fresh(self, lane_id: UUID) -> Known:
        """What is known of a new lane."""
        raise NotImplementedError

    def admits(self, lane_id: UUID, known: Known) -> int:
        """How many requests may leave now, when none flies."""
        raise NotImplementedError

    def rests(self, lane_id: UUID, known: Known) -> bool:
        """Whether nobody takes it now, whatever is due."""
        return not self.admits(lane_id, known)

    def learns(self, lane_id: UUID, known: Known, kind: str, left_at: datetime) -> Known:
        """What an answer of this kind teaches to a request that left then."""
        raise NotImplementedError

    def freed(self, known: Known) -> Known:
        """What somebody makes of it who lets the lane try now."""
        raise NotImplementedError

    def saved(self, lane_id: UUID, before: Known, after: Known) -> None:
        """A holder has written what it learned."""

    # --- what may happen ---------------------------------------------------------------------------

    @rule(worker=WORKERS)
    def work(self, worker):
        """Whoever looks takes each lane that is free and may send, and sends as much as it may."""
        one, before, (due, suspicious) = self.workers[worker], self.rows(), self.due()
        holder, out = one.lanes.holder, Counter(sent.lane for sent in one.network.flying)

        one.look()
        self.looked(one)
        known = {lane.id: (lane, self.hands[lane]) for lane in one.lanes}
        one.claim()

        left = Counter(sent.lane for sent in one.network.flying)
        for row, after in zip(before, self.rows(), strict=True):
            lane, knows = known.get(row.pk, (None, self.stored[row.pk]))
            is_free = row.holder in (None, holder) or row.held_until < self.clock.now
            most = 0 if row.pk in self.paused else min(due[row.pk], self.admits(row.pk, knows))
            if not is_free:
                assert after.holder == row.holder, "a lane was taken from its holder"
                assert lane is None or not left[lane] - out[lane], "sent without holding the lane"
            elif row.holder != holder and (row.pk in self.paused or self.rests(row.pk, self.stored[row.pk])):
                assert after.holder != holder, "a lane was taken that must wait"
            elif most:
                assert after.holder == holder, "a free lane with due rows was not taken"
                if not out[lane] and row.pk in self.counted_exactly - suspicious:
                    assert left[lane] == most, "a lane sent less than it may"

    @rule(lane=LANES)
    def retry_now(self, lane):
        super().retry_now(lane)
        assert self.rows()[lane].holder is None, "who has it in hand would undo it"
        self.stored[self.lanes[lane]] = self.freed(self.stored[self.lanes[lane]])

    def looked(self, worker):
        super().looked(worker)
        for lane in worker.lanes:
            self.hands.setdefault(lane, self.stored[lane.id])

    def land(self, worker: Worker, answers: Sequence[tuple[Sent, str]]) -> None:
        for sent, kind in answers:
            self.hands[sent.lane] = self.learns(sent.lane.id, self.hands[sent.lane], kind, sent.started_at)
        theirs = [lane for lane in worker.lanes if self.holds(worker, lane.id)]

        super().land(worker, answers)

        for lane in {sent.lane for sent, _ in answers} & set(theirs):
            before, self.stored[lane.id] = self.stored[lane.id], self.hands[lane]
            self.saved(lane.id, before, self.stored[lane.id])

    # --- what is seen ------------------------------------------------------------------------------

    def due(self) -> tuple[Counter, set[UUID]]:
        """How many rows of each lane are due, and the lanes that have some which may kill their workers."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT lane_id, count(*), max(flights) FROM integrations_delivery"
                " WHERE lane_id = any(%s) AND due_at <= now() GROUP BY lane_id",
                [self.lanes],
            )
            found = cursor.fetchall()
        suspicious = {lane_id for lane_id, _, deaths in found if deaths >= POISON_FLIGHTS - 1}
        return Counter({lane_id: count for lane_id, count, _ in found}), suspicious
