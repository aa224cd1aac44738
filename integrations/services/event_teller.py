"""Tells a delivery's story from its row: what it waits for, or how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from delivery.core.breaker import BreakerState
from delivery.held import SUSPECTED
from delivery.ids import moment_of
from delivery.story import AttemptStory
from integrations.models import Attempt, Delivery, DeliveryResult, Destination, DestinationLane, Replay
from integrations.services.attempt_stories import attempt_story
from integrations.services.event_stories import DestinationStory, State
from integrations.services.lanes import REFUSALS
from integrations.services.switches import Switch, is_stopped
from integrations.services.wording import counted, duration, relative, utc

STOPPED = "The operators of this installation have stopped sending: all deliveries wait."


class Teller:
    """Tells each row's story from what was read; asks the database nothing."""

    def __init__(
        self,
        destinations: Mapping[UUID, Destination],
        attempts: Mapping[UUID, Attempt],
        parts: Mapping[UUID, int],
        replays: Mapping[UUID, Replay],
        *,
        now: datetime,
        shows_personal_data: bool,
    ) -> None:
        self.destinations = destinations
        self.attempts = attempts
        self.parts = parts
        self.replays = replays
        self.now = now
        self.shows_personal_data = shows_personal_data

    def waiting(self, row: Delivery) -> DestinationStory:
        """An unfinished delivery: what it waits for."""
        state = waiting_state(row)
        destination = self.destinations.get(row.lane_id)
        lane = getattr(destination, "lane", None)
        sentence, next_try, at = self._prospect(row, state, destination, lane)
        return self._story(row.lane_id, state, sentence, row, next_try, at)

    def ended(self, row: DeliveryResult) -> DestinationStory:
        """A delivery that ended: how, when and why."""
        state = State(row.outcome)
        return self._story(row.lane_id, state, ended_sentence(row), row)

    def skipped(self, skip: Mapping[str, str]) -> DestinationStory:
        """A destination that was not meant to get it."""
        return self._story(UUID(skip["destination"]), State.SKIPPED, skip["sentence"])

    def _prospect(
        self, row: Delivery, state: State, destination: Destination | None, lane: DestinationLane | None
    ) -> tuple[str, str, datetime | None]:
        """The sentence, the sentence on the next try, and its time when one is known."""
        if state is State.HELD:
            return row.reason, "None by itself: send it again, mark it as delivered, or cancel it.", None
        if state is State.SENDING:
            return f"{_so_far(row)} A worker is sending it now.", self._takeover(row.due_at), None
        if destination is None:
            return "The destination was deleted: nobody sends this any more.", "", None
        if not destination.enabled:
            return f"{destination.name} is disabled: this is cancelled as soon as a worker sees it.", "", None
        blocked, next_try, at = self._blocked(row, lane)
        return " ".join(filter(None, [reason_now(_so_far(row), lane), blocked])), next_try, at

    def _blocked(self, row: Delivery, lane: DestinationLane | None) -> tuple[str, str, datetime | None]:
        if lane is not None and lane.paused_reason:
            sentence = f"The destination is paused ({lane.paused_reason.rstrip('.')}): its deliveries wait."
            return sentence, "When somebody resumes the destination.", None
        if is_stopped(Switch.SENDING):
            return STOPPED, "When they start it again.", None
        open_until = lane.breaker_open_until if lane is not None else None
        if lane is not None and lane.breaker_state != BreakerState.CLOSED and open_until:
            failed = counted(lane.breaker_failures, "failed request")
            sentence = (
                f"The destination's breaker is open after {failed} in a row: "
                "its deliveries wait and spend no attempts. One of them is sent as a probe; "
                "when it succeeds, the others follow."
            )
            return sentence, *self._next(max(row.due_at, open_until))
        throttled_until = lane.throttled_until if lane is not None else None
        if throttled_until and throttled_until > self.now:
            told = lane.throttled_reason if lane is not None else ""
            sentence = "The vendor asked to slow down: the destination's deliveries wait."
            if told and not told.startswith("Answered 429"):  # a token that can't be had, for example
                sentence = told
            return sentence, *self._next(max(row.due_at, throttled_until))
        if row.due_at > self.now and not (row.attempts or row.attempt_ids or row.reason):
            return _delayed(row), *self._next(row.due_at)
        asks = "Before it is sent again, the vendor is asked whether it arrived." if row.unsure_since else ""
        return asks, *self._next(row.due_at)

    def _takeover(self, at: datetime) -> str:
        if at <= self.now:
            return "Its worker did not report back: another one takes over within seconds."
        return f"If its worker stops, another one takes over {self._at(at)}."

    def _next(self, at: datetime) -> tuple[str, datetime]:
        if at <= self.now:
            return "Due now: a worker takes it within seconds.", at
        return f"I{self._at(at)[1:]}.", at  # "in 5 min" begins a sentence

    def _at(self, at: datetime) -> str:
        return f"{relative(at, now=self.now)}, at {utc(at)}"

    def _story(
        self,
        destination_id: UUID,
        state: State,
        sentence: str,
        row: Delivery | DeliveryResult | None = None,
        next_try: str = "",
        at: datetime | None = None,
    ) -> DestinationStory:
        destination = self.destinations.get(destination_id)
        name = destination.name if destination else "A deleted destination"
        of = self.parts.get(destination_id, 1)
        attempts = self._attempt_stories(row.attempt_ids) if row else ()
        now = destination.mode if destination else ""
        return DestinationStory(
            destination_id=destination_id,
            destination=f"{name}, part {row.part + 1} of {of}" if row and of > 1 else name,
            vendor=str(destination.vendor_revision) if destination else "",
            mode=attempts[-1].mode or now if attempts else now,
            state=state,
            sentence=sentence,
            delivery_id=row.id if row else None,
            attempts=row.attempts if row else 0,
            next_try=next_try,
            next_try_at=at,
            attempt_stories=attempts,
            part=row.part if row else 0,
            replay_id=row.replay_id if row else None,
            replay=self._replayed(row.replay_id) if row and row.replay_id else "",
        )

    def _replayed(self, replay_id: UUID) -> str:
        found = self.replays.get(replay_id)
        if found is None:
            return "Sent again by a replay that is no longer stored."
        return f"Sent again by the replay of {utc(found.asked_at)}, which {found.asked_by} asked for."

    def _attempt_stories(self, ids: Sequence[UUID]) -> tuple[AttemptStory, ...]:
        kept = [(number, self.attempts.get(id_)) for number, id_ in enumerate(ids, start=1)]
        return tuple(
            attempt_story(attempt, number, shows_personal_data=self.shows_personal_data)
            for number, attempt in kept
            if attempt is not None
        )


