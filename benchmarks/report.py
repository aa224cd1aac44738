"""The tables that are printed."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.rounds import Ratio
from benchmarks.stages import Costs


def ratios_table(ratios: Sequence[Ratio]) -> str:
    """A line a comparison; figures per second are for information, only ratios mean something."""
    lines = [["what", "ours/s", "theirs/s", "ratio", "rounds", "target", ""]]
    for ratio in ratios:
        target = "" if ratio.target is None else f">= {ratio.target:g}"
        verdict = "" if ratio.target is None else "reached" if ratio.is_reached else "NOT REACHED"
        spread = f"{ratio.least:.2f} to {ratio.most:.2f}"
        figures = [f"{ratio.ours:,.0f}", f"{ratio.theirs:,.0f}", f"{ratio.median:.2f}"]
        lines.append([ratio.what, *figures, spread, target, verdict])
    return _aligned(lines)


def costs_table(costs: Sequence[Costs]) -> str:
    """CPU microseconds of each stage, for one event or delivery."""
    lines = [["CPU microseconds", "all", "stages"]]
    for one in costs:
        stages = ", ".join(f"{name} {micros:.0f}" for name, micros in one.stages.items())
        lines.append([one.what, f"{one.total:.0f}", stages])
    return _aligned(lines)


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index == 0 or index == len(line) - 1 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
