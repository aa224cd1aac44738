"""Changes organizations."""

from __future__ import annotations

from django.db import transaction

from accounts.core.principal import Principal
from accounts.models import Organization
from accounts.services.audit import differences, record, snapshot


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
