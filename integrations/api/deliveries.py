"""Deliveries: unfinished and ended ones as one list, with a person's decisions on held ones."""

from __future__ import annotations

from typing import Any

from django_filters import filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import (
    ApiSerializer,
    Conflict,
    EmptySerializer,
    Lists,
    LogFilters,
    Resource,
    action,
    etags,
)
from delivery.api import NumberedAttemptSerializer
from integrations.models import Attempt, DeliveryRecord
from integrations.services.attempt_stories import attempt_story
from integrations.services.decisions import Decision, decide

DECIDE = "decide:delivery"


class DeliverySerializer(ApiSerializer):
    """One event for one destination, or one of the parts in which the vendor gets it."""

    id = serializers.UUIDField()
    pipeline = serializers.UUIDField(source="pipeline_id")
    destination = serializers.UUIDField(source="destination_id")
    event = serializers.UUIDField(source="event_id")
    part = serializers.IntegerField(
        help_text="Which part of the event, from 0, for vendors that get it in several; else 0."
    )
    replay = serializers.UUIDField(
        source="replay_id", allow_null=True, help_text="The replay that made it; null for what was planned."
    )
    outcome = serializers.ChoiceField(DeliveryRecord.STATES)
    reason = serializers.CharField()
    attempts_spent = serializers.IntegerField(source="attempts")
    due_at = serializers.DateTimeField(allow_null=True, help_text="The next try of an unfinished one.")
    ended_at = serializers.DateTimeField(allow_null=True)


class WholeDeliverySerializer(DeliverySerializer):
    """A delivery with its attempts. Bodies and queries need read:events."""

    attempts = NumberedAttemptSerializer(many=True, help_text="Those that are still stored.")


class DeliveryFilters(LogFilters):
    pipeline = filters.UUIDFilter("pipeline_id")
    destination = filters.UUIDFilter("destination_id")
    event = filters.UUIDFilter("event_id")
    outcome = filters.ChoiceFilter(choices=DeliveryRecord.STATES)
    replay = filters.UUIDFilter("replay_id")


class Deliveries(Lists, Resource):
    """Every delivery, newest first: what waits, what ended and how. Skips stand on events."""

    noun = "delivery"
    queryset = DeliveryRecord.objects.all()
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilters

    @extend_schema(responses=WholeDeliverySerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One delivery with its attempts."""
        return self.seen(self._whole(self._look()))

    @extend_schema(request=EmptySerializer, responses=WholeDeliverySerializer)
    @action(detail=True, methods=["post"], url_path="send-again", permission=DECIDE)
    def send_again(self, request: Request, pk: str) -> Response:
        """Send a held delivery again."""
        return self._decide(Decision.SEND_AGAIN)

    @extend_schema(request=EmptySerializer, responses=WholeDeliverySerializer)
    @action(detail=True, methods=["post"], url_path="mark-delivered", permission=DECIDE)
    def mark_delivered(self, request: Request, pk: str) -> Response:
        """End a held delivery as delivered: it was found at the vendor."""
        return self._decide(Decision.MARK_DELIVERED)

    @extend_schema(request=EmptySerializer, responses=WholeDeliverySerializer)
    @action(detail=True, methods=["post"], permission=DECIDE)
    def cancel(self, request: Request, pk: str) -> Response:
        """End a held delivery as cancelled."""
        return self._decide(Decision.CANCEL)

    def _look(self) -> DeliveryRecord:
        """Not locked: the rows of a view can't be, and a decision locks its own."""
        record: DeliveryRecord = GenericAPIView.get_object(self)
        return record

    def _decide(self, decision: Decision) -> Response:
        record = self._look()
        etags.check_match(self.request, self.etag_of(self._whole(record)))
        self.given(EmptySerializer)
        if not decide(self.principal, record.id, decision):
            raise Conflict(f"Only held deliveries are decided, and this one is {record.outcome}.")
        decided = self._whole(self._look())
        return Response(decided, headers={"ETag": self.etag_of(decided)})

    def _whole(self, record: DeliveryRecord) -> dict[str, Any]:
        shows = self.principal.may("read:events", record.organization_id)
        kept = Attempt.objects.in_bulk(record.attempt_ids) if record.attempt_ids else {}
        stories = [
            attempt_story(kept[id_], number, shows_personal_data=shows)
            for number, id_ in enumerate(record.attempt_ids, start=1)
            if id_ in kept
        ]
        return {
            **self.get_serializer(record).data,
            "attempts": NumberedAttemptSerializer(stories, many=True).data,
        }
