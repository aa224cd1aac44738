"""Takes replays on, a page a transaction: what is queued and the cursor are written together, or neither."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from delivery.appending import copy_rows
from delivery.doorbell import ring, wake
from delivery.ids import Ids
from delivery.queue import database_now
from integrations.core.counts import Counts, Measure, hour_of
from integrations.core.replay import Tally, next_page
from integrations.models import Destination, Replay, ReplayDestination
from integrations.services.counters import write_counts
from integrations.services.event_rows import DELIVERY_COLUMNS
from integrations.services.replays.candidates import Candidates
from integrations.services.replays.judging import Judged, counted, judge

TASK = "integrations.replay"
RUN_S = 5.0  # then the worker's process is given back, and the task rings for another one
LOOK_S = 1.0  # between two pages of one run for a destination: its lane sends meanwhile
COUNTED_PAGE = 1000
MOST_FAILURES = 5  # steps in a row that break, then the replay stops
BROKEN = (
    "Stopped after five steps that broke. What was queued is delivered. The worker's log says what broke; "
    "start another replay when that is mended."
)
COLUMNS = {**DELIVERY_COLUMNS, "replay_id": "uuid"}
State = Replay.State
ACTIVE = (State.COUNTING, State.RUNNING)
log = logging.getLogger(__name__)


def run_replays() -> None:
    """Take every replay on for some seconds, or until none has anything to do now.

    Counting goes on without a break. What is sent is looked at once a second, or a page that was just
    queued would pass for one that its lane can't keep up with.
    """
    until = time.monotonic() + RUN_S
    rests_until: dict[UUID, float] = {}
    while (at := time.monotonic()) < until:
        due = [(id, state) for id, state in _active() if at >= rests_until.get(id, at)]
        rests_until.update((id, at + LOOK_S) for id, state in due if state == State.RUNNING)
        moved = [take_on(id) for id, _ in due]
        if not any(moved):
            return
    wake(TASK)


def take_on(replay_id: UUID) -> bool:
    """A page of each of its destinations; whether anything moved."""
    shares = ReplayDestination.objects.filter(replay_id=replay_id).order_by("name", "id")
    try:
        moved = [_page(replay_id, share_id) for share_id in shares.values_list("id", flat=True)]
    except (InterfaceError, OperationalError):
        raise  # the database is away: the next sweep goes on
    except Exception:
        log.exception("A step of replay %s broke", replay_id)
        _note_failure(replay_id)
        return False
    return any(moved)


def _active() -> Sequence[tuple[UUID, str]]:
    active = Replay.objects.filter(state__in=ACTIVE).order_by("asked_at")
    return list(active.values_list("id", "state"))


@transaction.atomic
def _page(replay_id: UUID, share_id: int) -> bool:
    """One page of one destination, unless another worker is at this replay; whether anything moved."""
    rows = Replay.objects.select_for_update(skip_locked=True).filter(id=replay_id, state__in=ACTIVE)
    replay = rows.first()
    if replay is None:
        return False
    share = ReplayDestination.objects.get(id=share_id)
    moved = (count if replay.state == State.COUNTING else send)(replay, share)
    if moved and replay.failures:
        Replay.objects.filter(id=replay.id).update(failures=0)
    return moved


def count(replay: Replay, share: ReplayDestination) -> bool:
    """A page of the dry run, in the caller's transaction that holds the replay's row."""
    if share.is_counted:
        return False
    candidates = _candidates(replay, share)
    page = candidates.next(share.counted_to, COUNTED_PAGE)
    tally = Tally.read(share.expected)
    counted(judge(replay, candidates, page), tally)
    share.expected = tally.as_json()
    share.counted_to = page[-1].id if page else share.counted_to
    share.is_counted = len(page) < COUNTED_PAGE
    share.save(update_fields=["expected", "counted_to", "is_counted"])
    if share.is_counted and not replay.shares.filter(is_counted=False).exists():
        replay.state = State.READY
        if replay.starts_itself:
            replay.state, replay.started_by, replay.started_at = (
                State.RUNNING,
                replay.asked_by,
                database_now(),
            )
        replay.save(update_fields=["state", "started_by", "started_at"])
    return True


def send(replay: Replay, share: ReplayDestination) -> bool:
    """A page of the replay itself, in the caller's transaction that holds the replay's row."""
    if share.is_finished:
        return False
    _alone_at(share.destination_id)
    limit, share.page = next_page(share.page, _backlog(share.destination_id, share.page))
    if not limit:
        share.save(update_fields=["page"])
        return False
    candidates = _candidates(replay, share)
    page = candidates.next(share.reached, limit)
    tally = Tally.read(share.tally)
    _queue(replay, candidates, counted(judge(replay, candidates, page), tally))
    share.tally = tally.as_json()
    share.reached = page[-1].id if page else share.reached
    share.is_finished = len(page) < limit
    share.save(update_fields=["page", "tally", "reached", "is_finished"])
    if share.is_finished and not replay.shares.filter(is_finished=False).exists():
        replay.state, replay.ended_at = State.DONE, timezone.now()
        replay.save(update_fields=["state", "ended_at"])
    return True


def _candidates(replay: Replay, share: ReplayDestination) -> Candidates:
    destinations = Destination.objects.filter(
        id=share.destination_id, pipeline__organization_id=replay.organization_id
    )
    pipeline_id = destinations.values_list("pipeline_id", flat=True).first()
    return Candidates(replay, share.destination_id, pipeline_id)


def _alone_at(destination_id: UUID) -> None:
    """Replays of one destination take turns: what one queues, the next one sees."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"replay {destination_id}"])


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


@transaction.atomic
def _note_failure(replay_id: UUID) -> None:
    broken = Replay.objects.filter(id=replay_id, state__in=ACTIVE)
    broken.update(failures=F("failures") + 1)
    broken.filter(failures__gte=MOST_FAILURES).update(
        state=State.FAILED, reason=BROKEN, ended_at=timezone.now()
    )
