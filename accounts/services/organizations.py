"""Makes, changes and removes organizations."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from accounts.core.principal import Principal
from accounts.models import Organization
from accounts.services.audit import differences, record, snapshot


@transaction.atomic
def create_organization(by: Principal, *, name: str, slug: str) -> Organization:
    """A customer without members: its first Admin is invited. ValidationError when it is not right."""
    organization = Organization(name=name, slug=slug)
    organization.full_clean()
    organization.save(force_insert=True)
    made = differences({}, snapshot(organization))
    record(by, "create:organization", organization, organization_id=organization.pk, differences=made)
    return organization


@transaction.atomic
def change_organization(
    by: Principal, organization: Organization, *, name: str | None = None, slug: str | None = None
) -> Organization:
    """What is given. ValidationError when it is not right; nothing is written when nothing differs."""
    current = Organization.objects.select_for_update().get(pk=organization.pk)
    before = snapshot(current)
    current.name = current.name if name is None else name
    current.slug = current.slug if slug is None else slug
    current.full_clean()
    changed = differences(before, snapshot(current))
    if changed:
        current.save(update_fields=["name", "slug"])
        record(by, "update:organization", current, organization_id=current.pk, differences=changed)
    return current


@transaction.atomic
def remove_organization(by: Principal, organization: Organization) -> None:
    """With its members and tokens; its audit log stays. ValidationError while it has pipelines."""
    before, key = snapshot(organization), organization.pk
    try:
        organization.delete()
    except ProtectedError:
        raise ValidationError(f"{organization} still has pipelines. Remove those first.") from None
    organization.pk = key
    gone = differences(before, {})
    record(by, "delete:organization", organization, organization_id=key, differences=gone)
