"""The first page: what waits and where, the last day's counts, the last events. No cold table is counted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.admin.acting import may, principal
from accounts.core.principal import Principal
from accounts.services import access
from integrations.admin.cells import breaker_of, state_of
from integrations.admin.day_figures import day_figures
from integrations.models import Delivery, Destination, DestinationDraft, Event, Pipeline
from integrations.services.waiting import NOTHING, waiting_by_destination
from integrations.services.wording import relative

LAST_EVENTS = 10
ROWS = 50


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's DASHBOARD_CALLBACK."""
    if not may(request, "read:delivery"):
        return context
    who = principal(request)
    destinations = access.visible(
        Destination.objects.all(), who, "read:delivery", "pipeline__organization_id"
    )
    deliveries = access.visible(Delivery.objects.all(), who, "read:delivery", "organization_id")
    waiting = waiting_by_destination(deliveries)
    is_staged = Exists(DestinationDraft.objects.filter(destination=OuterRef("pk")))
    rows = [
        {
            "destination": destination,
            "state": state_of(destination),
            "breaker": breaker_of(destination),
            "waits": waiting.get(destination.id, NOTHING),
        }
        for destination in destinations.select_related("pipeline", "lane").annotate(is_staged=is_staged)
    ]
    rows.sort(key=lambda row: (-row["waits"].count, row["destination"].name.lower()))
    return {
        **context,
        "title": "Dashboard",
        "cards": _cards(rows),
        **day_figures(_pipelines(who), now=timezone.now()),
        "rows": rows[:ROWS],
        "events": _last_events(who),
    }


def _pipelines(who: Principal) -> list[UUID]:
    visible = access.visible(Pipeline.objects.all(), who, "read:metrics", "organization_id")
    return list(visible.values_list("id", flat=True))


def _cards(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    waits = [row["waits"] for row in rows]
    oldest = min((one.oldest_at for one in waits if one.oldest_at), default=None)
    open_breakers = sum(row["breaker"][0] != "closed" for row in rows)
    paused = sum(row["state"][0] == "paused" for row in rows)
    held = sum(one.held for one in waits)
    staged = sum(row["destination"].is_staged for row in rows)
    destinations = reverse("admin:integrations_destination_changelist")
    deliveries = reverse("admin:integrations_deliveryrecord_changelist")
    return [
        {"title": "Waiting deliveries", "value": sum(one.count for one in waits)},
        {
            "title": "Waiting for a retry",
            "value": sum(one.retrying for one in waits),
            "url": f"{deliveries}?outcome=retrying",
        },
        {
            "title": "Held for a decision",
            "value": held,
            "alarms": held > 0,
            "url": f"{deliveries}?outcome=held",
        },
        {"title": "Oldest waiting", "value": relative(oldest, now=timezone.now()) if oldest else "none"},
        {"title": "Open breakers", "value": open_breakers, "alarms": open_breakers > 0},
        {"title": "Paused destinations", "value": paused, "alarms": paused > 0},
        {"title": "Staged changes", "value": staged, "url": f"{destinations}?draft=waiting"},
    ]


def _last_events(who: Principal) -> list[Any]:
    events: list[Any] = list(
        access.visible(Event.objects.defer("payload"), who, "read:delivery", "organization_id")[:LAST_EVENTS]
    )
    pipelines = Pipeline.objects.in_bulk({event.pipeline_id for event in events})
    for event in events:
        event.pipeline_name = pipelines.get(event.pipeline_id)
    return events
