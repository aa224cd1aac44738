"""How many requests a lane may have in flight, so that slow lanes leave room for the others."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

MOST_IN_FLIGHT = 512  # requests of one process at once, over all lanes


class Standing(IntEnum):
    """What is known of how long a lane's requests take."""

    SLOW = 0  # the last one took long, or one is taking long
    UNPROVEN = 1  # nothing yet
    QUICK = 2  # the last one was answered soon


# A standing's room holds the lanes of that standing and of all below: the quick ones always find some, and
# a new one is not kept waiting by those that are known to be slow.
ROOM = {
    Standing.SLOW: MOST_IN_FLIGHT * 3 // 8,
    Standing.UNPROVEN: MOST_IN_FLIGHT // 2,
    Standing.QUICK: MOST_IN_FLIGHT,
}


def share(standing: Standing, lanes: int) -> int:
    """How many requests each of so many lanes of one standing may have in flight, its own cap aside."""
    return MOST_IN_FLIGHT if standing is Standing.QUICK else max(ROOM[standing] // max(lanes, 1), 1)


def room(standing: Standing, in_flight: Mapping[Standing, int]) -> int:
    """How many more requests lanes of a standing may send together, with so many in flight by standing."""
    return max(ROOM[standing] - sum(n for other, n in in_flight.items() if other <= standing), 0)
