"""Pages by cursor: stable while rows come, never a count."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from accounts.api.policy.parameters import BadParameter

MOST = 200
PARAMETERS = ("cursor", "limit")


class Pages(CursorPagination):
    """`{next, previous, results}`, newest id first unless the view has an `ordering`."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = MOST
    cursor_query_description = "Where the page begins: part of `next` and `previous`, opaque."
    page_size_query_description = f"Rows of a page, at most {MOST}."
    template = None

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any]:
        """BadParameter also for a cursor whose position is none of this list."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, OverflowError, ValidationError, DataError):
            raise BadParameter({"cursor": ["Use `next` or `previous` of an earlier page."]}) from None

    def get_page_size(self, request: Request) -> int:
        given = request.query_params.get(self.page_size_query_param)
        if given is None:
            return self.page_size
        if not (given.isascii() and given.isdecimal() and 1 <= int(given[:10]) <= MOST):
            raise BadParameter({"limit": [f"Give a number from 1 to {MOST}."]})
        return int(given)

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        ordering = getattr(view, "ordering", "-id")
        return (ordering,) if isinstance(ordering, str) else tuple(ordering)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": self.cursor_query_description,
                "schema": {"type": "string"},
            },
            {
                "name": "limit",
                "in": "query",
                "description": self.page_size_query_description,
                "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": self.page_size},
            },
        ]
