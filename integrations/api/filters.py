"""Filters that logs share: on what an index serves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django_filters import filters

from accounts.api.base import Filters
from delivery.partitions import first_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # ids have no time before it


class LogFilters(Filters):
    """A log by the time in its ids."""

    since = filters.IsoDateTimeFilter(method="from_time", help_text="ISO 8601, inclusive.")
    until = filters.IsoDateTimeFilter(method="to_time", help_text="ISO 8601, exclusive.")

    def from_time(self, queryset: QuerySet[Any], name: str, at: datetime) -> QuerySet[Any]:
        return queryset.filter(id__gte=first_id(max(at, EPOCH)))

    def to_time(self, queryset: QuerySet[Any], name: str, at: datetime) -> QuerySet[Any]:
        return queryset.filter(id__lt=first_id(max(at, EPOCH)))
