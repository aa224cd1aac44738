"""Runs the loop in this process: its lane owners, its one HTTP edge, its doorbell."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from delivery import ending, queue
from delivery.core.addresses import AddressPolicy
from delivery.core.fairness import MOST_IN_FLIGHT
from delivery.doorbell import answer, ring, wake
from delivery.http import HttpEdge
from delivery.lanes import LaneOwner
from delivery.worker import Drain

ENDING_S = 1.0
_broken: list[Drain] = []  # runs of this process that could not let go of their lanes


def deliver_due() -> int:
    """One run of the loop; rings for another when rows were left. Returns how many were recorded."""
    answer()
    may_send = _may_send()
    if not may_send():
        return 0
    _let_go_of_broken()
    drain = Drain(
        _owners(),
        _edge(os.getpid()),
        lease=timedelta(seconds=settings.DELIVERY_LEASE_S),
        may_send=may_send,
        call_help=ring,
    )
    _broken.append(drain)
    settled = drain.run()
    _broken.pop()
    if drain.has_more:
        ring()
    return settled


def end_what_waits() -> None:
    """Go on for a second with what people let end, and ring for another run when there may be more."""
    until = time.monotonic() + ENDING_S
    with queue.by_index():
        for owner in _owners():
            while ending.go_on(owner.tables):
                if time.monotonic() > until:
                    wake(ending.TASK)
                    return


def _let_go_of_broken() -> None:
    """PostgreSQL went away under them: without this their lanes would wait until the hold ends."""
    while _broken:
        _broken[-1].lanes.release(queue.database_now())
        _broken.pop()


@cache
def _may_send() -> Callable[[], bool]:
    """What says whether operators have stopped all sending; asked often, so it must cost nothing."""
    asked: Callable[[], bool] = import_string(settings.SENDING_SWITCH)
    return asked


@cache
def _owners() -> tuple[LaneOwner, ...]:
    return tuple(import_string(path)() for path in settings.LANE_OWNERS)


@cache
def _edge(pid: int) -> HttpEdge:
    """The process's own edge: keyed by pid, since a CurlMulti must not cross a fork."""
    networks = tuple(settings.DELIVERY_ALLOWED_NETWORKS)
    return HttpEdge(policy=AddressPolicy(allowed_networks=networks), max_connections=2 * MOST_IN_FLIGHT)
