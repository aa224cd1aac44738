"""Recoveries: jobs that send again what failed since a time."""

from __future__ import annotations

from typing import Any

from django_filters import filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import (
    ApiModelSerializer,
    Creates,
    EmptySerializer,
    Filters,
    Lists,
    Resource,
    Retrieves,
    VisibleField,
    action,
)
from webhooks.api.subscriptions import UPDATE
from webhooks.models import Recovery, Subscription
from webhooks.services.recoveries import cancel_recovery, start_recovery


class RecoverySerializer(ApiModelSerializer):
    """A job that sends a webhook's failed messages again; `queued` of `planned` is its progress."""

    webhook = VisibleField(Subscription.objects.all(), permission=UPDATE, source="subscription")

    class Meta:
        model = Recovery
        fields = [
            "id",
            "webhook",
            "since",
            "until",
            "state",
            "planned",
            "queued",
            "started_at",
            "started_by",
            "ended_at",
            "reason",
        ]
        read_only_fields = [name for name in fields if name not in {"webhook", "since"}]


class RecoveryFilters(Filters):
    webhook = filters.UUIDFilter("subscription_id")
    state = filters.ChoiceFilter(choices=Recovery.State.choices)


class Recoveries(Lists, Retrieves, Creates, Resource):
    """Send again all that failed since a time and has not arrived; count-failed says how many."""

    noun = "webhook_delivery_logs"
    organization_path = "subscription__organization_id"
    queryset = Recovery.objects.select_related("subscription")
    serializer_class = RecoverySerializer
    filterset_class = RecoveryFilters
    ordering = ("-started_at", "-id")
    volatile = ("state", "queued", "ended_at", "reason")

    def permission_needed(self) -> str:
        """Starting one changes what is sent, so it takes what changing the webhook takes."""
        return UPDATE if self.action == "create" else super().permission_needed()

    def perform_create(self, values: dict[str, Any]) -> Recovery:
        return start_recovery(self.principal, values["subscription"], since=values["since"])

    @extend_schema(request=EmptySerializer)
    @action(detail=True, methods=["post"], permission=UPDATE)
    def cancel(self, request: Request, pk: str) -> Response:
        """Queue no more of them."""
        recovery = self.get_object()
        self.given(EmptySerializer)
        return self.answer(cancel_recovery(self.principal, recovery))
