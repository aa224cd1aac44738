"""Who acts on a page, from where, and what they may do."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from accounts.core.principal import Principal
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