def reason_now(reason: str, lane: DestinationLane | None) -> str:
    """The reason of an unfinished delivery, without the warning of a pause that has come meanwhile."""
    if lane is None or not lane.paused_reason:
        return reason
    return reason.replace(SUSPECTED.format(most=REFUSALS), "").strip()


def waiting_state(row: Delivery) -> State:
    """The state of an unfinished delivery, as the view over deliveries names it."""
    if row.held_at is not None:
        return State.HELD
    if row.claim_id is not None:
        return State.SENDING
    return State.RETRYING if row.attempts or row.attempt_ids else State.WAITING


def ended_sentence(row: DeliveryResult) -> str:
    """How a delivery ended."""
    at, attempts = utc(row.ended_at), _tries(row)
    match State(row.outcome):
        case State.DELIVERED:
            how = f"Delivered at {at} with {attempts}." if row.attempts else f"Ended at {at}."
            return f"{how} {row.reason}".strip()
        case State.EXHAUSTED:
            return f"Given up at {at} after {attempts}: {row.reason}"
        case State.REJECTED:
            return f"Refused at {at}: {row.reason}"
    return f"Cancelled at {at}: {row.reason}"


def _delayed(row: Delivery) -> str:
    """By the delay that was planned: the destination's may be another by now."""
    delay_s = round((row.due_at - moment_of(row.id)).total_seconds())
    return f"It waits until {utc(row.due_at)} because the destination's delay is {duration(delay_s)}."


def _so_far(row: Delivery) -> str:
    if not row.attempts and not row.attempt_ids:
        return f"Not tried yet. {row.reason}".strip()
    return f"{_tries(row)} so far. {row.reason}".strip()


def _tries(row: Delivery | DeliveryResult) -> str:
    """Attempts; and requests, where some of them spent none: throttled ones, or those that asked."""
    requests = len(row.attempt_ids)
    if requests <= row.attempts:
        return counted(max(row.attempts, 1), "attempt")
    spent = counted(row.attempts, "attempt") if row.attempts else "no attempt"
    return f"{counted(requests, 'request')} ({spent} spent)"
