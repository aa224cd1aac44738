"""Attempts: every HTTP request to a vendor."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django_filters import filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiSerializer, Lists, LogFilters, Resource
from accounts.services import access
from delivery.api import AttemptSerializer
from integrations.models import Attempt, DeliveryRecord
from integrations.services.attempt_stories import attempt_story
from integrations.services.wording import without_query


class ListedAttemptSerializer(ApiSerializer):
    """One HTTP request, without headers and bodies."""

    id = serializers.UUIDField()
    destination = serializers.UUIDField(source="lane_id")
    deliveries = serializers.SerializerMethodField(help_text="How many deliveries rode on it.")
    started_at = serializers.DateTimeField()
    operation = serializers.CharField(help_text="A test's ends in (test) or (live test).")
    method = serializers.CharField()
    url = serializers.SerializerMethodField(help_text="Without its query, which needs read:events.")
    status = serializers.IntegerField(allow_null=True)
    verdict = serializers.CharField()
    reason = serializers.CharField()
    total_ms = serializers.FloatField()

    def get_deliveries(self, attempt: Attempt) -> int:
        return len(attempt.delivery_ids)

    def get_url(self, attempt: Attempt) -> str:
        shows = self.context["view"].principal.may("read:events", attempt.scope_id)
        return attempt.url if shows else without_query(attempt.url)


class WholeAttemptSerializer(AttemptSerializer):
    """One HTTP request and its answer."""

    destination = serializers.UUIDField()
    deliveries = serializers.ListField(child=serializers.UUIDField())


class AttemptFilters(LogFilters):
    destination = filters.UUIDFilter("lane_id")
    delivery = filters.UUIDFilter(method="of_delivery")

    def of_delivery(self, queryset: QuerySet[Attempt], name: str, delivery_id: UUID) -> QuerySet[Attempt]:
        """Through the delivery, which names its attempts: no index finds them the other way."""
        records = access.visible(
            DeliveryRecord.objects.filter(id=delivery_id),
            self.request.auth,
            "read:delivery",
            "organization_id",
        )
        found = [id_ for ids in records.values_list("attempt_ids", flat=True) for id_ in ids]
        return queryset.filter(id__in=found)


class Attempts(Lists, Resource):
    """Every HTTP request to a vendor, newest first, with secrets masked."""

    noun = "delivery"
    organization_path = "scope_id"
    queryset = Attempt.objects.order_by("-id")
    serializer_class = ListedAttemptSerializer
    filterset_class = AttemptFilters

    def get_queryset(self) -> QuerySet[Attempt]:
        rows: QuerySet[Attempt] = super().get_queryset()
        bodies = ("request_body", "response_body", "request_headers", "response_headers")
        return rows.defer(*bodies) if self.action == "list" else rows

    @extend_schema(responses=WholeAttemptSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One request and its answer. Bodies and the query need read:events."""
        attempt = self.get_object()
        shows = self.principal.may("read:events", attempt.scope_id)
        story = AttemptSerializer(attempt_story(attempt, 1, shows_personal_data=shows)).data
        deliveries = [str(id_) for id_ in attempt.delivery_ids]
        return self.seen({**story, "destination": str(attempt.lane_id), "deliveries": deliveries})
