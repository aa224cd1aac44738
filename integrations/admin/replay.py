"""Replays: asked for by a form, counted, started by a person, watched and cancelled."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import display

from accounts.admin.acting import may, principal
from accounts.admin.cells import exact
from accounts.admin.filters import OrganizationFilter
from accounts.admin.log_table import LogTableAdmin
from integrations.admin.replay_form import REPLAY, ReplayForm, Selection
from integrations.core.replay import FAILED
from integrations.models import Replay
from integrations.services.replays.jobs import ask_replay, cancel_replay, start_replay
from integrations.services.replays.progress import progress_of, reasons
from integrations.services.replays.telling import warnings

COLOURS = {
    "counting": "info",
    "ready": "warning",
    "running": "info",
    "done": "success",
    "cancelled": "warning",
    "failed": "danger",
}
CHIPS = {
    "counting": "waiting",
    "ready": "held",
    "running": "waiting",
    "done": "delivered",
    "cancelled": "paused",
    "failed": "exhausted",
}
OUTCOMES = {"never_sent": "never sent"}
GONE = "What was selected is not there any more, or not yours to replay. Select again."


@admin.register(Replay)
class ReplayAdmin(LogTableAdmin):
    ordering = ["-asked_at"]
    list_display = ["asked", "organization", "about", "state_chip", "asked_by", "ended", "reason"]
    list_select_related = ["organization"]
    list_filter = [OrganizationFilter]
    actions = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, REPLAY)

    # --- List ---
    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("shares")

    @display
    def asked(self, replay: Replay) -> str:
        return exact(replay.asked_at)

    @display
    def about(self, replay: Replay) -> str:
        return about(replay)

    @display(description="state", label=COLOURS)
    def state_chip(self, replay: Replay) -> tuple[str, str]:
        return replay.state, replay.get_state_display()

    @display(empty_value="-")
    def ended(self, replay: Replay) -> str | None:
        return exact(replay.ended_at) if replay.ended_at else None

    # --- Asking ---
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        is_sent = request.method == "POST"
        was_selected = bool({"delivery", "event"} & set(request.POST if is_sent else request.GET))
        selected = Selection(request)
        if was_selected and not selected:
            messages.error(request, GONE)
            return HttpResponseRedirect(reverse("admin:integrations_deliveryrecord_changelist"))
        form = ReplayForm(request, request.POST if is_sent else None, selected)
        if is_sent and form.is_valid():
            try:
                made = ask_replay(principal(request), form.asked())
            except ValidationError as refused:
                form.refuse(refused)
            else:
                return HttpResponseRedirect(_page(made))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Replay",
            "form": form,
            "selected": selected,
        }
        return TemplateResponse(request, "admin/integrations/replay/ask.html", context)

    # --- One replay ---
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        replay = self.visible_or_404(request, object_id)
        may_replay = may(request, REPLAY, replay.organization_id)
        if request.method == "POST":
            if not may_replay:
                raise PermissionDenied
            self._act(request, replay)
            return HttpResponseRedirect(_page(replay))
        progress = progress_of(replay)
        is_over = replay.state in {Replay.State.DONE, Replay.State.CANCELLED, Replay.State.FAILED}
        waiting, failed = progress.total("waiting"), progress.total("failed")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": replay,
            "title": str(replay),
            "replay": replay,
            "about": about(replay),
            "chip": CHIPS[replay.state],
            "failed_again": f"Done, {failed} failed again" if failed and replay.state == "done" else "",
            "progress": progress,
            "totals": {
                name: progress.total(name) for name in ("delivered", "failed", "cancelled", "waiting")
            },
            "shares": [(share, _before(share), reasons(share)) for share in progress.shares],
            "warnings": warnings(replay),
            "is_over": is_over,
            "is_moving": replay.state in {Replay.State.COUNTING, Replay.State.RUNNING} or bool(waiting),
            "may_replay": may_replay,
        }
        return TemplateResponse(request, "admin/integrations/replay/page.html", context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """It tells of deliveries that stay."""
        raise PermissionDenied

    def _act(self, request: HttpRequest, replay: Replay) -> None:
        by, go = principal(request), request.POST.get("go")
        try:
            if go == "start":
                start_replay(by, replay)
                messages.success(request, "The replay has started.")
            elif go in {"cancel", "cancel_waiting"}:
                cancel_replay(by, replay, cancel_waiting=go == "cancel_waiting")
                messages.success(request, "The replay is cancelled.")
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))


def about(replay: Replay) -> str:
    """What was asked for, in words."""
    names = [share.name for share in replay.shares.all()]
    where = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    which: list[str] = [outcome for outcome in FAILED if outcome in replay.outcomes]
    which += ["delivered"] if replay.include_delivered else []
    which += ["never sent"] if replay.include_never_sent else []
    named = " ".join(filter(None, [replay.event_type, replay.event_name and f'"{replay.event_name}"']))
    if replay.delivery_ids is not None:
        what = _many(len(replay.delivery_ids), "selected delivery", "selected deliveries")
    elif replay.event_ids is not None:
        what = _many(len(replay.event_ids), "selected event", "selected events")
    else:
        what = f"{named or 'Events'} from {replay.since:%Y-%m-%d %H:%M} to {replay.until:%Y-%m-%d %H:%M} UTC"
    return f"{what}; {', '.join(which)}; to {where}"


def _many(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _before(share: Any) -> list[tuple[str, int, list[str]]]:
    """What is sent, by how it ended before, with a few events of each."""
    return [
        (
            OUTCOMES.get(outcome, outcome),
            count,
            [one["event"] for one in share.expected.samples if one["outcome"] == outcome],
        )
        for outcome, count in sorted(share.expected.sends.items())
    ]


def _page(replay: Replay) -> str:
    return reverse("admin:integrations_replay_change", args=[replay.pk])
