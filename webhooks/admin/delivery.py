"""The Delivery History: every delivery of a message, its payload, and every attempt with its answer."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display

from accounts.admin.acting import may, principal
from accounts.admin.cells import dialog_button, exact
from accounts.admin.colours import OUTCOME_COLOURS
from accounts.admin.dialogs import finish, question
from accounts.admin.filters import ClosedFilter, OrganizationFilter, TimeFilter, VisibleFilter
from accounts.admin.log_table import LogTableAdmin
from delivery.ids import moment_of
from delivery.story import story_of
from webhooks.core.event_types import EVENT_TYPES
from webhooks.models import Message, MessageAttempt, MessageDeliveryRecord, Origin, Subscription
from webhooks.services.deliveries import UNFINISHED, resend

LOGS = "read:webhook_delivery_logs"


class WebhookFilter(VisibleFilter):
    title = "webhook"
    parameter_name = "webhook"
    model = Subscription
    path = "organization_id"
    column = "subscription_id"
    permission = LOGS

    def rows(self) -> QuerySet[Any]:
        return Subscription.objects.order_by("url")


class EventTypeFilter(ClosedFilter):
    title = "event type"
    parameter_name = "event_type"
    column = "event_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in EVENT_TYPES]


class OutcomeFilter(ClosedFilter):
    title = "outcome"
    parameter_name = "outcome"
    column = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return MessageDeliveryRecord.STATES


@admin.register(MessageDeliveryRecord)
class MessageDeliveryAdmin(LogTableAdmin):
    noun = "webhook_delivery_logs"
    list_display = ["time", "event_type", "endpoint", "outcome_chip", "why", "attempts", "cause"]
    list_filter = [OrganizationFilter, WebhookFilter, EventTypeFilter, OutcomeFilter, TimeFilter]
    actions = None
    actions_detail = ["send_again"]

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Where each went: its last attempt knows; what was not sent yet goes where the webhook is now."""
        last = {row.id: row.attempt_ids[-1] for row in rows if row.attempt_ids}
        went = dict(MessageAttempt.objects.filter(id__in=last.values()).values_list("id", "url"))
        known = {row.subscription_id for row in rows}
        goes = dict(Subscription.objects.filter(id__in=known).values_list("id", "url"))
        for row in rows:
            row.led_to = went.get(last.get(row.id)) or goes.get(row.subscription_id)

    @display
    def time(self, record: MessageDeliveryRecord) -> str:
        return exact(moment_of(record.id))

    @display(empty_value="deleted")
    def endpoint(self, record: Any) -> str | None:
        url: str | None = record.led_to
        return url

    @display(description="outcome", label=OUTCOME_COLOURS)
    def outcome_chip(self, record: MessageDeliveryRecord) -> tuple[str, str]:
        return record.outcome, record.get_outcome_display()

    @display(description="reason", empty_value="-")
    def why(self, record: MessageDeliveryRecord) -> str:
        return record.reason

    @display(description="sent because")
    def cause(self, record: MessageDeliveryRecord) -> str:
        return Origin(record.origin).label

    # --- One delivery ---
    def has_send_again_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        record = self.row(request, obj) if obj else None
        is_over = record is not None and record.outcome not in UNFINISHED
        return is_over and may(request, "update:webhook_config", record.organization_id)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        record = self.visible_or_404(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": record,
            "title": f"{record.event_type} of {moment_of(record.id):%Y-%m-%d %H:%M:%S}",
            "record": record,
            "at": moment_of(record.id),
            "cause": Origin(record.origin).label,
            "subscription": Subscription.objects.filter(id=record.subscription_id).first(),
            "next_try": _next_try(record),
            "payload": _payload(record),
            "stories": _stories(record),
            "resend": self._button(request, record),
        }
        return TemplateResponse(request, "admin/webhooks/delivery/page.html", context)

    def _button(self, request: HttpRequest, record: MessageDeliveryRecord) -> str:
        if not self.has_send_again_permission(request, record.id):
            return ""
        return dialog_button("webhooks_messagedeliveryrecord_send_again", record.id, "Send again")

    @action(
        description="Send again",
        permissions=["send_again"],
        dialog=question(
            "Send this message again?",
            "The same id and body go to the webhook's URL as it stands now, signed anew.",
            submit="Send again",
        ),
    )
    def send_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        record = self.visible_or_404(request, object_id)
        url = (
            reverse("admin:webhooks_messagedeliveryrecord_changelist") + f"?webhook={record.subscription_id}"
        )
        return finish(request, url, "The message is sent again.", lambda: resend(principal(request), record))


def _payload(record: MessageDeliveryRecord) -> str:
    message = Message.objects.filter(id=record.message_id).first()
    if message is None:
        return ""
    return json.dumps(json.loads(bytes(message.body)), indent=2, ensure_ascii=False)


def _stories(record: MessageDeliveryRecord) -> list[Any]:
    kept = MessageAttempt.objects.in_bulk(record.attempt_ids)
    return [
        story_of(kept[id_], number) for number, id_ in enumerate(record.attempt_ids, start=1) if id_ in kept
    ]


def _next_try(record: MessageDeliveryRecord) -> str:
    if record.due_at is None or record.outcome == "sending":
        return ""
    if record.due_at <= timezone.now():
        return "as soon as the webhook's breaker lets it"
    return f"{record.due_at:%Y-%m-%d %H:%M:%S} UTC"
