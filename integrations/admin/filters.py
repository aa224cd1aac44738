"""Filters of the log lists: only on what an index serves, and only rows that the user may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.scoped import principal
from accounts.services import access
from delivery.partitions import first_id
from integrations.models import DeliveryRecord, Destination, Pipeline


class ClosedFilter(admin.SimpleListFilter):
    """A filter that ignores values which it does not offer."""

    column = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {str(value) for value, _ in self.lookup_choices}:
            return queryset
        return self.narrow(queryset, str(self.value()))

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(**{self.column: value})


class VisibleFilter(ClosedFilter):
    """Offers the visible rows of a model, as a drop-down list: there may be many."""

    template = "admin/dropdown_filter.html"
    model: type[Model]
    path = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = access.visible(self.rows(), principal(request), "read:delivery", self.path)
        return [(str(row.pk), str(row)) for row in rows]

    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.order_by("name")

    def has_output(self) -> bool:
        return True


class PipelineFilter(VisibleFilter):
    title = "pipeline"
    parameter_name = "pipeline"
    model = Pipeline
    path = "organization_id"
    column = "pipeline_id"


class DestinationFilter(VisibleFilter):
    title = "destination"
    parameter_name = "destination"
    model = Destination
    path = "pipeline__organization_id"
    column = "destination_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = access.visible(self.rows(), principal(request), "read:delivery", self.path)
        return [(str(row.pk), f"{row.name} ({row.pipeline.name})") for row in rows]

    def rows(self) -> QuerySet[Any]:
        return Destination.objects.select_related("pipeline").order_by("name")


class LaneFilter(DestinationFilter):
    column = "lane_id"


class OutcomeFilter(ClosedFilter):
    title = "outcome"
    parameter_name = "outcome"
    column = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return DeliveryRecord.STATES


class TypeFilter(ClosedFilter):
    title = "type"
    parameter_name = "type"
    column = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        types = ("track", "page", "screen", "identify", "group", "alias", "custom")
        return [(name, name.capitalize()) for name in types]


class TimeFilter(ClosedFilter):
    """Bounds the ids, which carry their time, so that older partitions are not opened."""

    title = "time"
    parameter_name = "since"
    SPANS = {
        "15m": ("Last 15 minutes", timedelta(minutes=15)),
        "1h": ("Last hour", timedelta(hours=1)),
        "24h": ("Last 24 hours", timedelta(hours=24)),
        "7d": ("Last 7 days", timedelta(days=7)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, label) for key, (label, _) in self.SPANS.items()]

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(id__gte=first_id(timezone.now() - self.SPANS[value][1]))
