"""The audit log: who did what, and as a file."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http.response import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.api.audit_files import FORMATS, file_of
from accounts.api.base import (
    ApiModelSerializer,
    BadParameter,
    Filters,
    Lists,
    Resource,
    Retrieves,
    action,
)
from accounts.api.policy.parameters import refuse_unknown
from accounts.models import AuditEntry


class AuditEntrySerializer(ApiModelSerializer):
    """One thing that somebody did. `changes` is `{field: [before, after]}`; secrets stand masked."""

    organization = serializers.UUIDField(source="organization_id", read_only=True, allow_null=True)
    changes = serializers.DictField(child=serializers.ListField(), read_only=True)

    class Meta:
        model = AuditEntry
        fields = [
            "id",
            "at",
            "organization",
            "actor_kind",
            "actor_id",
            "actor",
            "is_staff",
            "address",
            "action",
            "target_type",
            "target_id",
            "target",
            "changes",
        ]


class AuditFilters(Filters):
    organization = django_filters.UUIDFilter(field_name="organization_id")
    actor = django_filters.CharFilter(lookup_expr="iexact", help_text="Who did it: an e-mail address, say.")
    actor_id = django_filters.CharFilter()
    action = django_filters.CharFilter(help_text="`verb:noun`, or a verb or noun alone.", method="of_action")
    target_type = django_filters.CharFilter()
    target_id = django_filters.CharFilter()
    since = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")
    search = django_filters.CharFilter(
        method="holds", help_text="Part of the actor, the target or the action."
    )

    def of_action(self, queryset: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[AuditEntry]:
        if ":" in value:
            return queryset.filter(action=value)
        return queryset.filter(Q(action__startswith=f"{value}:") | Q(action__endswith=f":{value}"))

    def holds(self, queryset: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[AuditEntry]:
        return queryset.filter(
            Q(actor__icontains=value) | Q(target__icontains=value) | Q(action__icontains=value)
        )


class Audit(Lists, Retrieves, Resource):
    """Append-only; entries are kept for AUDIT_RETENTION_DAYS."""

    noun = "audit"
    queryset = AuditEntry.objects.all()
    serializer_class = AuditEntrySerializer
    filterset_class = AuditFilters

    @extend_schema(
        parameters=[OpenApiParameter("format", enum=FORMATS, description="Default json.")],
        responses={
            (200, "application/json"): AuditEntrySerializer(many=True),
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    @action(detail=False, permission="read:audit", pagination_class=None)
    def export(self, request: Request, **kwargs: Any) -> StreamingHttpResponse:
        """All entries that the filters leave, newest first, as one file that comes in pieces."""
        refuse_unknown(request, {*AuditFilters.get_filters(), "format"})
        name = request.query_params.get("format", "json")
        if name not in FORMATS:
            raise BadParameter({"format": [f"Give one of: {', '.join(FORMATS)}."]})
        entries = self.filter_queryset(self.get_queryset()).order_by("-id")
        rows = (AuditEntrySerializer(entry).data for entry in entries.iterator(chunk_size=1000))
        return file_of(name, rows, AuditEntrySerializer.Meta.fields, JSONRenderer().render)
