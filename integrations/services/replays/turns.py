"""Takes replays on: whose turn it is, one run at a time, and what becomes of a step that breaks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from delivery.doorbell import wake
from delivery.ending import CHUNK, cancel_carried
from delivery.queue import database_now
from integrations.core.replay import MOST_FAILURES, wait_after
from integrations.models import Replay, ReplayDestination
from integrations.services.lanes import TABLES
from integrations.services.replays.endings import fold_endings
from integrations.services.replays.steps import count, pass_on, send

TASK = "integrations.replay"
RUN_S = 1.0  # then the worker's process is given back, and the task rings for another one
LONGEST = "20s"  # of one statement in a step: what takes longer breaks off and rests, and the others go on
State = Replay.State
log = logging.getLogger(__name__)


def run_replays() -> None:
    """Take replays on for a second, or until none has anything to do now.

    One run at a time in the whole installation: replays never have more than one process of the workers.
    """
    is_left = [_keep_at(take_turn), _keep_at(cancel_some)]
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


def take_turn() -> bool:
    """A page of the destination that has waited longest; False when nothing is due or another run is at it.

    A step that breaks costs its own destination a wait, unless the database is away: then it raises.
    """
    share = _begin()
    if share is None:
        return False
    try:
        if share.is_begun:
            raise WorkerStopped
        _page(share)
    except Exception as error:
        log.exception("A step of replay %s for %s broke", share.replay_id, share)
        _note_failure(share, error)
    return True


class WorkerStopped(Exception):
    """A worker stopped in the middle of a step."""


@transaction.atomic
def _begin() -> ReplayDestination | None:
    """The share that is next, noted as begun: found begun again, its worker was killed, maybe by the step."""
    share = _next() if _is_alone() else None
    if share is not None and not share.is_begun:
        again_at = database_now() + wait_after(1)
        ReplayDestination.objects.filter(id=share.id).update(is_begun=True, due_at=again_at)
    return share


@transaction.atomic
def _page(share: ReplayDestination) -> None:
    """The step itself, unless the replay was cancelled meanwhile, or this worker was taken for dead."""
    _is_alone(waits=True)
    replay = Replay.objects.select_for_update().get(id=share.replay_id)
    share = ReplayDestination.objects.get(id=share.id)
    if share.is_begun and replay.state == State.COUNTING:
        count(replay, share)
    elif share.is_begun and replay.state == State.RUNNING:
        send(replay, share)


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


# --- Turns --------------------------------------------------------------------------------------------
def _is_alone(*, waits: bool = False) -> bool:
    """Whether no other run is in a step, or once none is; none begins one before this transaction ends.

    So replays of one destination take turns too: what one queues, the next one sees.
    """
    lock = "pg_advisory_xact_lock" if waits else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{LONGEST}'")
        cursor.execute(f"SELECT {lock}(hashtextextended('replays', 0))")
        row = cursor.fetchone()
    return waits or bool(row and row[0])


def _next() -> ReplayDestination | None:
    """The share that is due for longest, its replay's row locked; what somebody else has is passed by."""
    counting = Q(replay__state=State.COUNTING, is_counted=False)
    running = Q(replay__state=State.RUNNING, is_finished=False)
    due = ReplayDestination.objects.filter(counting | running, due_at__lte=Now(), failures__lt=MOST_FAILURES)
    locked = due.select_related("replay").select_for_update(skip_locked=True, of=("replay",))
    return locked.order_by("due_at", "id").first()


# --- Failures -----------------------------------------------------------------------------------------
@transaction.atomic
def _note_failure(share: ReplayDestination, error: Exception) -> None:
    """Let it rest, or give it up. Raises when the database is away, which is nobody's failure."""
    replay = Replay.objects.select_for_update().get(id=share.replay_id)
    stored = ReplayDestination.objects.get(id=share.id)
    stored.failures, stored.is_begun = stored.failures + 1, False
    stored.trouble = _told(error)
    stored.due_at = database_now() + wait_after(stored.failures)
    stored.save(update_fields=["failures", "trouble", "due_at", "is_begun"])
    if replay.state in (State.COUNTING, State.RUNNING):
        pass_on(replay)


def _told(error: Exception) -> str:
    """What broke, for people. What the error quotes may be somebody's data: the worker's log has it."""
    if isinstance(error, WorkerStopped):
        return str(WorkerStopped.__doc__)
    if isinstance(error, DatabaseError):
        code = getattr(error.__cause__, "sqlstate", None) or "none"
        return f"PostgreSQL broke a step off (SQLSTATE {code})."
    return "A step met something that was not foreseen."
