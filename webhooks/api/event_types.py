"""The event types: what each tells of, its JSON Schema and an example."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiSerializer, ApiView
from webhooks.core.event_types import EVENT_TYPES


class EventTypeSerializer(ApiSerializer):
    """One kind of message."""

    name = serializers.CharField()
    about = serializers.CharField()
    is_chosen = serializers.BooleanField(help_text="Whether webhooks subscribe to it.")
    schema = serializers.DictField(help_text="JSON Schema (2020-12) of the whole body.")
    example = serializers.DictField(help_text="A whole body.")


class EventTypesSerializer(ApiSerializer):
    """All of them."""

    event_types = EventTypeSerializer(many=True)


class EventTypes(ApiView):
    """What webhooks can tell of, with JSON Schemas and examples."""

    permission = "read:webhook_config"

    @extend_schema(operation_id="webhook_event_types_retrieve", responses=EventTypesSerializer)
    def get(self, request: Request) -> Response:
        return Response({"event_types": EventTypeSerializer(EVENT_TYPES.values(), many=True).data})
