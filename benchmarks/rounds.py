"""Runs candidates in turn, several rounds of them all: neighbours on the machine then disturb all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How many times faster `ours` is than `theirs`: the median over the rounds, and its ends."""

    what: str
    ours: float
    theirs: float
    median: float
    least: float
    most: float
    target: float | None

    @property
    def is_reached(self) -> bool:
        """Whether the target is met; True where there is none."""
        return self.target is None or self.median >= self.target


@dataclass(frozen=True)
class Rates:
    """Each candidate's figures per second, one a round."""

    of: Mapping[str, Sequence[float]]

    def ratio(self, ours: str, theirs: str, *, target: float | None = None, what: str = "") -> Ratio:
        """Compared round by round, as only the same minute's figures compare."""
        ratios = [mine / other for mine, other in zip(self.of[ours], self.of[theirs], strict=True)]
        return Ratio(
            what=what or f"{ours} / {theirs}",
            ours=median(self.of[ours]),
            theirs=median(self.of[theirs]),
            median=median(ratios),
            least=min(ratios),
            most=max(ratios),
            target=target,
        )


def run_rounds(candidates: Mapping[str, Callable[[], float]], *, rounds: int = ROUNDS) -> Rates:
    """Each candidate gives a rate; the first round is a warm-up and does not count."""
    rates: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds + 1):
        for name, candidate in candidates.items():
            rates[name].append(candidate())
    return Rates({name: found[1:] for name, found in rates.items()})
