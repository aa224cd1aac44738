"""What can be done with a destination beside changing it: pause, resume, disable, enable, try again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin.dialogs import finish
from accounts.admin.scoped import ScopedAdmin, principal
from integrations.admin.cells import breaker_of, state_of
from integrations.services.destinations import (
    close_breaker,
    disable_destination,
    enable_destination,
    pause_destination,
    resume_destination,
)


class PauseForm(BaseDialogForm):
    reason = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget, help_text="Stands on every delivery that waits."
    )


class DestinationActions(ScopedAdmin):
    """The buttons of a destination's page; each is there when it changes something."""

    actions_detail = ["pause", "resume", "close_breaker", "enable", "disable"]

    def has_pause_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_when(request, "pause", obj, "active")

    def has_resume_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_when(request, "pause", obj, "paused")

    def has_disable_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_when(request, "publish", obj, "active", "paused")

    def has_enable_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_when(request, "publish", obj, "disabled")

    def has_close_breaker_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        destination = self.row(request, obj) if obj else None
        is_open = destination is not None and breaker_of(destination)[0] != "closed"
        return is_open and self.allowed(request, "pause", destination)

    def _may_when(self, request: HttpRequest, verb: str, object_id: Any, *states: str) -> bool:
        destination = self.row(request, object_id) if object_id else None
        is_so = destination is not None and state_of(destination)[0] in states
        return is_so and self.allowed(request, verb, destination)

    @action(
        description="Pause",
        permissions=["pause"],
        icon="pause",
        dialog={
            "title": "Pause this destination?",
            "description": "Its deliveries wait until it is resumed. Events are still planned for it.",
            "form_submit_text": "Pause",
            "form_class": PauseForm,
        },
    )
    def pause(self, request: HttpRequest, form: PauseForm, object_id: str) -> HttpResponse:
        destination, reason = self.visible_or_404(request, object_id), form.cleaned_data["reason"]
        act = lambda: pause_destination(principal(request), destination, reason)  # noqa: E731
        return finish(request, _page(object_id), f"{destination} is paused: deliveries wait.", act)

    @action(
        description="Resume",
        permissions=["resume"],
        icon="play_arrow",
        variant=ActionVariant.SUCCESS,
        dialog={
            "title": "Resume this destination?",
            "description": "What waited goes out now.",
            "form_submit_text": "Resume",
            "form_class": None,
        },
    )
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        destination = self.visible_or_404(request, object_id)
        done = f"{destination} is resumed: what waited goes out."
        return finish(
            request, _page(object_id), done, lambda: resume_destination(principal(request), destination)
        )

    @action(
        description="Close breaker",
        permissions=["close_breaker"],
        icon="electrical_services",
        variant=ActionVariant.WARNING,
        dialog={
            "title": "Try again now?",
            "description": "The next request is a probe. When it succeeds, the rest follows.",
            "form_submit_text": "Try now",
            "form_class": None,
        },
    )
    def close_breaker(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        destination = self.visible_or_404(request, object_id)
        done = f"A probe goes to {destination} now."
        return finish(request, _page(object_id), done, lambda: close_breaker(principal(request), destination))

    @action(
        description="Disable",
        permissions=["disable"],
        icon="power_settings_new",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Disable this destination?",
            "description": "What waits for it is cancelled and later events skip it. Pausing lets them wait.",
            "form_submit_text": "Disable and cancel",
            "form_class": None,
        },
    )
    def disable(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        destination = self.visible_or_404(request, object_id)
        done = f"{destination} is disabled and what waited is cancelled."
        return finish(
            request, _page(object_id), done, lambda: disable_destination(principal(request), destination)
        )

    @action(
        description="Enable",
        permissions=["enable"],
        icon="power_settings_new",
        variant=ActionVariant.SUCCESS,
        dialog={
            "title": "Enable this destination?",
            "description": "Events that come from now on are sent to it; earlier ones are not.",
            "form_submit_text": "Enable",
            "form_class": None,
        },
    )
    def enable(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        destination = self.visible_or_404(request, object_id)
        done = f"{destination} is enabled."
        return finish(
            request, _page(object_id), done, lambda: enable_destination(principal(request), destination)
        )


def _page(object_id: str) -> str:
    return reverse("admin:integrations_destination_change", args=[object_id])
