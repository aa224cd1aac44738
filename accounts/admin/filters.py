"""Filters of lists: only what they offer, and only rows that the user may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.acting import principal
from accounts.core.log_ids import first_id_of
from accounts.models import Organization
from accounts.services import access


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
    permission = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = access.visible(self.rows(), principal(request), self.permission, self.path)
        return [(str(row.pk), self.label(row)) for row in rows]

    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.order_by("name")

    def label(self, row: Any) -> str:
        return str(row)

    def has_output(self) -> bool:
        return True


class OrganizationFilter(VisibleFilter):
    title = "organization"
    parameter_name = "organization"
    model = Organization
    path = "id"
    column = "organization_id"
    permission = "read:organization"


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
        return queryset.filter(id__gte=first_id_of(timezone.now() - self.SPANS[value][1]))
