"""Takes replays on, a page a transaction: what is queued and the cursor are written together, or neither."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from delivery.appending import copy_rows
from delivery.doorbell import ring, wake
from delivery.ending import CHUNK, cancel_carried
from delivery.ids import Ids
from delivery.queue import database_now
from integrations.core.counts import Counts, Measure, hour_of
from integrations.core.replay import MOST_FAILURES, Tally, next_page, wait_after
from integrations.models import Destination, Replay, ReplayDestination
from integrations.services.counters import write_counts
from integrations.services.event_rows import DELIVERY_COLUMNS
from integrations.services.lanes import TABLES
from integrations.services.replays.candidates import Candidates
from integrations.services.replays.endings import fold_endings
from integrations.services.replays.judging import Judged, counted, judge

TASK = "integrations.replay"
RUN_S = 1.0  # then the worker's process is given back, and the task rings for another one
LOOK = timedelta(seconds=1)  # between two pages that are sent to a destination: its lane sends meanwhile
COUNTED_PAGE = 1000
LONGEST = "20s"  # of one statement in a step: what takes longer breaks off and rests, and the others go on
COLUMNS = {**DELIVERY_COLUMNS, "replay_id": "uuid"}
State = Replay.State
log = logging.getLogger(__name__)


def run_replays() -> None:
    """Take replays on for a second, or until none has anything to do now.

    One run at a time in the whole installation: replays never have more than one process of the workers.
    """
    is_left = [_keep_at(step), _keep_at(cancel_some)]
    if any(is_left):
        wake(TASK)
    fold()


@transaction.atomic
def fold() -> None:
    """Add up how deliveries ended since the last run, unless another run is at it."""
    if _is_alone():
        fold_endings()


def _keep_at(act: Callable[[], bool]) -> bool:
    """Until nothing is left to do, or the time is over: then True."""
    until = time.monotonic() + RUN_S
    while act():
        if time.monotonic() > until:
            return True
    return False


def step() -> bool:
    """A page of the destination that has waited longest; False when nothing is due or another run is at it.

    A step that breaks costs its own destination a wait, unless the database is away: then it raises.
    """
    share = None
    try:
        with transaction.atomic():
            share = _next() if _is_alone() else None
            if share is None:
                return False
            (count if share.replay.state == State.COUNTING else send)(share.replay, share)
    except Exception as error:
        if share is None:
            raise
        log.exception("A step of replay %s for %s broke", share.replay_id, share)
        _note_failure(share, error)
    return True


@transaction.atomic
def cancel_some() -> bool:
    """Some of what waits of a replay that was cancelled with all that waits; whether there was one."""
    cancelled = Replay.objects.select_for_update(skip_locked=True).filter(cancels_waiting=True)
    replay = cancelled.first()
    if replay is None:
        return False
    ended = cancel_carried(TABLES, "replay_id", [replay.id], reason=replay.reason, most=CHUNK)
    if ended < CHUNK:
        replay.cancels_waiting = False
        replay.save(update_fields=["cancels_waiting"])
    return True


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
    _pass_on(replay)


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
    _pass_on(replay)


# --- Turns --------------------------------------------------------------------------------------------
def _is_alone() -> bool:
    """Whether no other run is in a step; none begins one before this transaction ends.

    So replays of one destination take turns too: what one queues, the next one sees.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{LONGEST}'")
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('replays', 0))")
        row = cursor.fetchone()
    return bool(row and row[0])


def _next() -> ReplayDestination | None:
    """The share that is due for longest, its replay's row locked; what somebody else has is passed by."""
    counting = Q(replay__state=State.COUNTING, is_counted=False)
    running = Q(replay__state=State.RUNNING, is_finished=False)
    due = ReplayDestination.objects.filter(counting | running, due_at__lte=Now(), failures__lt=MOST_FAILURES)
    locked = due.select_related("replay").select_for_update(skip_locked=True, of=("replay",))
    return locked.order_by("due_at", "id").first()


def _save(share: ReplayDestination, *changed: str, rests: timedelta = timedelta(0)) -> None:
    """Write it after a step that did not break. It is due again behind all others, or after its rest."""
    share.due_at = database_now() + rests
    share.failures, share.trouble = 0, ""
    share.save(update_fields=[*changed, "due_at", "failures", "trouble"])


def _pass_on(replay: Replay) -> None:
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


# --- Failures -----------------------------------------------------------------------------------------
@transaction.atomic
def _note_failure(share: ReplayDestination, error: Exception) -> None:
    """Let it rest, or give it up. Raises when the database is away, which is nobody's failure."""
    replay = Replay.objects.select_for_update().get(id=share.replay_id)
    stored = ReplayDestination.objects.get(id=share.id)
    stored.failures += 1
    stored.trouble = _told(error)
    stored.due_at = database_now() + wait_after(stored.failures)
    stored.save(update_fields=["failures", "trouble", "due_at"])
    if replay.state in (State.COUNTING, State.RUNNING):
        _pass_on(replay)


def _told(error: Exception) -> str:
    """What broke, for people. What the error quotes may be somebody's data: the worker's log has it."""
    if isinstance(error, DatabaseError):
        code = getattr(error.__cause__, "sqlstate", None) or "none"
        return f"PostgreSQL broke a step off (SQLSTATE {code})."
    return "A step met something that was not foreseen."


def _given_up(share: ReplayDestination) -> str:
    return (
        f"{share.name} was given up after {share.failures} steps in a row that broke. The last one: "
        f"{share.trouble} What was queued is delivered. The worker's log says more; when that is mended, "
        "start the replay again: it goes on where it stopped."
    )


# --- Parts --------------------------------------------------------------------------------------------
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
