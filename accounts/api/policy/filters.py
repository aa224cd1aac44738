"""Filters of lists, by django-filter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django_filters import BooleanFilter, IsoDateTimeFilter
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.request import Request

from accounts.api.policy.parameters import BadParameter
from accounts.core.log_ids import first_id_of

__all__ = ["Filters", "LogFilters", "QueryFilters"]


class Filters(FilterSet):
    """The base of a resource's filters."""


class LogFilters(Filters):
    """A log by the time in its ids, which are UUIDv7s: on what every log's index serves."""

    since = IsoDateTimeFilter(method="from_time", help_text="ISO 8601, inclusive.")
    until = IsoDateTimeFilter(method="to_time", help_text="ISO 8601, exclusive.")

    def from_time(self, queryset: QuerySet[Any], name: str, at: datetime) -> QuerySet[Any]:
        return queryset.filter(id__gte=first_id_of(at))

    def to_time(self, queryset: QuerySet[Any], name: str, at: datetime) -> QuerySet[Any]:
        return queryset.filter(id__lt=first_id_of(at))


class QueryFilters(DjangoFilterBackend):
    """django-filter's, with its refusals told by parameter."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        ignored = _ignored(filterset, request)
        if ignored:
            raise BadParameter(ignored)
        if not filterset.is_valid():
            raise BadParameter({name: _refusals(filterset, name) for name in filterset.errors})
        return filterset.qs


def _ignored(filterset: FilterSet, request: Request) -> dict[str, list[str]]:
    """Values that django-filter would take for none at all, and so show everything."""
    sentences: dict[str, list[str]] = {}
    for name, one in filterset.filters.items():
        values = request.query_params.getlist(name)
        if "" in values:
            sentences[name] = ["Give a value, or leave it out."]
        elif isinstance(one, BooleanFilter) and not {"true", "false"}.issuperset(values):
            sentences[name] = ["Give true or false."]
    return sentences


def _refusals(filterset: FilterSet, name: str) -> list[str]:
    """What to give in place of a value that does not fit."""
    field = filterset.form.fields.get(name)
    if isinstance(field, forms.DateTimeField):
        return ["Give a time such as 2026-11-21T12:00:00Z."]
    if isinstance(field, forms.ChoiceField):
        return [f"Give one of: {', '.join(str(value) for value, _ in field.choices if value != '')}."]
    return [str(one) for one in filterset.errors[name]]
