"""Takes events in: one transaction for the events and their deliveries, and success only after its commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from delivery.doorbell import ring
from integrations.core.counts import Measure
from integrations.core.event import Event
from integrations.core.facts import (
    Acceptance,
    Busy,
    Duplicate,
    Facts,
    Incoming,
    KeyRefused,
    Refused,
    Result,
    Stored,
)
from integrations.core.normalise import BadEvent, normalise
from integrations.core.plan import plan
from integrations.services.connections import leave_broken_connection
from integrations.services.event_rows import EventRows
from integrations.services.message_keys import claim_message_ids
from integrations.services.senders import Sender, Senders, find_senders, note_use
from integrations.services.shared_commits import SharedCommits
from integrations.services.snapshots import snapshot
from integrations.services.switches import stopped_intake

STOPPED_S = 30.0  # how long senders are asked to wait while the intake is stopped
LOST = (InterfaceError, OperationalError)
VISITOR_KINDS = frozenset({"web", "ios", "android"})  # their requests come from the visitor's device


@dataclass(frozen=True, slots=True)
class Submission:
    """One request's events."""

    incoming: Sequence[Incoming]
    facts: Facts


def accept(incoming: Sequence[Incoming], facts: Facts) -> Acceptance:
    """Store events and plan their deliveries, durably. Raises KeyRefused when no key among them may send,
    Busy while the intake is stopped.

    Requests that come at the same time share one commit. Any other exception: it is unknown what was
    stored, and the sender repeats; message ids absorb what was.
    """
    refuse_while_stopped()
    outcome = _commits.submit(Submission(incoming, facts))
    if isinstance(outcome, KeyRefused):
        raise outcome
    return outcome


def refuse_while_stopped() -> None:
    """Raises Busy while the operators have stopped the intake."""
    reason = stopped_intake()
    if reason is None:
        return
    why = f" ({reason.rstrip('.')})" if reason else ""
    message = (
        f"The operators of this installation have stopped the intake{why}. "
        "Send the events again after the time in Retry-After."
    )
    raise Busy(503, STOPPED_S, message, "intake_stopped")


def accept_all(submissions: Sequence[Submission]) -> list[Acceptance | KeyRefused]:
    """Store several requests' events in one transaction; ring and note the keys' use after it."""
    keys = {one.key for submission in submissions for one in submission.incoming}
    leave_broken_connection()
    with transaction.atomic():
        senders = find_senders(keys)
        rows = EventRows(senders.now)
        drafts = [Draft(submission, senders) for submission in submissions]
        candidates = [candidate for draft in drafts for candidate in draft.candidates(rows)]
        fresh = claim_message_ids([candidate.message_key for candidate in candidates], now=rows.now)
        for candidate in candidates:
            candidate.settle(fresh, rows)
        rows.write()
    if rows.deliveries:
        ring()
    note_use(senders.allowed.values())
    return [draft.outcome() for draft in drafts]


class Draft:
    """One request on its way through: a result for each of its events, None while it is open."""

    def __init__(self, submission: Submission, senders: Senders) -> None:
        self.submission = submission
        self.senders = senders
        self.results: list[Result | None] = [None] * len(submission.incoming)

    def candidates(self, rows: EventRows) -> Iterator[Candidate]:
        """The events that may be stored; the others get their refusal, and are counted."""
        for index, one in enumerate(self.submission.incoming):
            stranger = self.senders.refused.get(one.key)
            if stranger is not None:
                refusal = stranger.refusal
                rows.count(stranger, Measure.REFUSED, reason=refusal.code)
                self.results[index] = Refused(refusal.code, refusal.message)
                continue
            sender = self.senders.allowed[one.key]
            try:
                event = _normalised(one, sender, self.submission.facts, rows.now)
            except BadEvent as error:
                rows.count(sender, Measure.REFUSED, reason=error.code)
                self.results[index] = Refused(error.code, error.message)
            else:
                yield Candidate(self, index, sender, event)

    def outcome(self) -> Acceptance | KeyRefused:
        """The answer to the request, once every event has its result."""
        incoming = self.submission.incoming
        allowed = [self.senders.allowed[one.key] for one in incoming if one.key in self.senders.allowed]
        if not allowed:
            return self.senders.refused[incoming[0].key].refusal
        return Acceptance(
            results=tuple(result or Stored() for result in self.results),
            partial_207=all(sender.answers_207 for sender in allowed),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event that is stored unless its message id was seen before."""

    draft: Draft
    index: int
    sender: Sender
    event: Event

    @property
    def message_key(self) -> tuple[UUID, str]:
        """What it is known by."""
        return self.sender.pipeline_id, self.event.message_id

    def settle(self, fresh: set[tuple[UUID, str]], rows: EventRows) -> None:
        """Plan it, or call it a duplicate. Taken out of `fresh`: its twin in this commit is a duplicate."""
        if self.message_key not in fresh:
            rows.count(self.sender, Measure.DUPLICATE)
            self.draft.results[self.index] = Duplicate()
            return
        fresh.remove(self.message_key)
        state = snapshot(self.sender.pipeline_id, self.sender.version)
        rows.add(self.event, plan(self.event, state, gpc=self.draft.submission.facts.gpc), self.sender)


def _normalised(one: Incoming, sender: Sender, facts: Facts, now: datetime) -> Event:
    is_visitors = sender.kind in VISITOR_KINDS
    return normalise(
        one.raw,
        received_at=now,
        type_hint=one.type_hint,
        ip=facts.ip if is_visitors else "",
        user_agent=facts.user_agent if is_visitors else "",
        gpc=facts.gpc,
        new_message_id=str(uuid4()),
        needs_walk=one.needs_walk,
        nesting_limit=settings.INGEST_NESTING_LIMIT,
    )


def _is_lost(error: Exception) -> bool:
    """The database is away: trying each request alone would only make all of them wait."""
    return isinstance(error, LOST)


_commits: SharedCommits[Submission, Acceptance | KeyRefused] = SharedCommits(accept_all, is_final=_is_lost)
