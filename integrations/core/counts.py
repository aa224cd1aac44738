"""What is counted by hour, pipeline and destination, and the sum that one transaction adds to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from uuid import UUID

Row = tuple[datetime, UUID | None, UUID | None, UUID | None, str, str, int]


class Measure(StrEnum):
    """What a number counts. Received is stored + duplicate + refused.

    Stored, duplicate and refused are events of a pipeline; planned and skipped (by reason) and the four
    outcomes are of one destination, all in the hour in which the event came. Attempts (requests) and retries
    (deliveries that were sent once more after an attempt that was spent: not after a 429) are counted in the
    hour in which they were made.
    """

    STORED = "stored"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    PLANNED = "planned"
    SKIPPED = "skipped"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"
    CANCELLED = "cancelled"
    ATTEMPTS = "attempts"
    RETRIES = "retries"


class Counts:
    """Numbers of one transaction, summed so that it appends few rows.

    Keys are ints in place of UUIDs, whose hash is computed in Python each time.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[datetime, int, int, str, str], int] = {}
        self._organizations: dict[int, UUID | None] = {}

    def add(
        self,
        hour: datetime,
        organization_id: UUID | None,
        pipeline_id: UUID | None,
        destination_id: UUID | None,
        measure: Measure,
        *,
        reason: str = "",
        number: int = 1,
    ) -> None:
        """Without a pipeline: what came under no write key that is known."""
        pipeline = pipeline_id.int if pipeline_id else 0
        self._organizations[pipeline] = organization_id
        key = (hour, pipeline, destination_id.int if destination_id else 0, measure._value_, reason)
        self._numbers[key] = self._numbers.get(key, 0) + number

    def rows(self) -> Iterator[Row]:
        """(hour, organization, pipeline, destination, measure, reason, number) each."""
        for (hour, pipeline, destination, measure, reason), number in self._numbers.items():
            organization_id = self._organizations[pipeline]
            yield hour, organization_id, _uuid(pipeline), _uuid(destination), measure, reason, number


def hour_of(moment: datetime) -> datetime:
    """The full hour that it lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _uuid(number: int) -> UUID | None:
    return UUID(int=number) if number else None
