"""Who acts on a page, from where, and what they may do."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from accounts.core.principal import Principal
from accounts.models import Organization
from accounts.services.access import principal_of
from accounts.sign_in import client_address


def principal(request: HttpRequest) -> Principal:
    """Who the user is to the permissions, and the address they come from; read once a request."""
    known = request.__dict__.get("_principal")
    if known is None:
        known = principal_of(request.user, address=client_address(request))
        request.__dict__["_principal"] = known
    return known


def may(request: HttpRequest, permission: str, organization_id: UUID | None = None) -> bool:
    """Whether the user has the permission in the organization, or in any when none is named."""
    return principal(request).may(permission, organization_id)


def only_organization(request: HttpRequest, permission: str) -> Organization | None:
    """The one where the user has the permission; None when there are more, or none."""
    places = principal(request).organization_ids(permission)
    rows = Organization.objects.all() if places is None else Organization.objects.filter(id__in=places)
    found = list(rows[:2])
    return found[0] if len(found) == 1 else None
