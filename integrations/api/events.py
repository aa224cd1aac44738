"""Events: what came in, and what became of each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiSerializer, Lists, LogFilters, Resource
from delivery.partitions import first_id
from integrations.api.stories import REASONS, DestinationStorySerializer
from integrations.core.event import TYPES
from integrations.models import Event
from integrations.services.event_page import event_page
from integrations.services.wording import masked_id

SEARCHED = timedelta(hours=24)
MASKED = "Masked without read:events."


class SkipSerializer(ApiSerializer):
    """A destination that does not get the event."""

    destination = serializers.UUIDField()
    reason = serializers.ChoiceField(REASONS)
    sentence = serializers.CharField()


class EventSerializer(ApiSerializer):
    """An event without its contents."""

    id = serializers.UUIDField()
    pipeline = serializers.UUIDField(source="pipeline_id")
    type = serializers.ChoiceField(TYPES)
    name = serializers.CharField()
    message_id = serializers.CharField()
    user_id = serializers.SerializerMethodField(help_text=MASKED)
    anonymous_id = serializers.SerializerMethodField(help_text=MASKED)
    received_at = serializers.DateTimeField()
    planned = serializers.IntegerField(help_text="Deliveries that were planned for it.")
    skips = SkipSerializer(many=True)

    def get_user_id(self, event: Event) -> str:
        return event.user_id if self._is_open(event) else masked_id(event.user_id)

    def get_anonymous_id(self, event: Event) -> str:
        return event.anonymous_id if self._is_open(event) else masked_id(event.anonymous_id)

    def _is_open(self, event: Event) -> bool:
        allowed: bool = self.context["view"].principal.may("read:events", event.organization_id)
        return allowed


class WholeEventSerializer(EventSerializer):
    """An event with its story and its contents."""

    headline = serializers.CharField(help_text="The story in one sentence.")
    destinations = DestinationStorySerializer(many=True)
    unrecorded = serializers.CharField(help_text="What of its story is not stored any more; mostly empty.")
    shows_personal_data = serializers.BooleanField(help_text="Whether you have read:events here.")
    payload = serializers.DictField(allow_null=True, help_text="As it is stored; null without read:events.")


class EventFilters(LogFilters):
    pipeline = filters.UUIDFilter("pipeline_id")
    type = filters.ChoiceFilter(choices=[(name, name) for name in TYPES])
    message_id = filters.CharFilter(help_text="Exact.")
    user_id = filters.CharFilter(
        method="of_user", help_text="Exact, among the events of the last 24 hours unless `since` is given."
    )

    def of_user(self, queryset: QuerySet[Any], name: str, user_id: str) -> QuerySet[Any]:
        """No index serves it, so the time bounds it."""
        if not self.data.get("since"):
            queryset = queryset.filter(id__gte=first_id(timezone.now() - SEARCHED))
        return queryset.filter(user_id=user_id)


class Events(Lists, Resource):
    """What came in, newest first. Contents and identifiers of people need read:events."""

    noun = "delivery"
    queryset = Event.objects.defer("payload")
    serializer_class = EventSerializer
    filterset_class = EventFilters
    tagged = False  # its story says "in 2 min", and is another one in a minute

    @extend_schema(responses=WholeEventSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One event with what became of it at each destination, in sentences."""
        event = self.get_object()
        shows = self.principal.may("read:events", event.organization_id)
        page = event_page(event, now=timezone.now(), shows_personal_data=shows)
        whole = {
            **EventSerializer(event, context=self.get_serializer_context()).data,
            "headline": page.headline,
            "destinations": DestinationStorySerializer(page.stories, many=True).data,
            "unrecorded": page.unrecorded,
            "shows_personal_data": shows,
            "payload": event.payload if shows else None,
        }
        return Response(whole)
