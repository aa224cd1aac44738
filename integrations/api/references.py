"""Vendor revisions in bodies and queries: built-in ones are everybody's, others their organization's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.api.base import VisibleField
from accounts.core.principal import Principal
from integrations.models import VendorRevision


class RevisionField(VisibleField):
    """A vendor revision by its id."""

    def __init__(self, **options: Any) -> None:
        super().__init__(VendorRevision.objects.all(), permission="read:vendor", **options)

    def get_queryset(self) -> QuerySet[Any]:
        return visible_revisions(self.principal)


def visible_revisions(principal: Principal) -> QuerySet[VendorRevision]:
    """The revisions that somebody may read."""
    organizations = principal.organization_ids("read:vendor")
    if organizations is None:
        return VendorRevision.objects.all()
    built_in = Q(organization=None) if organizations else Q(pk__in=[])
    return VendorRevision.objects.filter(built_in | Q(organization_id__in=organizations))


def newest_of(revisions: QuerySet[VendorRevision]) -> QuerySet[VendorRevision]:
    """The newest revision of each vendor among these."""
    newest = revisions.order_by("organization_id", "slug", "-revision").distinct("organization_id", "slug")
    return VendorRevision.objects.filter(id__in=newest.values("id"))


def newest_called(slug: str, organization_id: UUID) -> VendorRevision | None:
    """The newest revision of a vendor by its name; an organization's own stands before a built-in one."""
    own = Q(organization_id=organization_id)
    revisions = VendorRevision.objects.filter(own | Q(organization=None), slug=slug)
    return min(revisions, key=lambda one: (one.organization_id is None, -one.revision), default=None)
