"""A step of a replay, a page of one destination: what it queues and the cursor are written together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from delivery.appending import copy_rows
from delivery.doorbell import ring
from delivery.ids import Ids
from delivery.queue import database_now
from integrations.core.counts import Counts, Measure, hour_of
from integrations.core.replay import MOST_FAILURES, Tally, next_page
from integrations.models import Destination, Replay, ReplayDestination
from integrations.services.counters import write_counts
from integrations.services.event_rows import DELIVERY_COLUMNS
from integrations.services.replays.candidates import Candidates
from integrations.services.replays.judging import Judged, counted, judge

LOOK = timedelta(seconds=1)  # between two pages that are sent to a destination: its lane sends meanwhile
COUNTED_PAGE = 1000
COLUMNS = {**DELIVERY_COLUMNS, "replay_id": "uuid"}
State = Replay.State


def count(replay: Replay, share: ReplayDestination) -> None:
    """A page of the dry run, in the caller's transaction that holds the replay's row."""
    candidates = _candidates(replay, share)
    page = candidates.next(share.counted_to, COUNTED_PAGE)
    tally = Tally.read(share.expected)
    counted(judge(replay, candidates, page), tally)
    share.expected = tally.as_json()
    share.counted_to = page[-1].id if page else share.counted_to
    share.is_counted = len(page) < COUNTED_PAGE
    _save(share, "expected", "counted_to", "is_counted")
    pass_on(replay)


def send(replay: Replay, share: ReplayDestination) -> None:
    """A page of the replay itself, in the caller's transaction that holds the replay's row."""
    limit, share.page = next_page(share.page, _backlog(share.destination_id, share.page))
    if not limit:
        share.waits_since = share.waits_since or database_now()
        _save(share, "page", "waits_since", rests=LOOK)
        return
    candidates = _candidates(replay, share)
    page = candidates.next(share.reached, limit)
    tally = Tally.read(share.tally)
    _queue(replay, candidates, counted(judge(replay, candidates, page), tally))
    share.tally = tally.as_json()
    share.reached = page[-1].id if page else share.reached
    share.is_finished = len(page) < limit
    share.waits_since = None
    _save(share, "page", "tally", "reached", "is_finished", "waits_since", rests=LOOK)
    pass_on(replay)


def pass_on(replay: Replay) -> None:
    """On to the next state, once no destination has anything left to do in this one."""
    done = "is_counted" if replay.state == State.COUNTING else "is_finished"
    left = replay.shares.filter(**{done: False})
    if left.filter(failures__lt=MOST_FAILURES).exists():
        return
    now = database_now()
    if broken := list(left):
        replay.state, replay.ended_at = State.FAILED, now
        replay.reason = " ".join(_given_up(share) for share in broken)
    elif replay.state == State.RUNNING:
        replay.state, replay.ended_at = State.DONE, now
    elif replay.starts_itself:
        replay.state, replay.started_by, replay.started_at = State.RUNNING, replay.asked_by, now
    else:
        replay.state = State.READY
    replay.save(update_fields=["state", "started_by", "started_at", "ended_at", "reason"])


# --- Parts --------------------------------------------------------------------------------------------
def _save(share: ReplayDestination, *changed: str, rests: timedelta = timedelta(0)) -> None:
    """Write it after a step that did not break. It is due again behind all others, or after its rest."""
    share.due_at = database_now() + rests
    share.failures, share.trouble, share.is_begun = 0, "", False
    share.save(update_fields=[*changed, "due_at", "failures", "trouble", "is_begun"])


def _given_up(share: ReplayDestination) -> str:
    return (
        f"{share.name} was given up after {share.failures} steps in a row that broke. The last one: "
        f"{share.trouble} What was queued is delivered. The worker's log says more; when that is mended, "
        "start the replay again: it goes on where it stopped."
    )


def _candidates(replay: Replay, share: ReplayDestination) -> Candidates:
    destinations = Destination.objects.filter(
        id=share.destination_id, pipeline__organization_id=replay.organization_id
    )
    pipeline_id = destinations.values_list("pipeline_id", flat=True).first()
    return Candidates(replay, share.destination_id, pipeline_id)


def _backlog(destination_id: UUID, most: int) -> int:
    """How many of the lane's deliveries are due and wait, counted up to `most`."""
    query = """
        SELECT count(*) FROM (
            SELECT 1 FROM integrations_delivery WHERE lane_id = %s AND due_at <= clock_timestamp() LIMIT %s
        ) due
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [destination_id, most])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _queue(replay: Replay, candidates: Candidates, sent: Sequence[Judged]) -> None:
    """New deliveries, due now: the delay of a destination is for events that just came."""
    if not sent:
        return
    now = database_now()
    ids = Ids(now)
    rows = [
        (
            ids.next(),
            candidates.destination_id,
            now,
            replay.organization_id,
            candidates.pipeline_id,
            one.event_id,
            one.part,
            replay.id,
        )
        for one in sent
    ]
    copy_rows("integrations_delivery", COLUMNS, rows)
    counts = Counts()
    whose = replay.organization_id, candidates.pipeline_id, candidates.destination_id
    counts.add(
        hour_of(now), *whose, Measure.PLANNED, number=len(rows)
    )  # so that planned = outcomes + waiting
    write_counts(counts)
    transaction.on_commit(ring)
