"""Events: the list of what came in, and the page that tells what became of one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from accounts.admin.acting import may
from accounts.admin.cells import exact
from accounts.admin.filters import TimeFilter
from accounts.admin.log_table import LogTableAdmin
from delivery.partitions import first_id
from integrations.admin.filters import PipelineFilter, TypeFilter
from integrations.admin.replay_form import REPLAY
from integrations.models import Event, Pipeline
from integrations.services.event_page import event_page
from integrations.services.wording import masked_id

REPLAYABLE = ("delivered", "rejected", "exhausted", "cancelled")
SEARCHED = timedelta(hours=24)


@admin.register(Event)
class EventAdmin(LogTableAdmin):
    list_display = ["time", "kind", "name", "pipeline", "person", "message_id", "planned_count", "skipped"]
    list_filter = [PipelineFilter, TypeFilter, TimeFilter]
    search_fields = ["message_id"]
    search_help_text = "Exact message id or event id; user id or anonymous id of the last 24 hours"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).defer("payload")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Ids are found by their index, in any age; people only among a day's events."""
        term = search_term.strip()
        if not term:
            return queryset, False
        by_id = queryset.filter(_id_matches(term))
        if by_id.order_by().exists():
            return by_id, False
        recent = queryset.filter(id__gte=first_id(timezone.now() - SEARCHED))
        return recent.filter(Q(user_id=term) | Q(anonymous_id=term)), False

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        names = Pipeline.objects.in_bulk({row.pipeline_id for row in rows})
        for row in rows:
            row.pipeline_name = names.get(row.pipeline_id)
            row.is_open = may(request, "read:events", row.organization_id)

    @display
    def time(self, event: Event) -> str:
        return exact(event.received_at)

    @display(description="type", label=True)
    def kind(self, event: Event) -> str:
        return event.type

    @display(empty_value="deleted")
    def pipeline(self, event: Any) -> Pipeline | None:
        return event.pipeline_name

    @display(description="user or anonymous id", empty_value="-")
    def person(self, event: Any) -> str:
        text = event.user_id or event.anonymous_id
        return text if event.is_open else masked_id(text)

    @display(description="planned")
    def planned_count(self, event: Event) -> int:
        return event.planned

    @display(empty_value="-")
    def skipped(self, event: Event) -> str | None:
        if not event.skips:
            return None
        reasons = sorted({skip["reason"].replace("_", " ") for skip in event.skips})
        sentences = "\n".join(skip["sentence"] for skip in event.skips)
        return format_html('<span title="{}">{}: {}</span>', sentences, len(event.skips), ", ".join(reasons))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        event = self.visible_or_404(request, object_id)
        is_open = may(request, "read:events", event.organization_id)
        page = event_page(event, now=timezone.now(), shows_personal_data=is_open)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": event,
            "title": str(event),
            "page": page,
            "may_decide": may(request, "decide:delivery", event.organization_id),
            "may_replay": may(request, REPLAY, event.organization_id),
            "replayable": REPLAYABLE,
            "may_see_destinations": may(request, "read:destination", event.organization_id),
        }
        return TemplateResponse(request, "admin/integrations/event/page.html", context)


def _id_matches(term: str) -> Q:
    try:
        return Q(message_id=term) | Q(id=UUID(term))
    except ValueError:
        return Q(message_id=term)
