"""Filters of the audit log, and the same in the words of the API, which writes the files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.dateparse import parse_date

from accounts.admin.acting import principal
from accounts.admin.filters import OrganizationFilter
from accounts.models import AuditEntry
from accounts.services import access

RECENT = 5000  # entries that are looked through for what a filter offers
DAY = timedelta(days=1)


class RecentFilter(admin.SimpleListFilter):
    """Offers what stands in the newest entries that the user may see, and takes any value."""

    template = "admin/dropdown_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        entries = access.visible(
            AuditEntry.objects.order_by("-id"), principal(request), "read:audit", "organization_id"
        )
        known = set(entries.values_list(self.parameter_name, flat=True)[:RECENT])
        known |= {self.used_parameters[self.parameter_name]} if self.used_parameters else set()
        return [(one, one) for one in sorted(known)]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        return queryset.none() if "\0" in value else queryset.filter(**{self.parameter_name: value})


class ActionFilter(RecentFilter):
    title = parameter_name = "action"


class ActorFilter(RecentFilter):
    title = parameter_name = "actor"


class AuditedOrganizationFilter(OrganizationFilter):
    permission = "read:audit"


class DateRangeFilter(admin.ListFilter):
    """From one day to another, both included, in UTC."""

    title = "date"
    template = "admin/date_filter.html"
    NAMES = ("since", "until")

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.NAMES:
            day = _day(params.pop(name, [""])[-1])
            if day:
                self.used_parameters[name] = day

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return list(self.NAMES)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        others = [pair for pair in changelist.params.items() if pair[0] not in (*self.NAMES, "p")]
        days = {name: self.used_parameters.get(name) for name in self.NAMES}
        yield {**days, "others": others, "selected": not any(days.values())}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until = (self.used_parameters.get(name) for name in self.NAMES)
        queryset = queryset.filter(at__gte=midnight(since)) if since else queryset
        return queryset.filter(at__lt=midnight(until + DAY)) if until else queryset


def midnight(day: date) -> datetime:
    """When the day begins."""
    return datetime.combine(day, time(), UTC)


def export_query(asked: QueryDict, organizations: set[str]) -> dict[str, str]:
    """What the list's address asks for, as the API's parameters. What the list ignores is left out."""
    since, until = _day(asked.get("since", "")), _day(asked.get("until", ""))
    query = {
        "organization": asked.get("organization", "") if asked.get("organization") in organizations else "",
        "action": asked.get("action", ""),
        "actor": asked.get("actor", ""),
        "search": asked.get("q", "").strip(),
        "since": midnight(since).isoformat() if since else "",
        "until": midnight(until + DAY).isoformat() if until else "",
    }
    return {name: value for name, value in query.items() if value}


def _day(text: str) -> date | None:
    """The day of a date input; None for what is none, or the calendar's last."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and day < date.max else None
