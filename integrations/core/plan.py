"""Who gets an event: a pure function of the event and a snapshot of its pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from integrations.core.consent import Category, Policy, Signals, read_signals, refusal
from integrations.core.event import Event
from integrations.core.filter import Filter
from integrations.core.skips import SkipReason
from integrations.core.vendor.results import Planned, Skipped


class Plans(Protocol):
    """The part of a vendor definition that says whether it wants an event."""

    def plan(self, event: Event, settings: Mapping[str, object]) -> Planned | Skipped:
        """Whether the vendor gets the event, and in how many parts."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A destination as planning sees it. `settings` are without secrets."""

    id: UUID
    name: str
    slugs: frozenset[str]
    vendor: Plans
    settings: Mapping[str, object]
    categories: tuple[Category, ...]
    enabled: bool
    delay_s: int = 0
    filter: Filter | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A pipeline's configuration at one version."""

    pipeline_id: UUID
    organization_id: UUID
    version: int
    policy: Policy
    honours_gpc: bool
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """A destination that does not get the event, and why in words."""

    target: Target
    reason: SkipReason
    sentence: str


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to make: the event for a destination, or the part of it with this number."""

    target: Target
    part: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Where an event goes and where it does not."""

    deliver: Sequence[Due]
    skips: Sequence[Skip]


def plan(event: Event, snapshot: Snapshot, *, gpc: bool) -> Plan:
    """Ask for each destination, in this order: is it on, does the sender want it, does the filter, does the
    vendor, may it.
    """
    signals = read_signals(event.payload.get("context"), gpc_header=gpc)
    deliver: list[Due] = []
    skips: list[Skip] = []
    for target in snapshot.targets:
        found = _decide(event, target, snapshot, signals)
        if isinstance(found, Skip):
            skips.append(found)
        else:
            deliver += [Due(target, part) for part in range(found)]
    return Plan(deliver, skips)


def _decide(event: Event, target: Target, snapshot: Snapshot, signals: Signals) -> Skip | int:
    """Why the destination does not get the event, or in how many parts it does."""
    if not target.enabled:
        sentence = f"{target.name} is disabled. Enable the destination to send it later events."
        return Skip(target, SkipReason.DESTINATION_OFF, sentence)
    excluded = _excluded(event.payload.get("integrations"), target)
    if excluded:
        return Skip(target, SkipReason.INTEGRATIONS, excluded)
    if target.filter is not None:
        filtered = target.filter.refusal(event, target.name)
        if filtered is not None:
            return Skip(target, SkipReason.FILTER, filtered)
    planned = target.vendor.plan(event, target.settings)
    if isinstance(planned, Skipped):
        return Skip(target, planned.reason, planned.sentence)
    refused = refusal(signals, target.categories, snapshot.policy, honour_gpc=snapshot.honours_gpc)
    if refused is not None:
        return Skip(target, SkipReason.CONSENT, refused.sentence)
    return planned.parts


def _excluded(integrations: object, target: Target) -> str | None:
    """Segment's `integrations` object: a vendor named false is out; with `All: false` all but those named."""
    if not isinstance(integrations, Mapping) or not integrations:
        return None
    for name, choice in integrations.items():
        if isinstance(name, str) and name.lower() in target.slugs:
            if choice is False:
                return f"The event's integrations object names {name} false. The sender decides this."
            return None
    if integrations.get("All") is False or integrations.get("all") is False:
        return f"The event's integrations object says All: false and does not name {target.name}."
    return None
