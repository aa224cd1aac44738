"""`python -m benchmarks.messages`: from the publishing of a webhook message to its receipt, at 200 a second.

Each message is published in a transaction of its own, in this process; the product's worker claims, signs and
sends; an endpoint in this process notes when each arrives. Over plain HTTP on this machine: TLS is not in it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.ground import Ground, run_on_ground
from benchmarks.listening import TAKEN, Listening
from s2sadmin.embedded.processes import say

PER_S, SECONDS, WARM_S = 200, 20, 3
TARGET_S = 0.1


class Endpoint(Listening):
    """Answers 204 at once and notes when each message came, by the number in its payload."""

    def answer(self, path: str, body: bytes) -> bytes:
        at = time.monotonic()
        self.arrived.setdefault(json.loads(body)["data"]["count"], at)
        return TAKEN


def latencies(here: Ground, endpoint: Endpoint, publish: Any, organization_id: Any) -> list[float]:
    """Seconds from publishing to receipt of each message, those of the warm-up left out."""
    from django.utils import timezone

    began, published = time.monotonic(), {}
    for number in range(PER_S * (WARM_S + SECONDS)):
        time.sleep(max(0.0, began + number / PER_S - time.monotonic()))
        published[number] = time.monotonic()
        publish(organization_id, "delivery.exhausted", {"count": number}, at=timezone.now())
    here.wait_for(lambda: len(endpoint.arrived) == len(published))
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
    found = latencies(here, endpoint, publish, organization.id)
    here.check()
    return found


def main(here: Ground) -> None:
    """Measure, and print the latencies with their target."""
    from benchmarks.report import latencies_told

    say(latencies_told(f"messages at {PER_S}/s", measure(here), p95_s=TARGET_S))


if __name__ == "__main__":
    sys.exit(run_on_ground("Starting PostgreSQL, Valkey, web and workers ...", main))
