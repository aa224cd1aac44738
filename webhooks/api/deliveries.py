"""The Delivery History: every delivery of a message, with its payload and attempts."""

from __future__ import annotations

import json
from typing import Any

from django_filters import filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiSerializer, Conflict, EmptySerializer, Lists, LogFilters, Resource, action
from delivery.api import NumberedAttemptSerializer
from delivery.story import story_of
from webhooks.api.subscriptions import UPDATE, SentSerializer
from webhooks.core.event_types import EVENT_TYPES
from webhooks.models import Message, MessageAttempt, MessageDeliveryRecord, Origin
from webhooks.services.deliveries import UNFINISHED, resend

TYPES = [(name, name) for name in EVENT_TYPES]


class WebhookDeliverySerializer(ApiSerializer):
    """One message for one webhook."""

    id = serializers.UUIDField()
    organization = serializers.UUIDField(source="organization_id")
    webhook = serializers.UUIDField(source="subscription_id", help_text="It may be deleted by now.")
    message = serializers.UUIDField(source="message_id", help_text="Its hex digits stand in `webhook-id`.")
    event_type = serializers.ChoiceField(TYPES)
    origin = serializers.ChoiceField(Origin.choices, help_text="Why it was sent.")
    outcome = serializers.ChoiceField(MessageDeliveryRecord.STATES)
    reason = serializers.CharField(help_text="In plain words; empty when it arrived.")
    attempts_spent = serializers.IntegerField(source="attempts")
    due_at = serializers.DateTimeField(allow_null=True, help_text="The next attempt of an unfinished one.")
    ended_at = serializers.DateTimeField(allow_null=True)


class WholeWebhookDeliverySerializer(WebhookDeliverySerializer):
    """A delivery with its payload and attempts."""

    payload = serializers.DictField(allow_null=True, help_text="Null when it is no longer stored.")
    attempts = NumberedAttemptSerializer(many=True, help_text="Those that are still stored.")


class WebhookDeliveryFilters(LogFilters):
    organization = filters.UUIDFilter("organization_id")
    webhook = filters.UUIDFilter("subscription_id")
    message = filters.UUIDFilter("message_id")
    event_type = filters.ChoiceFilter(choices=TYPES)
    outcome = filters.ChoiceFilter(choices=MessageDeliveryRecord.STATES)
    origin = filters.ChoiceFilter(choices=Origin.choices)


class WebhookDeliveries(Lists, Resource):
    """Every delivery of every message, newest first: what waits, what ended and how."""

    noun = "webhook_delivery_logs"
    queryset = MessageDeliveryRecord.objects.all()
    serializer_class = WebhookDeliverySerializer
    filterset_class = WebhookDeliveryFilters

    @extend_schema(responses=WholeWebhookDeliverySerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One delivery with its full payload and every attempt: answer, phases and reason."""
        record = self._look()
        message = Message.objects.filter(id=record.message_id).first()
        kept = MessageAttempt.objects.in_bulk(record.attempt_ids)
        stories = [
            story_of(kept[id_], number)
            for number, id_ in enumerate(record.attempt_ids, start=1)
            if id_ in kept
        ]
        data: dict[str, Any] = {
            **self.get_serializer(record).data,
            "payload": json.loads(bytes(message.body)) if message else None,
            "attempts": NumberedAttemptSerializer(stories, many=True).data,
        }
        return Response(data)

    @extend_schema(request=EmptySerializer, responses={202: SentSerializer})
    @action(detail=True, methods=["post"], permission=UPDATE)
    def resend(self, request: Request, pk: str) -> Response:
        """Send its message again, with the same id and body, to the same webhook."""
        record = self._look()
        self.given(EmptySerializer)
        if record.outcome in UNFINISHED:
            raise Conflict("It is still being tried: wait for its end, then send it again.")
        return Response(SentSerializer(resend(self.principal, record)).data, status=202)

    def _look(self) -> MessageDeliveryRecord:
        """Not locked: the rows of a view can't be."""
        record: MessageDeliveryRecord = GenericAPIView.get_object(self)
        return record
