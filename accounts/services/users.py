"""Makes, changes and removes users: what installation staff does with people who sign in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.core.permissions import Role
from accounts.core.principal import Principal
from accounts.models import User
from accounts.services.audit import Differences, differences, record, snapshot
from accounts.services.members import refuse_for_last_admin, remove


@transaction.atomic
def create_user(by: Principal, user: User) -> User:
    """The user as filled in, their password's hash included. ValidationError when it is not right."""
    user.email = user.email.strip().lower()
    user.full_clean()
    user.save(force_insert=True)
    _tell(by, "create:user", user, differences({}, snapshot(user)), [None])
    return user


@transaction.atomic
def change_user(by: Principal, user: User, changes: Mapping[str, Any]) -> User:
    """What is given. ValidationError when an organization would lose its last Admin who can sign in."""
    stored = User.objects.select_for_update().get(pk=user.pk)
    before = snapshot(stored)
    for name, value in changes.items():
        setattr(stored, name, value)
    stored.email = stored.email.strip().lower()
    stored.full_clean()
    if before["is_active"] and not stored.is_active:
        _refuse_for_last_admins(stored)
        stored.sessions_ended_at = timezone.now()
    changed = differences(before, snapshot(stored))
    if changed:
        stored.save(update_fields=[*changed, "sessions_ended_at"])
        _tell(by, "update:user", stored, changed, _places(stored))
    return stored


@transaction.atomic
def remove_user(by: Principal, user: User) -> None:
    """Leaves every organization first. ValidationError for the last Admin of one."""
    before, key, places = snapshot(user), user.pk, _places(user)
    for member in user.memberships.order_by("organization_id"):
        remove(by, member)
    user.delete()
    user.pk = key
    _tell(by, "delete:user", user, differences(before, {}), places)


@transaction.atomic
def take_second_factor(by: Principal, user: User) -> None:
    """For who lost phone and recovery codes: they sign in by password alone and can set up a new one."""
    taken = Authenticator.objects.filter(user=user)
    types = sorted(taken.values_list("type", flat=True))
    if not types:
        raise ValidationError(f"{user.email} has no second factor.")
    taken.delete()
    for kind in types:
        _tell(by, f"remove:{kind}", user, {}, _places(user))


def _refuse_for_last_admins(user: User) -> None:
    for member in user.memberships.filter(role=Role.ADMIN).order_by("organization_id"):
        refuse_for_last_admin(member, "deactivated")


def _places(user: User) -> list[UUID | None]:
    """Customers see what staff does to their members; the installation's log has the others."""
    return [*user.memberships.values_list("organization_id", flat=True)] or [None]


def _tell(by: Principal, action: str, user: User, told: Differences, places: list[UUID | None]) -> None:
    for place in places:
        record(by, action, user, organization_id=place, differences=told)
