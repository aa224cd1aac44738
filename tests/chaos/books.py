"""The books after the ordeal: what was accepted, stored, received and logged, and whether they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from delivery.record import UNRECORDED
from tests.system.router import Database


@dataclass(frozen=True, kw_only=True)
class Books:
    """Everything by message id. `in_flight`: what workers had in hand at each disaster.

    `logged` counts attempts, `logged_delivered` those that were answered with success, `told` are events
    with an attempt that says of an earlier request that it was not recorded.
    """

    accepted: Sequence[str]
    stored: Counter[str]
    received: Counter[str]
    outcomes: dict[str, int]
    unfinished: int
    in_flight: Sequence[frozenset[str]]
    logged: Counter[str]
    logged_delivered: Counter[str]
    told: frozenset[str]

    @property
    def lost(self) -> set[str]:
        """Accepted and never received."""
        return set(self.accepted) - set(self.received)

    @property
    def doubled(self) -> Counter[str]:
        """How many times too often each event was received, where it was."""
        return Counter({event: count - 1 for event, count in self.received.items() if count > 1})

    @property
    def unexplained(self) -> set[str]:
        """Received more often than the log's attempts and the disasters that it flew in account for."""
        return {event for event, count in self.received.items() if not self._is_explained(event, count)}

    def faults(self) -> list[str]:
        """What does not balance, a sentence each; none when nothing was lost and all is explained."""
        accepted, flown = set(self.accepted), sum(map(len, self.in_flight))
        found = {
            f"{len(self.lost)} accepted events were lost": self.lost,
            f"{len(set(self.received) - accepted)} events were received that were not accepted": set(
                self.received
            )
            - accepted,
            "Events are stored that were not accepted, or not stored, or stored twice": set(
                (self.stored - Counter(self.accepted)) + (Counter(self.accepted) - self.stored)
            ),
            f"{self.unfinished} deliveries have not ended": self.unfinished,
            f"Not all were delivered: {self.outcomes}": self.outcomes != {"delivered": len(accepted)},
            "The log does not hold exactly one successful attempt of each event": self.logged_delivered
            != Counter(self.accepted),
            f"{self.doubled.total()} requests too many, and {flown} were in flight": self.doubled.total()
            > flown,
            f"{len(self.unexplained)} repeats are not explained by the log": self.unexplained,
        }
        return [sentence for sentence, is_wrong in found.items() if is_wrong]

    def summary(self) -> str:
        """The figures, for people."""
        return (
            f"{len(self.accepted)} events accepted, {len(set(self.received))} received, "
            f"{len(self.lost)} lost; "
            f"{len(self.in_flight)} disasters with {sum(map(len, self.in_flight))} deliveries in hand, "
            f"{self.doubled.total()} requests too many, {len(self.unexplained)} of them unexplained."
        )

    def _is_explained(self, event: str, count: int) -> bool:
        unlogged = count - self.logged[event]
        flew = sum(event in flying for flying in self.in_flight)
        return unlogged <= 0 or (unlogged <= flew and event in self.told)


def read_books(
    database: Database,
    *,
    accepted: Sequence[str],
    received: Sequence[str],
    in_flight: Sequence[frozenset[str]],
) -> Books:
    """The books as they stand in the database, with what sender and receiver say."""
    logged = database.rows(f"SELECT e.message_id, count(*) {ATTEMPTS} GROUP BY 1")
    delivered = database.rows(
        f"SELECT e.message_id, count(*) {ATTEMPTS} WHERE a.verdict = 'delivered' GROUP BY 1"
    )
    told = database.rows(f"SELECT e.message_id {ATTEMPTS} WHERE position(%s IN a.reason) > 0", UNRECORDED)
    outcomes = database.rows("SELECT outcome, count(*) FROM integrations_deliveryresult GROUP BY 1")
    return Books(
        accepted=accepted,
        stored=Counter(row[0] for row in database.rows("SELECT message_id FROM integrations_event")),
        received=Counter(received),
        outcomes=dict(outcomes),  # type: ignore[arg-type]
        unfinished=database.unfinished(),
        in_flight=in_flight,
        logged=Counter(dict(logged)),  # type: ignore[arg-type]
        logged_delivered=Counter(dict(delivered)),  # type: ignore[arg-type]
        told=frozenset(row[0] for row in told),
    )


def in_hand(database: Database) -> frozenset[str]:
    """The events whose deliveries workers have claimed and not recorded, those of dead workers too."""
    query = """
        SELECT e.message_id FROM integrations_delivery q JOIN integrations_event e ON e.id = q.event_id
        WHERE q.claim_id IS NOT NULL
    """
    return frozenset(row[0] for row in database.rows(query))


ATTEMPTS = """
    FROM integrations_attempt a CROSS JOIN unnest(a.delivery_ids) AS d(id)
    JOIN integrations_deliveryresult r ON r.id = d.id JOIN integrations_event e ON e.id = r.event_id
"""
