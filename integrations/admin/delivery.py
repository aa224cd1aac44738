"""Deliveries: unfinished and ended ones in one list, with a person's decisions on held ones."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display

from accounts.admin.acting import may, principal
from accounts.admin.cells import exact, link
from accounts.admin.colours import OUTCOME_COLOURS
from accounts.admin.filters import TimeFilter
from accounts.admin.log_table import LogTableAdmin
from delivery.ids import moment_of
from integrations.admin.cells import lane_of, when
from integrations.admin.filters import DestinationFilter, OutcomeFilter, PipelineFilter, ReplayFilter
from integrations.admin.replay_form import REPLAY
from integrations.models import DeliveryRecord, Destination
from integrations.services.decisions import Decision, decide
from integrations.services.event_teller import reason_now

BACK = "back"  # the form field of the event page that asks to be shown again


@admin.register(DeliveryRecord)
class DeliveryAdmin(LogTableAdmin):
    list_display = [
        "time",
        "destination_name",
        "event",
        "outcome_chip",
        "why",
        "attempts",
        "next_try",
        "made_by",
    ]
    list_filter = [PipelineFilter, DestinationFilter, OutcomeFilter, TimeFilter, ReplayFilter]
    actions = ["replay", "send_again", "mark_as_delivered", "cancel"]

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        ids = {row.destination_id for row in rows}
        known = Destination.objects.select_related("lane", "pipeline").in_bulk(ids)
        for row in rows:
            row.known_destination = known.get(row.destination_id)

    @display
    def time(self, record: DeliveryRecord) -> str:
        return exact(moment_of(record.id))

    @display(description="destination")
    def destination_name(self, record: Any) -> str:
        destination = record.known_destination
        return f"{destination.name} ({destination.pipeline.name})" if destination else "deleted"

    @display
    def event(self, record: DeliveryRecord) -> str:
        words = f"Event, part {record.part + 1}" if record.part else "Event"
        return link("integrations_event_change", record.event_id, words, f"#{record.destination_id}")

    @display(description="outcome", label=OUTCOME_COLOURS)
    def outcome_chip(self, record: DeliveryRecord) -> tuple[str, str]:
        return record.outcome, record.get_outcome_display()

    @display(description="reason", empty_value="-")
    def why(self, record: Any) -> str:
        is_over = record.ended_at is not None or record.known_destination is None
        return record.reason if is_over else reason_now(record.reason, lane_of(record.known_destination))

    @display(description="next try")
    def next_try(self, record: Any) -> str:
        if record.outcome == "held":
            return "when decided"
        if record.ended_at or record.outcome == "sending":
            return "-"
        lane = lane_of(record.known_destination) if record.known_destination else None
        if lane and lane.paused_reason:
            return "when resumed"
        times = [record.due_at, lane.breaker_open_until if lane else None]
        due = max(time for time in times if time)
        return "due now" if due <= timezone.now() else when(due)

    @display(description="made by", empty_value="-")
    def made_by(self, record: DeliveryRecord) -> str | None:
        if record.replay_id is None:
            return None
        return link("integrations_replay_change", record.replay_id, "Replay")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A delivery's page is its event's, where the others stand beside it."""
        return HttpResponseRedirect(_event_page(self.visible_or_404(request, object_id)))

    # --- Replay ---
    def has_replay_permission(self, request: HttpRequest) -> bool:
        return may(request, REPLAY)

    @action(description="Replay", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[DeliveryRecord]) -> HttpResponse | None:
        """The form of a replay, with these selected; nothing is queued by it."""
        rows = [row for row in queryset if may(request, REPLAY, row.organization_id)]
        if len({row.organization_id for row in rows}) != 1:
            messages.error(request, "Select deliveries of one organization in which you may replay.")
            return None
        chosen = urlencode([("delivery", row.id) for row in rows])
        return HttpResponseRedirect(f"{reverse('admin:integrations_replay_add')}?{chosen}")

    # --- Decisions ---
    def has_decide_permission(self, request: HttpRequest) -> bool:
        return may(request, "decide:delivery")

    @action(description="Send again (held ones)", permissions=["decide"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[DeliveryRecord]) -> HttpResponse | None:
        return self._decide(request, queryset, Decision.SEND_AGAIN, "sent again")

    @action(description="Mark as delivered (held ones)", permissions=["decide"])
    def mark_as_delivered(
        self, request: HttpRequest, queryset: QuerySet[DeliveryRecord]
    ) -> HttpResponse | None:
        return self._decide(request, queryset, Decision.MARK_DELIVERED, "marked as delivered")

    @action(description="Cancel (held ones)", permissions=["decide"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[DeliveryRecord]) -> HttpResponse | None:
        return self._decide(request, queryset, Decision.CANCEL, "cancelled")

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[DeliveryRecord],
        decision: Decision,
        done: str,
    ) -> HttpResponse | None:
        """Decide each row whose organization allows it; say how many there were."""
        rows = [row for row in queryset if may(request, "decide:delivery", row.organization_id)]
        decided = sum(decide(principal(request), row.id, decision) for row in rows)
        if decided:
            messages.success(request, f"{decided} held {_deliveries(decided)} {done}.")
        if decided < len(queryset):
            left = len(queryset) - decided
            messages.warning(
                request, f"{left} {_deliveries(left)} left alone: not held, or not yours to decide."
            )
        return HttpResponseRedirect(_event_page(rows[0])) if rows and request.POST.get(BACK) else None


def _deliveries(count: int) -> str:
    return "delivery" if count == 1 else "deliveries"


def _event_page(record: DeliveryRecord) -> str:
    url = reverse("admin:integrations_event_change", args=[record.event_id])
    return f"{url}#{record.destination_id}"
