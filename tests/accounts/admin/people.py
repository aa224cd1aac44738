"""Organizations, their members, and clients that are signed in."""

from __future__ import annotations

from typing import Any

from django.test import Client

from accounts.core.permissions import Role
from accounts.models import AuditEntry, Member, Organization, User


def organization(slug: str = "shop") -> Organization:
    return Organization.objects.create(name=slug.capitalize(), slug=slug)


def member(email: str, place: Organization, role: Role = Role.ADMIN, **fields: Any) -> Member:
    user = User.objects.create_user(email, is_staff=True)
    return Member.objects.create(organization=place, user=user, role=role, **fields)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def signed_in(email: str, place: Organization, role: Role = Role.ADMIN) -> Client:
    return client_of(member(email, place, role).user)


def staff(email: str = "root@here.example") -> Client:
    """A client of installation staff."""
    return client_of(User.objects.create_superuser(email))


def told() -> list[tuple[str, dict[str, list[Any]]]]:
    """The audit log, oldest first: what was done, and what changed."""
    entries = AuditEntry.objects.exclude(action__endswith="sign_in:user").order_by("id")
    return [(entry.action, entry.changes) for entry in entries]
