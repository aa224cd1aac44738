"""Webhooks: where an organization is told what changed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import display

from accounts.admin.acting import only_organization, principal
from accounts.admin.colours import BREAKER_COLOURS
from accounts.admin.filters import OrganizationFilter
from accounts.admin.shown_once import shown_once
from webhooks.admin.subscription_actions import SubscriptionActions
from webhooks.admin.subscription_form import SubscriptionForm
from webhooks.core.secrets import SigningSecrets
from webhooks.models import MessageDelivery, MessageDeliveryRecord, Subscription
from webhooks.services.egress import egress
from webhooks.services.subscriptions import change_subscription, create_subscription, remove_subscription

SECRET = "_webhook_secret"  # noqa: S105 (where the text stands on the request that made it)
WHY = "it signs every message to this endpoint, is stored encrypted, and can't be shown again."
LATEST = 5


@admin.register(Subscription)
class SubscriptionAdmin(SubscriptionActions):
    noun = "webhook_config"
    form = SubscriptionForm
    fixed_fields = ["organization"]
    list_display = ["url", "organization", "told_of", "state", "breaker", "waiting"]
    list_select_related = ["organization", "lane"]
    list_filter = [OrganizationFilter, "enabled"]
    search_fields = ["url"]
    actions = None
    delete_confirmation_template = "admin/webhooks/subscription/delete.html"
    change_form_outer_before_template = "admin/webhooks/subscription/standing.html"

    # --- List ---
    def prepare_rows(self, request: HttpRequest, rows: list[Subscription]) -> None:
        counted = MessageDelivery.objects.filter(lane_id__in=[row.id for row in rows]).values("lane_id")
        waiting = dict(counted.annotate(count=Count("id")).values_list("lane_id", "count"))
        for row in rows:
            row.waits = waiting.get(row.id, 0)

    @display(description="event types")
    def told_of(self, subscription: Subscription) -> str:
        return ", ".join(subscription.event_types)

    @display(label={"enabled": "success", "disabled": "danger"})
    def state(self, subscription: Subscription) -> tuple[str, str]:
        return ("enabled", "Enabled") if subscription.enabled else ("disabled", "Disabled")

    @display(label=BREAKER_COLOURS)
    def breaker(self, subscription: Subscription) -> tuple[str, str]:
        return breaker_of(subscription)

    @display
    def waiting(self, subscription: Any) -> int:
        return int(subscription.waits)

    # --- Form ---
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        switch = [] if obj else ["enabled"]  # later by its own buttons, which say what they cancel
        return [
            (None, {"fields": ["organization", "url", "event_types", *switch]}),
            (
                "When it does not answer",
                {"fields": ["policy", "breaker_only_observes", "disable_after_days"]},
            ),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        context = {"title": "Create webhook", **(extra_context or {})}
        one_button = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**context, **one_button})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The organization when there is only one."""
        one = only_organization(request, "create:webhook_config")
        return {"organization": one, **super().get_changeform_initial_data(request)}

    def create_row(self, request: HttpRequest, obj: Subscription, form: SubscriptionForm) -> None:
        values = {**form.cleaned_data}
        made, text = create_subscription(principal(request), values.pop("organization"), **values)
        obj.__dict__.update(made.__dict__)
        request.__dict__[SECRET] = text

    def update_row(self, request: HttpRequest, obj: Subscription, form: SubscriptionForm) -> None:
        change_subscription(principal(request), obj, **form.wanted)

    def remove_row(self, request: HttpRequest, obj: Subscription) -> None:
        remove_subscription(principal(request), obj)

    def response_add(
        self, request: HttpRequest, obj: Subscription, post_url_continue: Any = None
    ) -> HttpResponse:
        return shown_once(request, self, "Signing secret", WHY, request.__dict__[SECRET])

    # --- Page ---
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        subscription = self.row(request, object_id)
        standing = self._standing(request, subscription) if subscription else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **standing})

    def _standing(self, request: HttpRequest, subscription: Subscription) -> dict[str, Any]:
        lane = subscription.lane
        history = reverse("admin:webhooks_messagedeliveryrecord_changelist")
        shows_log = self._may_there(request, "read:webhook_delivery_logs", subscription)
        return {
            "subscription": subscription,
            "breaker": breaker_of(subscription),
            "lane": lane,
            "waiting": MessageDelivery.objects.filter(lane_id=subscription.id).count(),
            "overlaps_until": SigningSecrets.read(subscription.secrets).overlaps_until(timezone.now()),
            "egress": egress(),
            "header_prefix": settings.WEBHOOK_HEADER_PREFIX,
            "history": f"{history}?webhook={subscription.id}" if shows_log else "",
            "latest": _latest(subscription) if shows_log else [],
            "recoveries": subscription.recoveries.all()[:3] if shows_log else [],
        }


def breaker_of(subscription: Subscription) -> tuple[str, str]:
    """Its breaker: a key and its word."""
    state = subscription.lane.breaker_state
    return state, state.replace("_", "-").capitalize()


def _latest(subscription: Subscription) -> QuerySet[MessageDeliveryRecord]:
    rows = MessageDeliveryRecord.objects.filter(
        organization_id=subscription.organization_id, subscription_id=subscription.id
    )
    return rows.order_by("-id")[:LATEST]
