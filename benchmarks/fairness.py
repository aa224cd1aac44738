"""`python -m benchmarks.fairness`: 20 healthy receivers alone, and beside one that hangs, a 500 and a 429.

The same engine drives destinations and webhooks; here it is webhooks, as they may go to any port of this
machine. Both phases take turns, and a ratio compares those of one round. About three minutes.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from benchmarks.ground import Ground, run_on_ground
from benchmarks.listening import TAKEN, Listening
from s2sadmin.embedded.processes import say

HEALTHY, BAD = 20, ("hang", "500", "429")
PER_S, PHASE_S, ROUNDS = 4, 12.0, 3  # messages to each receiver; a phase outlasts the deadline of 10 s
TARGET = 2.0
EVENT = "delivery.exhausted"


class Receivers(Listening):
    """All receivers, by the path of their URL; notes when each message of a healthy one came."""

    def answer(self, path: str, body: bytes) -> bytes | None:
        if path == "hang":
            return None
        if path == "healthy":
            self.arrived.setdefault(json.loads(body)["data"]["count"], time.monotonic())
            return TAKEN
        return f"HTTP/1.1 {path} No\r\nContent-Length: 0\r\n\r\n".encode()


class Phases:
    """Publishes to healthy receivers, with or without the bad ones beside them."""

    def __init__(self, here: Ground, receivers: Receivers) -> None:
        self.here = here
        self.receivers = receivers
        self.healthy = [_endpoint(f"healthy-{n}", receivers.url("healthy")) for n in range(HEALTHY)]
        self.bad = [_endpoint(name, receivers.url(name)) for name in BAD]
        self._numbers = 0

    def p95(self, *, beside_bad: bool) -> float:
        """Seconds from publishing to receipt that 95 in 100 messages to healthy receivers keep."""
        from django.utils import timezone

        from webhooks.services.messages import publish

        self._forget_the_bad()
        self.receivers.arrived.clear()
        published: dict[int, float] = {}
        began = time.monotonic()
        for tick in range(int(PER_S * PHASE_S)):
            time.sleep(max(0.0, began + tick / PER_S - time.monotonic()))
            for organization in self.bad if beside_bad else ():
                publish(organization, EVENT, {"count": -1}, at=timezone.now())
            for organization in self.healthy:
                self._numbers += 1
                published[self._numbers] = time.monotonic()
                publish(organization, EVENT, {"count": self._numbers}, at=timezone.now())
        self.here.wait_for(lambda: len(self.receivers.arrived) == len(published))
        arrived = self.receivers.arrived
        return statistics.quantiles([arrived[n] - at for n, at in published.items()], n=20)[-1]

    def _forget_the_bad(self) -> None:
        """Their waiting messages and what their lanes have learned, so that every phase begins alike."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM webhooks_messagedelivery")
            cursor.execute(
                "UPDATE webhooks_subscriptionlane SET breaker_state = 'closed', breaker_failures = 0,"
                " breaker_open_until = NULL, throttled_until = NULL, holder = NULL, held_until = NULL"
            )


def _endpoint(name: str, url: str) -> UUID:
    """A new organization with one webhook; its id."""
    from django.utils import timezone

    from accounts.models import Organization
    from webhooks.models import Subscription, SubscriptionLane
    from webhooks.services.secrets import new_secret

    organization = Organization.objects.create(name=name, slug=f"fair-{name}")
    subscription: Any = Subscription.objects.create(
        organization=organization,
        url=url,
        event_types=[EVENT],
        secrets={"current": new_secret(), "previous": []},
        secret_made_at=timezone.now(),
    )
    SubscriptionLane.objects.create(subscription=subscription)
    return organization.id


def measure(here: Ground) -> Sequence[tuple[float, float]]:
    """The p95 alone and beside the bad ones, a pair a round; the first round warms up and does not count."""
    receivers = Receivers()
    receivers.start()
    phases = Phases(here, receivers)
    here.start_workers()
    time.sleep(5)  # until both are up
    pairs = []
    for number in range(ROUNDS + 1):  # each phase comes first in every other round
        order = (False, True) if number % 2 else (True, False)
        found = {beside: phases.p95(beside_bad=beside) for beside in order}
        pairs.append((found[False], found[True]))
    here.check()
    return pairs[1:]


def main(here: Ground) -> None:
    """Measure, and print the ratio with its target."""
    pairs = measure(here)
    for alone, beside in pairs:
        figures = f"alone {alone * 1000:.0f} ms, beside bad ones {beside * 1000:.0f} ms"
        say(f"p95 of {HEALTHY} healthy receivers: {figures}")
    ratios = [beside / alone for alone, beside in pairs]
    verdict = "reached" if statistics.median(ratios) < TARGET else "NOT REACHED"
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    say(f"Ratio {statistics.median(ratios):.2f} ({spread}), target under {TARGET:g}. {verdict}")


if __name__ == "__main__":
    sys.exit(run_on_ground("Starting PostgreSQL, Valkey, web and workers ...", main))
