"""Who the token stands for, and what the permissions are."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiSerializer, ApiView
from accounts.core.permissions import ALL_PERMISSIONS, GRANTS, PERMISSIONS, Role
from accounts.core.principal import Kind
from accounts.models import Organization


class PlaceSerializer(ApiSerializer):
    """An organization, and what the principal may do in it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())


class MeSerializer(ApiSerializer):
    """Who asks."""

    kind = serializers.ChoiceField([Kind.USER.value, Kind.TOKEN.value])
    id = serializers.CharField()
    label = serializers.CharField(help_text="How the audit log calls it.")
    everywhere = serializers.ListField(
        child=serializers.CharField(), help_text="What installation staff may do in every organization."
    )
    organizations = PlaceSerializer(many=True, help_text="Where it is a member, or the token's.")


class Me(ApiView):
    """Who the token or session stands for, and what it may do where."""

    @extend_schema(operation_id="me_retrieve", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        by = self.principal
        places = Organization.objects.filter(pk__in=by.granted)
        return Response(
            {
                "kind": by.kind.value,
                "id": by.id,
                "label": by.label,
                "everywhere": sorted(by.everywhere),
                "organizations": [
                    {
                        "id": one.pk,
                        "name": one.name,
                        "slug": one.slug,
                        "permissions": sorted(by.granted[one.pk] | by.everywhere),
                    }
                    for one in places
                ],
            }
        )


class PermissionSerializer(ApiSerializer):
    """One permission, and which roles have it."""

    permission = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    grant = serializers.BooleanField(help_text="Whether a member of another role can have it granted.")


class MatrixSerializer(ApiSerializer):
    """The whole matrix."""

    permissions = PermissionSerializer(many=True)


class Permissions(ApiView):
    """The matrix of roles and permissions: the same for admin, API and tokens."""

    @extend_schema(operation_id="permissions_retrieve", responses=MatrixSerializer)
    def get(self, request: Request) -> Response:
        return Response({"permissions": [_row(permission) for permission in sorted(ALL_PERMISSIONS)]})


def _row(permission: str) -> dict[str, object]:
    return {
        "permission": permission,
        "roles": [role.value for role in Role if permission in PERMISSIONS[role]],
        "grant": permission in GRANTS,
    }
