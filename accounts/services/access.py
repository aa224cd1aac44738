"""What a user may see and do: every query and every check of admin and API goes through here."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet

from accounts.core.permissions import Role, allows
from accounts.models import Member, User

M = TypeVar("M", bound=Model)


def member_of(user: User | AnonymousUser, organization_id: UUID) -> Member | None:
    """The user's membership in the organization."""
    if not user.is_authenticated:
        return None
    return Member.objects.filter(user=user, organization_id=organization_id).first()


def may(user: User | AnonymousUser, permission: str, organization_id: UUID | None = None) -> bool:
    """Whether the user has the permission in the organization, or in any when none is named."""
    if not user.is_active or not user.is_authenticated:
        return False
    if user.is_superuser:
        return True
    members = Member.objects.filter(user=user)
    if organization_id is not None:
        members = members.filter(organization_id=organization_id)
    return any(allows(Role(m.role), permission, granted=_grants(m)) for m in members)


def organization_ids(user: User | AnonymousUser, permission: str) -> list[UUID]:
    """The organizations in which the user has the permission (not for superusers, who have all)."""
    if not user.is_authenticated:
        return []
    members = Member.objects.filter(user=user)
    return [m.organization_id for m in members if allows(Role(m.role), permission, granted=_grants(m))]


def visible(queryset: QuerySet[M], user: User, permission: str, path: str) -> QuerySet[M]:
    """The rows whose organization (at this field path) grants the user the permission."""
    if user.is_superuser:
        return queryset
    return queryset.filter(**{f"{path}__in": organization_ids(user, permission)})


def _grants(member: Member) -> frozenset[str]:
    return frozenset({"read:events"}) if member.can_read_events else frozenset()
