"""API tokens: what programs prove themselves with."""

from __future__ import annotations

from datetime import datetime

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import (
    ApiModelSerializer,
    Filters,
    Lists,
    OrganizationField,
    Removes,
    Resource,
    Retrieves,
)
from accounts.core.permissions import ALL_PERMISSIONS
from accounts.models import ApiToken
from accounts.services.tokens import issue_token, revoke_token


class TokenSerializer(ApiModelSerializer):
    """A bearer token. `scopes` are permissions of the matrix; nobody can give what they don't have."""

    organization = OrganizationField()
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=60),
        allow_empty=False,
        max_length=len(ALL_PERMISSIONS),
        help_text="Permissions, as `permissions` lists them.",
    )
    user = serializers.CharField(
        source="user.email", read_only=True, allow_null=True, help_text="Whose personal token it is."
    )
    prefix = serializers.SerializerMethodField(help_text="How it begins; the rest is not kept.")

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "organization",
            "name",
            "prefix",
            "scopes",
            "user",
            "created_at",
            "created_by",
            "expires_at",
            "last_used_at",
            "revoked_at",
        ]
        read_only_fields = ["id", "created_at", "created_by", "last_used_at", "revoked_at"]

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError("Give a time to come, or null for never.")
        return value

    def get_prefix(self, token: ApiToken) -> str:
        return f"s2s_{token.prefix}"


class NewTokenSerializer(TokenSerializer):
    """The token with its text, which is told this once."""

    token = serializers.CharField(read_only=True, help_text="Keep it now: it can't be shown again.")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


class TokenFilters(Filters):
    organization = django_filters.UUIDFilter()
    revoked = django_filters.BooleanFilter(field_name="revoked_at", lookup_expr="isnull", exclude=True)


class Tokens(Lists, Retrieves, Removes, Resource):
    """DELETE revokes: the row stays, and the token is refused from then on."""

    noun = "token"
    verbs = {"destroy": "revoke"}
    queryset = ApiToken.objects.select_related("user")
    serializer_class = TokenSerializer
    filterset_class = TokenFilters
    ordering = ("-created_at", "-id")
    volatile = ("last_used_at",)

    @extend_schema(responses={201: NewTokenSerializer})
    def create(self, request: Request) -> Response:
        """Issue a token of the organization. Its text is in this answer and never again."""
        values = self.given(TokenSerializer)
        token, text = issue_token(self.principal, **{"expires_at": self.principal.ends_at, **values})
        return self.answer(token, status=201, extra={"token": text})

    def perform_destroy(self, row: ApiToken) -> None:
        revoke_token(self.principal, row)
