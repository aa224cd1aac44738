"""How long the admin's lists, pages and dashboard take, for staff and for a customer's member."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.models import Member, User
from benchmarks.past import Past
from benchmarks.pipelines import Source
from integrations.models import Attempt, DeliveryResult, Event
from s2sadmin.run import HOST

LOADS = 3  # that count; one before them warms the connection up


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Somebody who is signed in, and the pipeline whose rows they look at."""

    client: Client
    source: Source


def staff(source: Source) -> Reader:
    """Sees every organization, and looks at this one's rows when it filters."""
    return _signed_in(User.objects.create_superuser("staff@bench.example", "unused"), source)


def member(source: Source) -> Reader:
    """Sees one organization."""
    user = User.objects.create_user(f"member@{source.pipeline.name}.example", "unused", is_staff=True)
    organization = source.pipeline.organization
    Member.objects.create(organization=organization, user=user, role=Role.ADMIN, can_read_events=True)
    return _signed_in(user, source)


def log_pages(reader: Reader) -> dict[str, str]:
    """The lists and the dashboard, by what they show: their paths."""
    pipeline, destination = reader.source.pipeline.id, reader.source.destination.id
    events, deliveries, attempts = (
        reverse(f"admin:integrations_{name}_changelist") for name in ("event", "deliveryrecord", "attempt")
    )
    return {
        "dashboard": reverse("admin:index"),
        "events": events,
        "events of a pipeline": f"{events}?pipeline={pipeline}",
        "events of the last week": f"{events}?since=7d",
        "events of a rare type": f"{events}?type=alias",
        "events, second page": f"{events}?p=2",
        "deliveries": deliveries,
        "deliveries of a pipeline": f"{deliveries}?pipeline={pipeline}",
        "deliveries of a destination": f"{deliveries}?destination={destination}",
        "deliveries, rejected": f"{deliveries}?outcome=rejected",
        "deliveries of a destination, rejected": f"{deliveries}?destination={destination}&outcome=rejected",
        "deliveries, retrying": f"{deliveries}?outcome=retrying",
        "attempts": attempts,
        "attempts of a destination": f"{attempts}?destination={destination}",
    }


def row_pages(past: Past) -> dict[str, str]:
    """One row from the middle of a past: its pages, and its search."""
    event = Event.objects.get(message_id=past.message_id(past.events // 2))
    result = DeliveryResult.objects.get(event_id=event.id)
    attempt = Attempt.objects.get(id=result.attempt_ids[0])
    return {
        "event page": reverse("admin:integrations_event_change", args=[event.id]),
        "attempt page": reverse("admin:integrations_attempt_change", args=[attempt.id]),
        "search by message id": f"{reverse('admin:integrations_event_changelist')}?q={event.message_id}",
    }


def milliseconds(reader: Reader, path: str) -> float:
    """The median of a few loads, from request to answer."""
    loads = []
    for _ in range(1 + LOADS):
        began = time.perf_counter()
        response = reader.client.get(path)
        loads.append((time.perf_counter() - began) * 1000)
        assert response.status_code == 200, f"{path} answered {response.status_code}"
    return statistics.median(loads[1:])


def pages_of(readers: Mapping[str, Reader], past: Past) -> dict[str, tuple[Reader, str]]:
    """All pages in the current database, by what and for whom they are."""
    first, *_ = readers.values()
    found = {
        f"{name}, {who}": (one, path) for who, one in readers.items() for name, path in log_pages(one).items()
    }
    return found | {name: (first, path) for name, path in row_pages(past).items()}


def _signed_in(user: User, source: Source) -> Reader:
    client = Client(headers={"host": HOST})
    client.force_login(user)
    return Reader(client=client, source=source)
