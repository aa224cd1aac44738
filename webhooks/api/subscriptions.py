"""Webhooks: made, changed, switched, tested, their secret rotated."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django_filters import filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import (
    ApiModelSerializer,
    ApiSerializer,
    EmptySerializer,
    Filters,
    Lists,
    OrganizationField,
    Removes,
    Resource,
    Retrieves,
    Updates,
    action,
)
from webhooks.core.event_types import CHOSEN
from webhooks.core.policy import POLICIES
from webhooks.core.secrets import LONGEST_OVERLAP_HOURS, OVERLAP_HOURS, SigningSecrets
from webhooks.models import MessageDelivery, Subscription
from webhooks.services import secrets, subscriptions
from webhooks.services.recoveries import count_failed

UPDATE = "update:webhook_config"
TITLES = "; ".join(f"{name}: {policy.title}" for name, policy in POLICIES.items())
ROTATE = "rotate:secret"


class SubscriptionSerializer(ApiModelSerializer):
    """An endpoint with the event types that it is told of. Its secret is told once, when it is made."""

    organization = OrganizationField()
    url = serializers.CharField(
        max_length=2048, help_text="https, a public host name, no credentials. Checked again at each attempt."
    )
    event_types = serializers.ListField(
        child=serializers.ChoiceField(CHOSEN), allow_empty=False, max_length=len(CHOSEN)
    )
    enabled = serializers.BooleanField(
        default=True, help_text="False cancels what waits; true sends what happens from then on."
    )
    policy = serializers.ChoiceField(list(POLICIES), required=False, help_text=TITLES)
    breaker_only_observes = serializers.BooleanField(
        required=False,
        help_text="True: that the breaker opened is recorded and mailed, and messages go on to the endpoint.",
    )
    disable_after_days = serializers.IntegerField(
        min_value=1, max_value=365, required=False, allow_null=True, help_text="Null: never by itself."
    )

    class Meta:
        model = Subscription
        fields = [
            "id",
            "organization",
            "url",
            "event_types",
            "enabled",
            "disabled_reason",
            "policy",
            "breaker_only_observes",
            "disable_after_days",
            "secret_made_at",
            "created_at",
            "created_by",
        ]
        read_only_fields = ["disabled_reason", "secret_made_at", "created_at", "created_by"]
        fixed = ["organization"]


class NewSubscriptionSerializer(SubscriptionSerializer):
    """The webhook with its secret, which is told this once."""

    secret = serializers.CharField(read_only=True, help_text="Keep it now: it can't be shown again.")

    class Meta(SubscriptionSerializer.Meta):
        fields = [*SubscriptionSerializer.Meta.fields, "secret"]


class RotationSerializer(ApiSerializer):
    overlap_hours = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_OVERLAP_HOURS,
        default=OVERLAP_HOURS,
        help_text="How long the old secret still signs. 0: it leaked, so it ends at once.",
    )


class SinceSerializer(ApiSerializer):
    since = serializers.DateTimeField(help_text="ISO 8601.")


class CountSerializer(ApiSerializer):
    count = serializers.IntegerField()


class SentSerializer(ApiSerializer):
    """A delivery that was queued: look at it under webhook-deliveries."""

    delivery = serializers.UUIDField(source="id")
    message = serializers.UUIDField(source="message_id")


class WebhookStateSerializer(ApiSerializer):
    """How a webhook stands at this moment."""

    enabled = serializers.BooleanField()
    disabled_reason = serializers.CharField(help_text="Why it was disabled, when that was not a person.")
    breaker_state = serializers.ChoiceField(["closed", "open", "half_open"])
    breaker_failures = serializers.IntegerField(help_text="Failed attempts in a row.")
    open_until = serializers.DateTimeField(
        allow_null=True, help_text="When the next message is sent as a probe."
    )
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="When the first message was given up that none has arrived after."
    )
    waiting = serializers.IntegerField(help_text="Unfinished deliveries.")
    old_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="How long a rotated secret still signs; null when only one does."
    )


class SubscriptionFilters(Filters):
    organization = filters.UUIDFilter()
    enabled = filters.BooleanFilter()


class Subscriptions(Lists, Retrieves, Updates, Removes, Resource):
    """Where an organization is told what changed. DELETE cancels what waits and keeps the history."""

    noun = "webhook_config"
    queryset = Subscription.objects.all()
    serializer_class = SubscriptionSerializer
    filterset_class = SubscriptionFilters
    ordering = ("-created_at", "-id")

    @extend_schema(responses={201: NewSubscriptionSerializer})
    def create(self, request: Request) -> Response:
        """Make one. Its signing secret is in this answer and never again."""
        values = self.given(SubscriptionSerializer)
        made, text = subscriptions.create_subscription(self.principal, values.pop("organization"), **values)
        return self.answer(made, status=201, extra={"secret": text})

    def perform_update(self, row: Subscription, values: dict[str, Any]) -> Subscription:
        return subscriptions.change_subscription(self.principal, row, **values)

    def perform_destroy(self, row: Subscription) -> None:
        subscriptions.remove_subscription(self.principal, row)

    @extend_schema(request=EmptySerializer)
    @action(detail=True, methods=["post"], permission=UPDATE)
    def enable(self, request: Request, pk: str) -> Response:
        """Send it what happens from now on."""
        subscription = self.get_object()
        self.given(EmptySerializer)
        return self.answer(subscriptions.enable_subscription(self.principal, subscription))

    @extend_schema(request=EmptySerializer)
    @action(detail=True, methods=["post"], permission=UPDATE)
    def disable(self, request: Request, pk: str) -> Response:
        """Send it nothing any more, and cancel what waits."""
        subscription = self.get_object()
        self.given(EmptySerializer)
        return self.answer(subscriptions.disable_subscription(self.principal, subscription))

    @extend_schema(request=EmptySerializer, responses={202: SentSerializer})
    @action(detail=True, methods=["post"], permission=UPDATE)
    def test(self, request: Request, pk: str) -> Response:
        """Send it a `webhook.test` message, the same way as any other."""
        subscription = self.get_object()
        self.given(EmptySerializer)
        return _sent(subscriptions.send_test(self.principal, subscription))

    @extend_schema(request=EmptySerializer)
    @action(detail=True, methods=["post"], url_path="try-now", permission=UPDATE)
    def try_now(self, request: Request, pk: str) -> Response:
        """Don't wait for an open breaker: the next message is its probe."""
        subscription = self.get_object()
        self.given(EmptySerializer)
        subscriptions.try_now(self.principal, subscription)
        return self.answer(subscription)

    @extend_schema(request=RotationSerializer, responses=NewSubscriptionSerializer)
    @action(detail=True, methods=["post"], url_path="rotate-secret", permission=ROTATE)
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """Make a new secret, told in this answer and never again; the old one signs on for the overlap."""
        subscription = self.get_object()
        hours = self.given(RotationSerializer)["overlap_hours"]
        text = secrets.rotate_secret(self.principal, subscription, overlap_hours=hours)
        return self.answer(subscription, extra={"secret": text})

    @extend_schema(request=EmptySerializer)
    @action(detail=True, methods=["post"], url_path="finish-rotation", permission=ROTATE)
    def finish_rotation(self, request: Request, pk: str) -> Response:
        """End the overlap: every receiver has the new secret."""
        subscription = self.get_object()
        self.given(EmptySerializer)
        secrets.finish_rotation(self.principal, subscription)
        return self.answer(subscription)

    @extend_schema(responses=WebhookStateSerializer)
    @action(detail=True, methods=["get"], permission="read:webhook_config")
    def state(self, request: Request, pk: str) -> Response:
        """Whether it is on, its breaker, what waits, and how long an old secret still signs."""
        subscription: Subscription = GenericAPIView.get_object(self)
        lane = subscription.lane
        state = {
            "enabled": subscription.enabled,
            "disabled_reason": subscription.disabled_reason,
            "breaker_state": lane.breaker_state,
            "breaker_failures": lane.breaker_failures,
            "open_until": lane.breaker_open_until,
            "failing_since": subscription.failing_since,
            "waiting": MessageDelivery.objects.filter(lane_id=subscription.id).count(),
            "old_secret_until": SigningSecrets.read(subscription.secrets).overlaps_until(timezone.now()),
        }
        return Response(WebhookStateSerializer(state).data)

    @extend_schema(request=SinceSerializer, responses=CountSerializer)
    @action(detail=True, methods=["post"], url_path="count-failed", permission="read:webhook_delivery_logs")
    def count_failed(self, request: Request, pk: str) -> Response:
        """How many messages a recovery since this time would send again: its dry run."""
        subscription = self.get_object()
        since = self.given(SinceSerializer)["since"]
        return Response({"count": count_failed(subscription, since=since)})


def _sent(delivery: MessageDelivery) -> Response:
    return Response(SentSerializer(delivery).data, status=202)
