"""What somebody may see and do: every query and every check of admin and API goes through here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet

from accounts.core.permissions import ALL_PERMISSIONS, Role, permissions_of
from accounts.core.principal import NOBODY, Kind, Principal
from accounts.models import Member, User

M = TypeVar("M", bound=Model)


def principal_of(user: User | AnonymousUser, *, address: str = "") -> Principal:
    """The user with everything their memberships and their place in the installation grant."""
    if not user.is_authenticated or not user.is_active:
        return NOBODY
    return Principal(
        kind=Kind.USER,
        id=str(user.pk),
        label=user.email,
        granted=granted_to(Member.objects.filter(user=user)),
        everywhere=_everywhere(user),
        address=address,
        person=str(user.pk),
    )


def granted_to(members: Iterable[Member]) -> dict[UUID, frozenset[str]]:
    """What memberships grant, by organization."""
    return {one.organization_id: permissions_of(Role(one.role), granted=_grants(one)) for one in members}


def may(user: User | AnonymousUser, permission: str, organization_id: UUID | None = None) -> bool:
    """Whether the user has the permission in the organization, or in any when none is named."""
    return principal_of(user).may(permission, organization_id)


def visible(
    queryset: QuerySet[M], who: User | AnonymousUser | Principal, permission: str, path: str
) -> QuerySet[M]:
    """The rows whose organization (at this field path) grants the permission."""
    principal = who if isinstance(who, Principal) else principal_of(who)
    organizations = principal.organization_ids(permission)
    if organizations is None:
        return queryset
    return queryset.filter(**{f"{path}__in": organizations})


def _everywhere(user: User) -> frozenset[str]:
    if user.is_superuser:
        return ALL_PERMISSIONS
    return permissions_of(Role(user.installation_role)) if user.installation_role else frozenset()


def _grants(member: Member) -> frozenset[str]:
    return frozenset({"read:events"}) if member.can_read_events else frozenset()
