"""Three installations with the same configuration: without history, with a little, and with much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from benchmarks import databases
from benchmarks.pages import Reader, member, staff
from benchmarks.past import DAY, HOUR, Past, count_past, vacuum, write_keys, write_past
from benchmarks.pipelines import Sources, make_customer, make_sources
from s2sadmin.embedded.processes import say

FEW, LEFT, WAITING = 10_000, 100, 200
CUSTOMERS = 9  # beside the measured pipeline
FEW_COUNTED = 30  # days of counters with little history; with much, all that are kept


@dataclass(frozen=True, kw_only=True)
class Installations:
    """Their databases by name. What is configured has the same ids in all three."""

    none: str
    few: str
    many: str
    sources: Sources
    readers: Mapping[str, Reader]
    pasts: Mapping[str, Past]


def prepare(events: int) -> Installations:
    """Write two pasts. Ten customers share each in turn; one left three weeks ago, with few events."""
    sources, left = make_sources(), make_customer("left")
    customers = [sources.one, *(make_customer(f"customer{n}") for n in range(CUSTOMERS))]
    readers = {"staff": staff(left), "a customer": member(sources.one), "one who left": member(left)}
    names = ("few", "many")
    for name in names:
        databases.copy_current(name)
    none, now = databases.current(), timezone.now()
    since = now - timedelta(days=settings.RETENTION_DAYS - 1)
    pasts = {}
    for name, number, days in zip(
        names, (FEW, events), (FEW_COUNTED, settings.COUNTER_RETENTION_DAYS), strict=True
    ):
        say(f"Writing {number:,} events with their deliveries and attempts ...")
        databases.use(name)
        past = Past(name=name, sources=customers, events=number, since=since, until=now, waiting=WAITING)
        write_past(past)
        write_keys(past)
        count_past(past, days=days)
        write_past(Past(name="left", sources=[left], events=LEFT, since=since + HOUR, until=since + 5 * DAY))
        vacuum()
        pasts[name] = past
    return Installations(
        none=none, few=names[0], many=names[1], sources=sources, readers=readers, pasts=pasts
    )
