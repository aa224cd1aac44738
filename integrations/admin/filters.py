"""Filters of the log lists: only on what an index serves, and only rows that the user may see."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.acting import principal
from accounts.admin.filters import ClosedFilter, VisibleFilter
from accounts.services import access
from integrations.models import DeliveryRecord, Destination, Pipeline, Replay, TrackingFile

LATEST_REPLAYS = 20


class PipelineFilter(VisibleFilter):
    title = "pipeline"
    parameter_name = "pipeline"
    model = Pipeline
    path = "organization_id"
    column = "pipeline_id"
    permission = "read:delivery"


class DestinationFilter(VisibleFilter):
    title = "destination"
    parameter_name = "destination"
    model = Destination
    path = "pipeline__organization_id"
    column = "destination_id"
    permission = "read:delivery"

    def rows(self) -> QuerySet[Any]:
        return Destination.objects.select_related("pipeline").order_by("name")

    def label(self, row: Destination) -> str:
        return f"{row.name} ({row.pipeline.name})"


class LaneFilter(DestinationFilter):
    column = "lane_id"


class FileFilter(VisibleFilter):
    title = "tracking file"
    parameter_name = "file"
    model = TrackingFile
    path = "pipeline__organization_id"
    column = "tracking_file_id"
    permission = "read:tracking_file"

    def rows(self) -> QuerySet[Any]:
        return TrackingFile.objects.select_related("pipeline").order_by("pipeline__name")

    def label(self, row: TrackingFile) -> str:
        return str(row.pipeline)


class OutcomeFilter(ClosedFilter):
    title = "outcome"
    parameter_name = "outcome"
    column = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return DeliveryRecord.STATES


class ReplayFilter(VisibleFilter):
    """Offers the latest replays, and the one that is chosen."""

    title = "replay"
    parameter_name = "replay"
    model = Replay
    path = "organization_id"
    column = "replay_id"
    permission = "read:delivery"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        seen = access.visible(Replay.objects.all(), principal(request), self.permission, self.path)
        latest = list(seen.order_by("-asked_at")[:LATEST_REPLAYS])
        chosen = request.GET.get(self.parameter_name, "")
        if chosen not in {str(one.pk) for one in latest} and _is_id(chosen):
            latest += seen.filter(pk=chosen)
        return [(str(one.pk), str(one)) for one in latest]


class DraftFilter(ClosedFilter):
    title = "staged change"
    parameter_name = "draft"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Draft waiting"), ("none", "No draft")]

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(draft__isnull=value == "none")


class TypeFilter(ClosedFilter):
    title = "type"
    parameter_name = "type"
    column = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        types = ("track", "page", "screen", "identify", "group", "alias", "custom")
        return [(name, name.capitalize()) for name in types]


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
