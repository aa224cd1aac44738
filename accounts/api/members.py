"""Members of an organization: who is there, with which role and grant."""

from __future__ import annotations

import django_filters
from rest_framework import serializers

from accounts.api.base import (
    ApiModelSerializer,
    Filters,
    Lists,
    OrganizationField,
    Removes,
    Resource,
    Retrieves,
    Updates,
)
from accounts.api.base.resource import Values
from accounts.core.permissions import Role
from accounts.models import Member
from accounts.services.giving import refuse_beyond
from accounts.services.members import change_role, grant_event_reading, remove


class MemberSerializer(ApiModelSerializer):
    """A user in an organization. `can_read_events` is the grant `read:events`: personal data in clear."""

    organization = OrganizationField(read_only=True, help_text="Where they are a member.")
    email = serializers.EmailField(source="user.email", read_only=True)
    is_active = serializers.BooleanField(
        source="user.is_active", read_only=True, help_text="Whether the user can sign in."
    )
    role = serializers.ChoiceField(choices=Member.ROLES)

    class Meta:
        model = Member
        fields = ["id", "organization", "email", "is_active", "role", "can_read_events"]


class MemberFilters(Filters):
    email = django_filters.CharFilter(field_name="user__email", lookup_expr="iexact")
    organization = django_filters.UUIDFilter()
    role = django_filters.ChoiceFilter(choices=Member.ROLES)


class Members(Lists, Retrieves, Updates, Removes, Resource):
    """New members come by invitation. The last Admin of an organization stays."""

    noun = "member"
    queryset = Member.objects.select_related("user", "organization")
    serializer_class = MemberSerializer
    filterset_class = MemberFilters

    def perform_update(self, row: Member, values: Values) -> Member:
        if "role" in values:
            refuse_beyond(self.principal, row.organization_id, role=Role(values["role"]))
            row = change_role(self.principal, row, Role(values["role"]))
        if "can_read_events" in values:
            if values["can_read_events"]:
                refuse_beyond(self.principal, row.organization_id, grant="read:events")
            row = grant_event_reading(self.principal, row, values["can_read_events"])
        return row

    def perform_destroy(self, row: Member) -> None:
        remove(self.principal, row)
