"""Which claimed deliveries may go on together after workers have died with some of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

POISON_FLIGHTS = 5  # claims of one delivery that no worker survived
CLAIM_MOST = 500  # deliveries of one claim


class Claimed(Protocol):
    """A claimed delivery; `flights` counts claims that no worker survived, this one among them."""

    @property
    def flights(self) -> int: ...


One = TypeVar("One", bound=Claimed)


def apart(claimed: Sequence[One]) -> tuple[Sequence[One], Sequence[One]]:
    """Those that go on now, and those that are given back.

    Each death that one of them has seen leaves a quarter of the company: 500, 125, 31, 7, and the last
    time it is alone. So what kills workers is found, and what was merely claimed with it is not set aside.
    """
    worst = max((one.flights for one in claimed), default=1)
    most = max(CLAIM_MOST // 4 ** (worst - 1), 1)
    if len(claimed) <= most:
        return claimed, ()
    suspects_first = sorted(claimed, key=lambda one: -one.flights)
    return suspects_first[:most], suspects_first[most:]


def must_be_alone(claimed: Sequence[One]) -> bool:
    """Whether the next death would set one of these aside: then nothing else may be with it."""
    return any(one.flights >= POISON_FLIGHTS for one in claimed)
