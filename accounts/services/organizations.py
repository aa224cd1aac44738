"""Makes, changes and removes organizations."""

from __future__ import annotations

from types import EllipsisType

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from accounts.core.principal import Principal
from accounts.models import Organization
from accounts.services.audit import differences, record, snapshot

UPDATE = "update:organization"
STAFFS_SWITCH = "Only staff of this installation switches auto-deploy: ask them for it."


@transaction.atomic
def create_organization(
    by: Principal,
    *,
    name: str,
    slug: str,
    auto_deploys: bool = True,
    event_days: int | None = None,
    attempt_days: int | None = None,
) -> Organization:
    """A customer without members: its first Admin is invited. ValidationError when it is not right."""
    organization = Organization(
        name=name, slug=slug, auto_deploys=auto_deploys, event_days=event_days, attempt_days=attempt_days
    )
    _check_days(organization)
    organization.full_clean()
    organization.save(force_insert=True)
    made = differences({}, snapshot(organization))
    record(by, "create:organization", organization, organization_id=organization.pk, differences=made)
    return organization


@transaction.atomic
def change_organization(
    by: Principal,
    organization: Organization,
    *,
    name: str | None = None,
    slug: str | None = None,
    auto_deploys: bool | None = None,
    event_days: int | EllipsisType | None = ...,
    attempt_days: int | EllipsisType | None = ...,
) -> Organization:
    """What is given. ValidationError when it is not right; nothing is written when nothing differs."""
    current = Organization.objects.select_for_update().get(pk=organization.pk)
    before = snapshot(current)
    current.name = current.name if name is None else name
    current.slug = current.slug if slug is None else slug
    if auto_deploys not in (None, current.auto_deploys):
        if not may_switch(by):
            raise ValidationError({"auto_deploys": STAFFS_SWITCH})
        current.auto_deploys = bool(auto_deploys)
    if event_days is not ...:
        current.event_days = event_days
    if attempt_days is not ...:
        current.attempt_days = attempt_days
    _check_days(current)
    current.full_clean()
    changed = differences(before, snapshot(current))
    if changed:
        current.save(update_fields=["name", "slug", "auto_deploys", "event_days", "attempt_days"])
        record(by, "update:organization", current, organization_id=current.pk, differences=changed)
    return current


def _check_days(organization: Organization) -> None:
    """The installation drops whole days at its own retention: nothing can be kept longer."""
    most = settings.RETENTION_DAYS
    for name in ("event_days", "attempt_days"):
        if (getattr(organization, name) or 0) > most:
            sentence = (
                f"This installation keeps nothing longer than {most} days: give at most that, or nothing."
            )
            raise ValidationError({name: sentence})


def may_switch(by: Principal) -> bool:
    """Whether somebody may switch what an organization is given by the installation: its staff."""
    return UPDATE in by.everywhere


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
