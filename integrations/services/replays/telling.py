"""What people should know of a replay: before it starts, and why it waits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from delivery.queue import database_now
from integrations.core.replay import MOST_FAILURES, Tally
from integrations.models import Delivery, Destination, Replay, ReplayDestination
from integrations.services.vendors import compiled
from integrations.services.wording import utc

LONG = timedelta(seconds=30)  # a lane that is busy for less is not worth a sentence


def warnings(replay: Replay) -> list[str]:
    """A sentence each, with what to do; once it is over, why what it queued still waits."""
    if replay.state not in (Replay.State.COUNTING, Replay.State.READY, Replay.State.RUNNING):
        waiting = Delivery.objects.filter(replay_id=replay.id).values_list("lane_id", flat=True).distinct()
        return [sentence for one in _destinations(waiting).values() for sentence in _of_lane(one)]
    now, shares = database_now(), list(replay.shares.all())
    found = _destinations([share.destination_id for share in shares])
    told = [sentence for share in shares for sentence in _of_trouble(share)]
    for share in shares:
        if destination := found.get(share.destination_id):
            told += _of_destination(destination, share, replay, now)
    oldest = now - timedelta(days=settings.RETENTION_DAYS)
    if replay.since and replay.since < oldest:
        told.append(
            f"Events are kept for {settings.RETENTION_DAYS} days. What came before {oldest:%Y-%m-%d %H:%M} "
            "UTC is no longer stored: it is neither counted nor sent."
        )
    return told


def _destinations(ids: Iterable[UUID]) -> dict[UUID, Destination]:
    rows = Destination.objects.filter(id__in=list(ids)).select_related("lane", "vendor_revision", "pipeline")
    return {one.id: one for one in rows}


def _of_lane(destination: Destination) -> Iterable[str]:
    """Why nothing leaves to it now."""
    name = f"{destination.name} ({destination.pipeline.name})"
    lane = getattr(destination, "lane", None)
    if not destination.enabled:
        yield f"{name} is disabled: nothing is sent to it. Enable it first."
    elif lane is not None and lane.paused_reason:
        yield f"{name} is paused: its deliveries wait, and the replay with them, until it is resumed."
    elif lane is not None and lane.breaker_open_until is not None:  # one that only observes has none
        yield f"{name} does not answer and its breaker is open: the replay waits until it closes."


def _of_trouble(share: ReplayDestination) -> Iterable[str]:
    if share.failures >= MOST_FAILURES:
        yield f"{share.name} was given up: {share.trouble} The other destinations go on."
    elif share.failures:
        yield (
            f"{share.name}: {share.trouble} It is tried again at {utc(share.due_at)}; the worker's log says "
            "more. The other destinations go on."
        )


def _of_destination(
    destination: Destination, share: ReplayDestination, replay: Replay, now: datetime
) -> Iterable[str]:
    name = f"{destination.name} ({destination.pipeline.name})"
    sends_nothing = share.is_counted and not Tally.read(share.expected).to_send
    if stopped := list(_of_lane(destination)):
        if not sends_nothing or not destination.enabled or replay.state != Replay.State.READY:
            yield from stopped
    elif share.waits_since is not None and not share.is_finished and now - share.waits_since > LONG:
        yield (
            f"{name} has had other deliveries to send since {utc(share.waits_since)}, and a replay comes "
            "after them. It goes on by itself once they are sent; what slows them stands on the "
            "destination's page."
        )
    if sends_nothing:
        return
    vendor = compiled(destination.vendor_revision)
    if not all(operation.deduplication for operation in vendor.operations.values()):
        if replay.include_delivered:
            yield f"{vendor.name} knows no event by its id: {name} counts every delivered event once more."
        else:
            yield (
                f"{vendor.name} knows no event by its id: one that reached {name} although its answer was "
                "lost counts twice."
            )
