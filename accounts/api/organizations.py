"""Organizations that the principal may see."""

from __future__ import annotations

import django_filters

from accounts.api.base import ApiModelSerializer, Filters, Lists, Resource, Retrieves, Updates
from accounts.api.base.resource import Values
from accounts.models import Organization
from accounts.services.organizations import change_organization


class OrganizationSerializer(ApiModelSerializer):
    """A customer: the wall that no object is visible across."""

    class Meta:
        model = Organization
        fields = ["id", "name", "slug", "auto_deploys", "event_days", "attempt_days", "created_at"]
        read_only_fields = ["id", "created_at"]


class OrganizationFilters(Filters):
    slug = django_filters.CharFilter()


class Organizations(Lists, Retrieves, Updates, Resource):
    """Installation staff makes organizations; their Admins name them."""

    noun = "organization"
    organization_path = "id"
    queryset = Organization.objects.all()
    serializer_class = OrganizationSerializer
    filterset_class = OrganizationFilters
    ordering = ("-created_at", "-id")

    def perform_update(self, row: Organization, values: Values) -> Organization:
        return change_organization(self.principal, row, **values)
