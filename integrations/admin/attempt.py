"""Attempts: every HTTP request to a vendor, with secrets masked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import display

from accounts.admin.acting import may
from accounts.admin.cells import exact
from accounts.admin.colours import VERDICT_COLOURS
from accounts.admin.filters import TimeFilter
from accounts.admin.log_table import LogTableAdmin
from integrations.admin.filters import LaneFilter
from integrations.models import Attempt, DeliveryRecord, Destination
from integrations.services.attempt_stories import attempt_story

SHOWN = 20  # deliveries of a batch


@admin.register(Attempt)
class AttemptAdmin(LogTableAdmin):
    organization_path = "scope_id"
    list_display = [
        "time",
        "destination",
        "operation",
        "sent",
        "answer",
        "verdict_chip",
        "why",
        "duration",
    ]
    list_filter = [LaneFilter, TimeFilter]

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        known = Destination.objects.in_bulk({row.lane_id for row in rows})
        for row in rows:
            row.known_destination = known.get(row.lane_id)

    @display
    def time(self, attempt: Attempt) -> str:
        return exact(attempt.started_at)

    @display(empty_value="deleted")
    def destination(self, attempt: Any) -> Destination | None:
        return attempt.known_destination

    @display(description="request")
    def sent(self, attempt: Attempt) -> str:
        return f"{attempt.method} {urlsplit(attempt.url).hostname}"

    @display(empty_value="none")
    def answer(self, attempt: Attempt) -> int | None:
        return attempt.status

    @display(description="verdict", label=VERDICT_COLOURS)
    def verdict_chip(self, attempt: Attempt) -> tuple[str, str]:
        return attempt.verdict, attempt.verdict.capitalize()

    @display(description="reason", empty_value="-")
    def why(self, attempt: Attempt) -> str:
        return attempt.reason

    @display
    def duration(self, attempt: Attempt) -> str:
        return f"{attempt.total_ms:.0f} ms"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        attempt = self.visible_or_404(request, object_id)
        ids = attempt.delivery_ids[:SHOWN]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(self.sent(attempt)),
            "attempt": attempt_story(
                attempt, 0, shows_personal_data=may(request, "read:events", attempt.scope_id)
            ),
            "destination": Destination.objects.filter(id=attempt.lane_id).first(),
            "deliveries": DeliveryRecord.objects.filter(id__in=ids, organization_id=attempt.scope_id),
            "more": len(attempt.delivery_ids) - len(ids),
        }
        return TemplateResponse(request, "admin/integrations/attempt/page.html", context)
