"""Deliveries that may have arrived: the vendor is asked before they are sent again, where it can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from delivery.core.outcome import Judgement, Verdict
from delivery.core.retry import Hold, LookFirst
from delivery.lanes import Row, Settled
from integrations.core.vendor import Element
from integrations.services.setups import Setup, read_back_after_s
from integrations.services.stored_events import StoredEvent


def unsure(setup: Setup, row: Row, operation: str, now: datetime) -> Settled:
    """What becomes of a row that a dead worker may have sent."""
    arrived = f"A worker stopped while this was being sent to {setup.name}: it may have arrived"
    after_s = read_back_after_s(setup, operation)
    if after_s is not None:
        decision = LookFirst(now + timedelta(seconds=after_s), False)
        return Settled(row, decision, f"{arrived}, so {setup.name} is asked before it is sent again.")
    advice = "Look it up there, then send it again or mark it as delivered."
    return Settled(row, Hold(), f"{arrived}, and to send it twice would count it twice. {advice}")


def read_back(setup: Setup, row: Row, stored: StoredEvent, now: datetime) -> Element | Settled:
    """The request that asks whether an unsure row arrived; a person decides where that can't be asked."""
    part = row.carried[3]
    asking = setup.vendor.read_back(stored.event, setup.settings, now=now, mode=setup.mode, part=part)
    return asking if isinstance(asking, Element) else not_asked(setup, row, asking.reason)


def not_asked(setup: Setup, row: Row, why: str) -> Settled:
    reason = f"It may have arrived, and {setup.name} could not be asked whether it did. {why}"
    return Settled(row, Hold(), f"{reason} Look it up there, then send it again or mark it as delivered.")


def of_read_back(setup: Setup, found: Judgement) -> Judgement:
    """The judgement with a sentence on what was asked."""
    match found.verdict:
        case Verdict.DELIVERED:
            reason = f"No answer came when it was sent, and {setup.name} says that it has it."
        case Verdict.AGAIN:
            reason = f"No answer came when it was sent, and {setup.name} says that it does not have it."
        case _:
            reason = f"{setup.name} could not be asked whether it arrived. {found.reason}"
    return replace(found, reason=reason)
