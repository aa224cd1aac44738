"""Write keys: what senders prove themselves with."""

from __future__ import annotations

from typing import Any

from django_filters import filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import (
    ApiModelSerializer,
    Creates,
    EmptySerializer,
    Filters,
    Lists,
    Resource,
    Retrieves,
    VisibleField,
    action,
)
from integrations.models import Pipeline, WriteKey
from integrations.services.write_keys import create_write_key, make_primary, revoke_warning, revoke_write_key

ACTION = {"request": EmptySerializer}


class WriteKeySerializer(ApiModelSerializer):
    pipeline = VisibleField(Pipeline.objects.all(), permission="create:write_key")
    key = serializers.CharField(
        required=False, help_text="8 to 128 letters, digits, _ and -. Left out, a random one is made."
    )

    revoke_warning = serializers.SerializerMethodField(
        help_text="What revoking it would break; empty if nothing."
    )

    class Meta:
        model = WriteKey
        fields = [
            "id",
            "pipeline",
            "key",
            "is_primary",
            "created_at",
            "last_used_at",
            "file_fetched_at",
            "revoked_at",
            "revoke_warning",
        ]
        read_only_fields = ["is_primary"]
        validators = []

    def get_revoke_warning(self, write_key: WriteKey) -> str:
        return revoke_warning(write_key)


class WriteKeyFilters(Filters):
    pipeline = filters.UUIDFilter("pipeline_id")
    revoked = filters.BooleanFilter("revoked_at", lookup_expr="isnull", exclude=True)


class WriteKeys(Lists, Retrieves, Creates, Resource):
    """Several a pipeline, so that keys can be rotated. The first is the primary: files and URLs show it."""

    noun = "write_key"
    organization_path = "pipeline__organization_id"
    queryset = WriteKey.objects.select_related("pipeline")
    serializer_class = WriteKeySerializer
    filterset_class = WriteKeyFilters
    ordering = ("-created_at", "-id")
    volatile = ["last_used_at", "file_fetched_at", "revoke_warning"]

    def perform_create(self, values: dict[str, Any]) -> WriteKey:
        return create_write_key(self.principal, values["pipeline"], values.get("key", ""))

    @extend_schema(**ACTION)
    @action(detail=True, methods=["post"], url_path="make-primary", permission="update:write_key")
    def make_primary(self, request: Request, pk: str) -> Response:
        """Show this key in files, URLs and webhooks from now on."""
        write_key = self.get_object()
        self.given(EmptySerializer)
        make_primary(self.principal, write_key)
        write_key.refresh_from_db()
        return self.answer(write_key)

    @extend_schema(request=EmptySerializer, responses=WriteKeySerializer)
    @action(detail=True, methods=["post"], permission="revoke:write_key")
    def revoke(self, request: Request, pk: str) -> Response:
        """Refuse senders with this key from now on. The primary key goes last.

        `revoke_warning` says, before and in this answer, whether a CDN still fetches the file by it.
        """
        write_key = self.get_object()
        self.given(EmptySerializer)
        warning = revoke_warning(write_key)
        revoke_write_key(self.principal, write_key)
        write_key.refresh_from_db()
        return self.answer(write_key, extra={"revoke_warning": warning})
