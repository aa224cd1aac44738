"""Recoveries: how far each is, and the button that stops it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.admin.acting import may
from accounts.admin.cells import exact
from accounts.admin.dialogs import question
from accounts.admin.log_table import LogTableAdmin
from accounts.admin.saving import Kept
from webhooks.models import Recovery
from webhooks.services.recoveries import cancel_recovery

COLOURS = {"running": "info", "done": "success", "cancelled": "warning"}


@admin.register(Recovery)
class RecoveryAdmin(Kept, LogTableAdmin):
    noun = "webhook_delivery_logs"
    organization_path = "subscription__organization_id"
    ordering = ["-started_at"]
    list_display = ["started", "subscription", "since", "state_chip", "progress", "started_by", "reason"]
    list_select_related = ["subscription"]
    actions = None
    actions_detail = ["cancel"]
    fields = [
        ("subscription", "state"),
        ("since", "until"),
        ("planned", "queued"),
        ("started_at", "started_by"),
        ("ended_at", "reason"),
    ]

    @display
    def started(self, recovery: Recovery) -> str:
        return exact(recovery.started_at)

    @display(description="state", label=COLOURS)
    def state_chip(self, recovery: Recovery) -> tuple[str, str]:
        return recovery.state, recovery.get_state_display()

    @display
    def progress(self, recovery: Recovery) -> str:
        return f"{recovery.queued} of {recovery.planned} queued"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only with its webhook."""
        return may(request, "delete:webhook_config", self.organization_id(obj))

    def has_cancel_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        recovery = self.row(request, obj) if obj else None
        is_running = recovery is not None and recovery.state == Recovery.State.RUNNING
        return is_running and may(request, "update:webhook_config", recovery.subscription.organization_id)

    @action(
        description="Cancel",
        permissions=["cancel"],
        icon="block",
        variant=ActionVariant.DANGER,
        dialog=question(
            "Cancel this recovery?",
            "No more messages are queued. Those that are queued are still sent.",
            submit="Cancel the recovery",
        ),
    )
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.carry_out(request, object_id, cancel_recovery, "The recovery is cancelled.")
