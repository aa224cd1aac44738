"""`python -m benchmarks.messages`: from the publishing of a webhook message to its receipt, at 200 a second.

Each message is published in a transaction of its own, in this process; the product's worker claims, signs and
sends; an endpoint in this process notes when each arrives. Over plain HTTP on this machine: TLS is not in it.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.ground import Ground, run_on_ground
from benchmarks.listening import TAKEN, Listening
from s2sadmin.embedded.processes import CannotRun, say

PER_S, SECONDS, WARM_S = 200, 20, 3
TARGET_S = 0.1
PATIENCE_S = 60.0


class Endpoint(Listening):
    """Answers 204 at once and notes when each message came, by the number in its payload."""

    def answer(self, path: str, body: bytes) -> bytes:
        at = time.monotonic()
        self.arrived.setdefault(json.loads(body)["data"]["count"], at)
        return TAKEN


def latencies(endpoint: Endpoint, publish: Any, organization_id: Any) -> list[float]:
    """Seconds from publishing to receipt of each message, those of the warm-up left out."""
    from django.utils import timezone

    began, published = time.monotonic(), {}
    for number in range(PER_S * (WARM_S + SECONDS)):
        time.sleep(max(0.0, began + number / PER_S - time.monotonic()))
        published[number] = time.monotonic()
        publish(organization_id, "delivery.exhausted", {"count": number}, at=timezone.now())
    until = time.monotonic() + PATIENCE_S
    while len(endpoint.arrived) < len(published) and time.monotonic() < until:
        time.sleep(0.05)
    if len(endpoint.arrived) < len(published):
        raise CannotRun(f"{len(published) - len(endpoint.arrived)} messages did not arrive.")
    return [endpoint.arrived[n] - at for n, at in published.items() if n >= PER_S * WARM_S]


def measure(here: Ground) -> Sequence[float]:
    """With one endpoint of one organization."""
    from django.utils import timezone

    from accounts.models import Organization
    from webhooks.models import Subscription, SubscriptionLane
    from webhooks.services.messages import publish
    from webhooks.services.secrets import new_secret

    endpoint = Endpoint()
    endpoint.start()
    organization = Organization.objects.create(name="Bench", slug="bench")
    subscription = Subscription.objects.create(
        organization=organization,
        url=endpoint.url(""),
        event_types=["delivery.exhausted"],
        secrets={"current": new_secret(), "previous": []},
        secret_made_at=timezone.now(),
    )
    SubscriptionLane.objects.create(subscription=subscription)
    here.start_workers()
    time.sleep(5)  # until both are up
    found = latencies(endpoint, publish, organization.id)
    here.check()
    return found


def main(here: Ground) -> None:
    """Measure, and print the latencies with their target."""
    found = measure(here)
    cuts = statistics.quantiles(found, n=100)
    verdict = "reached" if cuts[94] <= TARGET_S else "NOT REACHED"
    figures = ", ".join(f"p{n} {cuts[n - 1] * 1000:.1f} ms" for n in (50, 95, 99))
    say(f"{len(found)} messages at {PER_S}/s: {figures}, longest {max(found) * 1000:.0f} ms")
    say(f"Target: p95 at most {TARGET_S * 1000:.0f} ms. {verdict}")


if __name__ == "__main__":
    sys.exit(run_on_ground("Starting PostgreSQL, Valkey, web and workers ...", main))
