"""What can be done with a destination beside changing it: pause, resume, disable, enable, try again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin.dialogs import question
from accounts.admin.scoped import ScopedAdmin
from accounts.core.principal import Principal
from integrations.admin.cells import breaker_of, state_of
from integrations.admin.draft import differences_of, draft_of
from integrations.models import Destination, DestinationDraft
from integrations.services.destinations import (
    close_breaker,
    disable_destination,
    discard_draft,
    enable_destination,
    pause_destination,
    publish_destination,
    resume_destination,
)


class PauseForm(BaseDialogForm):
    reason = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="Stands on every delivery that waits.",
    )


class DraftForm(BaseDialogForm):
    """Shows what is decided about, and decides about nothing else."""

    form_before_template = "admin/integrations/destination/draft_dialog.html"
    staged_at = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = DestinationDraft.objects.filter(destination=self.object_id).first()
        self.fields["staged_at"].initial = self.draft.staged_at.isoformat() if self.draft else ""

    def get_before_template_context(self, request: HttpRequest, object_id: Any = None) -> dict[str, Any]:
        return {"draft": self.draft, "changes": differences_of(self.draft) if self.draft else []}


class DestinationActions(ScopedAdmin):
    """The buttons of a destination's page; each is there when it changes something."""

    actions_detail = ["publish", "discard", "pause", "resume", "close_breaker", "enable", "disable"]

    def has_publish_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_when_staged(request, "publish", obj)

    def has_discard_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may stage another change in its place may drop it."""
        return self._may_when_staged(request, "update", obj)

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

    def _may_when_staged(self, request: HttpRequest, verb: str, object_id: Any) -> bool:
        destination = self.row(request, object_id) if object_id else None
        is_staged = destination is not None and draft_of(destination) is not None
        return is_staged and self.allowed(request, verb, destination)

    def _may_when(self, request: HttpRequest, verb: str, object_id: Any, *states: str) -> bool:
        destination = self.row(request, object_id) if object_id else None
        is_so = destination is not None and state_of(destination)[0] in states
        return is_so and self.allowed(request, verb, destination)

    @action(
        description="Publish",
        permissions=["publish"],
        icon="publish",
        variant=ActionVariant.SUCCESS,
        dialog=question(
            "Publish the staged change?",
            "Later events are sent with it. A destination that is off is enabled.",
            submit="Publish",
            form=DraftForm,
        ),
    )
    def publish(self, request: HttpRequest, form: DraftForm, object_id: str) -> HttpResponse:
        publish = partial(_decide, form, publish_destination)
        return self.carry_out(request, object_id, publish, "The staged change is in force.")

    @action(
        description="Discard",
        permissions=["discard"],
        icon="delete",
        variant=ActionVariant.DANGER,
        dialog=question(
            "Discard the staged change?",
            "The destination stays as it is. This can't be undone.",
            submit="Discard",
            form=DraftForm,
        ),
    )
    def discard(self, request: HttpRequest, form: DraftForm, object_id: str) -> HttpResponse:
        discard = partial(_decide, form, discard_draft)
        return self.carry_out(request, object_id, discard, "The staged change is discarded.")

    @action(
        description="Pause",
        permissions=["pause"],
        icon="pause",
        dialog=question(
            "Pause this destination?",
            "Its deliveries wait until it is resumed. Events are still planned for it.",
            submit="Pause",
            form=PauseForm,
        ),
    )
    def pause(self, request: HttpRequest, form: PauseForm, object_id: str) -> HttpResponse:
        pause = partial(pause_destination, reason=form.cleaned_data["reason"])
        return self.carry_out(request, object_id, pause, "{} is paused: deliveries wait.")

    @action(
        description="Resume",
        permissions=["resume"],
        icon="play_arrow",
        variant=ActionVariant.SUCCESS,
        dialog=question(
            "Resume this destination?",
            "What waited goes out now.",
            submit="Resume",
        ),
    )
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.carry_out(request, object_id, resume_destination, "{} is resumed: what waited goes out.")

    @action(
        description="Close breaker",
        permissions=["close_breaker"],
        icon="electrical_services",
        variant=ActionVariant.WARNING,
        dialog=question(
            "Try again now?",
            "The next request is a probe. When it succeeds, the rest follows.",
            submit="Try now",
        ),
    )
    def close_breaker(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.carry_out(request, object_id, close_breaker, "A probe goes to {} now.")

    @action(
        description="Disable",
        permissions=["disable"],
        icon="power_settings_new",
        variant=ActionVariant.DANGER,
        dialog=question(
            "Disable this destination?",
            "What waits for it is cancelled and later events skip it. Pausing lets them wait.",
            submit="Disable and cancel",
        ),
    )
    def disable(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        done = "{} is disabled and what waited is cancelled."
        return self.carry_out(request, object_id, disable_destination, done)

    @action(
        description="Enable",
        permissions=["enable"],
        icon="power_settings_new",
        variant=ActionVariant.SUCCESS,
        dialog=question(
            "Enable this destination?",
            "Events that come from now on are sent to it; earlier ones are not.",
            submit="Enable",
        ),
    )
    def enable(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.carry_out(request, object_id, enable_destination, "{} is enabled.")


@transaction.atomic
def _decide(
    form: DraftForm, decide: Callable[[Principal, Destination], None], by: Principal, destination: Destination
) -> None:
    """Refused when the draft is no longer the one that the dialog showed."""
    draft = DestinationDraft.objects.select_for_update().filter(destination=destination).first()
    if draft is None or draft.staged_at.isoformat() != form.cleaned_data["staged_at"]:
        raise ValidationError("The staged change is another one by now: look at it again, then decide.")
    decide(by, Destination.objects.select_for_update(of=("self",)).get(pk=destination.pk))
