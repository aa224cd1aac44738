"""What can be done with a webhook beside changing it: test, switch, rotate its secret, recover."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from accounts.admin.acting import may, principal
from accounts.admin.dialogs import question
from accounts.admin.scoped import ScopedAdmin
from accounts.admin.shown_once import shown_once
from webhooks.core.secrets import LONGEST_OVERLAP_HOURS, OVERLAP_HOURS, SigningSecrets
from webhooks.models import Subscription
from webhooks.services.recoveries import count_failed, start_recovery
from webhooks.services.secrets import finish_rotation, rotate_secret
from webhooks.services.subscriptions import (
    disable_subscription,
    enable_subscription,
    send_test,
    try_now,
)

ROTATE = "rotate:secret"
SPANS = {
    "1": "the last hour",
    "24": "the last 24 hours",
    "168": "the last 7 days",
    "8784": "all that is stored",
}
WHY = "it signs from now on, at first beside the old one. It is stored encrypted and can't be shown again."


class RecoverForm(BaseDialogForm):
    """Each choice says how many messages it would send: the dry run."""

    hours = forms.ChoiceField(label="Failed in", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        subscription, now = Subscription.objects.filter(pk=self.object_id).first(), timezone.now()
        choices = []
        for hours, words in SPANS.items() if subscription else ():
            count = count_failed(subscription, since=now - timedelta(hours=int(hours)))
            choices.append((hours, f"{words}: {count} message{'' if count == 1 else 's'}"))
        self.fields["hours"].choices = choices  # type: ignore[attr-defined]


class RotationForm(forms.Form):
    overlap_hours = forms.IntegerField(
        label="Overlap (hours)",
        min_value=0,
        max_value=LONGEST_OVERLAP_HOURS,
        initial=OVERLAP_HOURS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="How long the old secret still signs. 0 when it leaked: it ends at once.",
    )


class SubscriptionActions(ScopedAdmin):
    """The buttons of a webhook's page; each is there when it changes something."""

    actions_detail = ["test", "recover", "rotate", "finish_rotation", "try_now", "enable", "disable"]

    def has_test_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Testing and recovering: what a disabled one does not do."""
        return self._may_when(request, obj, enabled=True)

    def has_enable_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_when(request, obj, enabled=False)

    def has_rotate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        subscription = self.row(request, obj) if obj else None
        return subscription is not None and self._may_there(request, ROTATE, subscription)

    def has_finish_rotation_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        subscription = self.row(request, obj) if obj else None
        is_rotating = (
            subscription is not None
            and SigningSecrets.read(subscription.secrets).overlaps_until(timezone.now()) is not None
        )
        return is_rotating and self._may_there(request, ROTATE, subscription)

    def has_try_now_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        subscription = self.row(request, obj) if obj else None
        waits = (
            subscription is not None
            and subscription.lane.breaker_state != "closed"
            and not subscription.breaker_only_observes
        )
        return waits and self.allowed(request, "update", subscription)

    def _may_when(self, request: HttpRequest, object_id: Any, *, enabled: bool) -> bool:
        subscription = self.row(request, object_id) if object_id else None
        is_so = subscription is not None and subscription.enabled is enabled
        return is_so and self.allowed(request, "update", subscription)

    def _may_there(self, request: HttpRequest, permission: str, subscription: Any) -> bool:
        return may(request, permission, subscription.organization_id)

    @action(
        description="Send test",
        permissions=["test"],
        icon="send",
        variant=ActionVariant.PRIMARY,
        dialog=question(
            "Send a test message?",
            "A signed webhook.test goes to the endpoint the same way as any other message.",
            submit="Send",
        ),
    )
    def test(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.carry_out(
            request,
            object_id,
            send_test,
            "The test is on its way: its answer stands in the Delivery History.",
        )

    @action(
        description="Recover failed",
        permissions=["test"],
        icon="restart_alt",
        dialog=question(
            "Send again what failed?",
            "Every message that was given up and has not arrived since is sent once more.",
            submit="Recover",
            form=RecoverForm,
        ),
    )
    def recover(self, request: HttpRequest, form: RecoverForm, object_id: str) -> HttpResponse:
        since = timezone.now() - timedelta(hours=int(form.cleaned_data["hours"]))
        start = partial(start_recovery, since=since)
        return self.carry_out(request, object_id, start, "The recovery runs: its progress stands below.")

    @action(description="Rotate secret", permissions=["rotate"], icon="autorenew")
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A page of its own, as its answer is a text that is shown once."""
        subscription = self.visible_or_404(request, object_id)
        if not self._may_there(request, ROTATE, subscription):
            raise PermissionDenied
        form = RotationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            hours = form.cleaned_data["overlap_hours"]
            try:
                text = rotate_secret(principal(request), subscription, overlap_hours=hours)
            except ValidationError as refused:
                form.add_error("overlap_hours", refused.messages)
            else:
                return shown_once(request, self, "New signing secret", WHY, text)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Rotate the signing secret",
            "form": form,
            "original": subscription,
            "header_prefix": settings.WEBHOOK_HEADER_PREFIX,
            "back": _page(object_id),
        }
        return TemplateResponse(request, "admin/webhooks/subscription/rotate.html", context)

    @action(
        description="Finish rotation",
        permissions=["finish_rotation"],
        icon="done_all",
        dialog=question(
            "End the overlap?",
            "Only the new secret signs from now on. Receivers without it will refuse.",
            submit="Finish",
        ),
    )
    def finish_rotation(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.carry_out(request, object_id, finish_rotation, "The new secret signs alone now.")

    @action(
        description="Try now",
        permissions=["try_now"],
        icon="electrical_services",
        variant=ActionVariant.WARNING,
        dialog=question(
            "Try again now?",
            "The next message is a probe. When it arrives, the rest follows.",
            submit="Try now",
        ),
    )
    def try_now(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.carry_out(request, object_id, try_now, "The next message is sent at once.")

    @action(
        description="Enable",
        permissions=["enable"],
        icon="power_settings_new",
        variant=ActionVariant.SUCCESS,
        dialog=question(
            "Enable this webhook?",
            "It is told what happens from now on; nothing of the time in between is sent.",
            submit="Enable",
        ),
    )
    def enable(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.carry_out(request, object_id, enable_subscription, "The webhook is enabled.")

    @action(
        description="Disable",
        permissions=["test"],
        icon="power_settings_new",
        variant=ActionVariant.DANGER,
        dialog=question(
            "Disable this webhook?",
            "What waits is cancelled, and nothing is kept for it until it is enabled again.",
            submit="Disable and cancel",
        ),
    )
    def disable(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.carry_out(
            request, object_id, disable_subscription, "The webhook is disabled and what waited is cancelled."
        )


def _page(object_id: str) -> str:
    return reverse("admin:webhooks_subscription_change", args=[object_id])
