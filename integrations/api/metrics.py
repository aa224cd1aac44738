"""Counts by hour, for each pipeline and destination."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiSerializer, ApiView, BadParameter
from accounts.api.policy.parameters import refuse_unknown
from accounts.services import access
from integrations.models import Destination, Pipeline
from integrations.services.metrics import (
    LONGEST,
    DestinationHour,
    PipelineHour,
    counted,
    destination_hours,
    pipeline_hours,
)
from integrations.services.waiting import NOTHING, waiting_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # ids have no time before it
DEFAULT = timedelta(hours=24)
HOUR = timedelta(hours=1)


class AskedSerializer(ApiSerializer):
    pipeline = serializers.UUIDField(required=False, help_text="All that you may see when left out.")
    destination = serializers.UUIDField(required=False)
    since = serializers.DateTimeField(
        required=False, help_text="Taken down to its full hour; 24 hours before `until` when left out."
    )
    until = serializers.DateTimeField(required=False, help_text="Exclusive; now when left out.")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        until: datetime = given.get("until") or timezone.now()
        if until < EPOCH + LONGEST:
            raise serializers.ValidationError({"until": "Give a time of this century."})
        since: datetime = given.get("since") or until - DEFAULT
        since = since.replace(minute=0, second=0, microsecond=0)
        if since >= until:
            raise serializers.ValidationError({"since": "Give a time before `until`."})
        if until - since > LONGEST + HOUR:
            raise serializers.ValidationError(
                {"since": "At most 31 days are counted at once: give a later time."}
            )
        return {**given, "since": since, "until": until}


class PipelineHourSerializer(ApiSerializer):
    hour = serializers.DateTimeField()
    received = serializers.IntegerField(help_text="Stored, duplicates and refused together.")
    stored = serializers.IntegerField()
    duplicates = serializers.IntegerField(help_text="Their message ids had come before.")
    refused = serializers.DictField(child=serializers.IntegerField(), help_text="By the error's code.")
    planned = serializers.IntegerField(help_text="Deliveries that were planned for them.")


class DestinationHourSerializer(ApiSerializer):
    hour = serializers.DateTimeField(help_text="In which the event came.")
    planned = serializers.IntegerField()
    skipped = serializers.DictField(child=serializers.IntegerField(), help_text="By reason.")
    delivered = serializers.IntegerField()
    rejected = serializers.IntegerField()
    exhausted = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    attempts = serializers.IntegerField(
        help_text="Requests that were made in this hour, whenever events came."
    )
    retries = serializers.IntegerField(
        help_text="Deliveries that failed and were sent once more in this hour; not after a 429."
    )


class DestinationCountsSerializer(ApiSerializer):
    destination = serializers.UUIDField()
    name = serializers.CharField()
    waiting = serializers.IntegerField(help_text="Now, whenever their events came.")
    oldest_waiting_at = serializers.DateTimeField(allow_null=True)
    hours = DestinationHourSerializer(many=True)


class PipelineCountsSerializer(ApiSerializer):
    pipeline = serializers.UUIDField()
    name = serializers.CharField()
    hours = PipelineHourSerializer(many=True)
    destinations = DestinationCountsSerializer(many=True)


class HourlySerializer(ApiSerializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    pipelines = PipelineCountsSerializer(many=True)


class Hourly(ApiView):
    """What came, what was planned and skipped by reason, and how deliveries ended, in each hour that had any.

    Received = stored + duplicates + refused; planned = delivered + rejected + exhausted + cancelled + what
    waits. Counts are kept longer than events. Destinations that were deleted are left out, but a pipeline's
    planned deliveries count theirs.
    """

    permission = "read:metrics"

    @extend_schema(parameters=[AskedSerializer], responses=HourlySerializer)
    def get(self, request: Request) -> Response:
        asked = self._asked(request)
        pipelines = self._pipelines(asked)
        destinations = self._destinations(asked, pipelines)
        span = {"since": asked["since"], "until": asked["until"]}
        numbers = counted([one.id for one in pipelines], **span)
        received, ended = pipeline_hours(numbers), destination_hours(numbers)
        waits = waiting_of([one.id for one in destinations])
        counts = [
            {
                "pipeline": pipeline.id,
                "name": pipeline.name,
                "hours": received.get(pipeline.id, list[PipelineHour]()),
                "destinations": [
                    {
                        "destination": one.id,
                        "name": one.name,
                        "waiting": waits.get(one.id, NOTHING).count,
                        "oldest_waiting_at": waits.get(one.id, NOTHING).oldest_at,
                        "hours": _hours(ended.get(one.id, ())),
                    }
                    for one in destinations
                    if one.pipeline_id == pipeline.id
                ],
            }
            for pipeline in pipelines
        ]
        return Response(HourlySerializer({**span, "pipelines": counts}).data)

    def _asked(self, request: Request) -> dict[str, Any]:
        refuse_unknown(request, AskedSerializer().fields)
        asked = AskedSerializer(data=request.query_params.dict())
        if not asked.is_valid():
            raise BadParameter(asked.errors)
        values: dict[str, Any] = asked.validated_data
        return values

    def _pipelines(self, asked: dict[str, Any]) -> list[Pipeline]:
        rows = access.visible(Pipeline.objects.all(), self.principal, self.permission, "organization_id")
        if "pipeline" in asked:
            rows = rows.filter(id=asked["pipeline"])
        if "destination" in asked:
            rows = rows.filter(destinations=asked["destination"])
        return list(rows)

    def _destinations(self, asked: dict[str, Any], pipelines: list[Pipeline]) -> list[Destination]:
        rows = Destination.objects.filter(pipeline__in=pipelines).only("id", "name", "pipeline_id")
        return list(rows.filter(id=asked["destination"]) if "destination" in asked else rows)


def _hours(hours: Iterable[DestinationHour]) -> list[dict[str, Any]]:
    return [
        {
            "hour": one.hour,
            "planned": one.planned,
            "skipped": one.skipped,
            **one.outcomes,
            "attempts": one.attempts,
            "retries": one.retries,
        }
        for one in hours
    ]
