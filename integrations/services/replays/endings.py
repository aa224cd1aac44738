"""How the deliveries of replays ended: appended in the transaction that ends them, folded into the replays.

So a replay's page counts nothing, and its numbers stay when the results are past their retention.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from delivery.appending import copy_rows
from delivery.lanes import EndedApart, Ending

DELTAS = "integrations_replaydelta"
COLUMNS = {"replay_id": "uuid", "destination_id": "uuid", "outcome": "text", "count": "int8"}
FOLD_MOST = 20_000  # deltas of one transaction
REPLAY_ID = 4  # its place among the carried columns of a delivery
KINDS = {
    "delivered": "outcome = 'delivered'",
    "failed": "outcome IN ('rejected', 'exhausted')",
    "cancelled": "outcome = 'cancelled'",
}


@dataclass(frozen=True, slots=True)
class Ends:
    """How many deliveries of one destination's share ended so."""

    delivered: int
    failed: int
    cancelled: int


def note_recorded(endings: Sequence[Ending]) -> None:
    """Those that a worker's recording transaction ended; appended in it."""
    replayed = [one for one in endings if one.row.carried[REPLAY_ID] is not None]
    _append(Counter((one.row.carried[REPLAY_ID], one.row.lane_id, one.outcome.value) for one in replayed))


def note_ended_apart(ended: Sequence[EndedApart]) -> None:
    """Those that ended without a worker."""
    found: Counter[tuple[UUID | None, UUID, str]] = Counter()
    for one in ended:
        found[one.counted[-1], one.lane_id, one.outcome.value] += one.count
    _append(found)


def fold_endings() -> None:
    """Add up what was appended. The caller sees to it that one does this at a time."""
    sums = ", ".join(
        f"coalesce(sum(count) FILTER (WHERE {condition}), 0) AS {kind}" for kind, condition in KINDS.items()
    )
    query = f"""
        WITH gone AS (
            DELETE FROM {DELTAS} WHERE ctid = any(array(SELECT ctid FROM {DELTAS} LIMIT %s)) RETURNING *
        ), sums AS (SELECT replay_id, destination_id, {sums} FROM gone GROUP BY replay_id, destination_id)
        UPDATE integrations_replaydestination s
        SET {", ".join(f"{kind} = s.{kind} + sums.{kind}" for kind in KINDS)}
        FROM sums WHERE s.replay_id = sums.replay_id AND s.destination_id = sums.destination_id
    """  # noqa: S608 (names are made here)
    with connection.cursor() as cursor:
        cursor.execute(query, [FOLD_MOST])


def ends_of(replay_id: UUID) -> Mapping[UUID, Ends]:
    """By destination, what is folded and what is not yet, as one look."""
    sums = ", ".join(
        f"s.{kind} + coalesce(sum(d.count) FILTER (WHERE {condition}), 0)"
        for kind, condition in KINDS.items()
    )
    query = f"""
        SELECT s.destination_id, {sums} FROM integrations_replaydestination s
        LEFT JOIN {DELTAS} d ON d.replay_id = s.replay_id AND d.destination_id = s.destination_id
        WHERE s.replay_id = %s GROUP BY s.id
    """  # noqa: S608 (names are made here)
    with connection.cursor() as cursor:
        cursor.execute(query, [replay_id])
        return {row[0]: Ends(*map(int, row[1:])) for row in cursor.fetchall()}


def _append(found: Mapping[tuple[UUID | None, UUID, str], int]) -> None:
    rows = [(*key, count) for key, count in found.items() if key[0] is not None]
    if rows:
        copy_rows(DELTAS, COLUMNS, rows)
