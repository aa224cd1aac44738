"""The tables that are printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from benchmarks.rounds import Ratio
from benchmarks.stages import Costs
from benchmarks.written import KINDS


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


def slowdowns_table(ratios: Sequence[Ratio], heads: tuple[str, str, str]) -> str:
    """A line a comparison of what should stay low; `heads`: the unit, what it is compared with, and ours."""
    lines = [[*heads, "ratio", "rounds", "target", ""]]
    for ratio in ratios:
        target = "" if ratio.target is None else f"< {ratio.target:g}"
        is_kept = ratio.target is None or ratio.median < ratio.target
        verdict = "" if ratio.target is None else "reached" if is_kept else "NOT REACHED"
        spread = f"{ratio.least:.2f} to {ratio.most:.2f}"
        figures = [f"{ratio.theirs:,.0f}", f"{ratio.ours:,.0f}", f"{ratio.median:.2f}"]
        lines.append([ratio.what, *figures, spread, target, verdict])
    return _aligned(lines)


def costs_table(costs: Sequence[Costs]) -> str:
    """CPU microseconds of each stage, for one event or delivery."""
    lines = [["CPU microseconds", "all", "stages"]]
    for one in costs:
        stages = ", ".join(f"{name} {micros:.0f}" for name, micros in one.stages.items())
        lines.append([one.what, f"{one.total:.0f}", stages])
    return _aligned(lines)


def writes_table(costs: Sequence[Costs]) -> str:
    """Rows and bytes of log that PostgreSQL writes for one event or delivery."""
    lines = [["rows written", "all", *KINDS, "log bytes", "by table: inserted / updated / deleted"]]
    for one in costs:
        totals = [one.written.total(kind) for kind in KINDS]
        tables = ", ".join(
            f"{table.partition('_')[2]} {' / '.join(f'{rows:.2f}' for rows in found)}"
            for table, found in sorted(one.written.rows.items())
        )
        figures = [f"{rows:.2f}" for rows in (sum(totals), *totals)]
        lines.append([one.what, *figures, f"{one.written.log_bytes:,.0f}", tables])
    return _aligned(lines)


def latencies_told(what: str, seconds: Sequence[float], *, p95_s: float) -> str:
    """Percentiles of latencies, and whether 95 in 100 keep the target."""
    cuts = statistics.quantiles(seconds, n=100)
    figures = ", ".join(f"p{n} {cuts[n - 1] * 1000:.1f} ms" for n in (50, 95, 99))
    verdict = "reached" if cuts[94] <= p95_s else "NOT REACHED"
    return (
        f"{len(seconds):,} {what}: {figures}, longest {max(seconds) * 1000:.0f} ms\n"
        f"Target: p95 at most {p95_s * 1000:.0f} ms. {verdict}"
    )


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index == 0 or index == len(line) - 1 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
