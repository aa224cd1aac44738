"""Vendors of an organization: every changed definition is a new revision, and a revision never changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.core.principal import Principal
from accounts.models import Organization
from accounts.services import audit
from integrations.core.vendor import Vendor
from integrations.models import Destination, DestinationDraft, VendorRevision
from integrations.services.catalogue import CatalogueError, load_text

NAME = "definition"  # stands for the file in errors


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One place in which two definitions differ; None where it does not exist."""

    place: str
    before: object
    after: object


def read_definition(text: str) -> Vendor:
    """The vendor of a text. ValidationError names line, column and field, and says what would be right."""
    try:
        return load_text(text.replace("\r\n", "\n"), NAME)
    except CatalogueError as error:
        raise ValidationError(str(error)) from None


def as_yaml(document: Mapping[str, Any]) -> str:
    """A definition as the text that people read and edit."""
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=110)


@transaction.atomic
def add_revision(
    by: Principal, organization: Organization, text: str, *, of: str | None = None
) -> VendorRevision:
    """The next revision of the organization's vendor; the newest one when nothing differs from it.

    `of` is the slug of the vendor that is changed; without it a new vendor is made. ValidationError when the
    definition is not right, changes its slug, or would take the name of another vendor.
    """
    text = text.replace("\r\n", "\n")
    vendor = read_definition(text)
    Organization.objects.select_for_update().get(pk=organization.pk)  # revisions are numbered one by one
    newest = newest_own(organization, vendor.slug)
    _check_slug(vendor.slug, newest, of)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    if newest is not None and newest.sha256 == sha256:
        return newest
    revision = VendorRevision.objects.create(
        organization=organization,
        slug=vendor.slug,
        name=vendor.name,
        revision=newest.revision + 1 if newest else 1,
        document=text,
        sha256=sha256,
    )
    before = {"revision": newest.revision} if newest else {}
    audit.record(
        by,
        "update:vendor" if newest else "create:vendor",
        revision,
        organization_id=organization.pk,
        differences=audit.differences(before, {"revision": revision.revision, "sha256": sha256}),
    )
    return revision


@transaction.atomic
def remove_vendor(by: Principal, revision: VendorRevision) -> None:
    """All revisions of a custom vendor. ValidationError while a destination or its draft pins one."""
    if revision.organization is None:
        raise ValidationError("Built-in vendors can't be removed.")
    every = VendorRevision.objects.filter(organization=revision.organization, slug=revision.slug)
    pinned = [one.name for one in Destination.objects.filter(vendor_revision__in=every)[:5]]
    pinned += [
        str(one.destination)
        for one in DestinationDraft.objects.filter(vendor_revision__in=every).select_related("destination")[
            :5
        ]
    ]
    if pinned:
        names = ", ".join(dict.fromkeys(pinned))
        raise ValidationError(f"{revision.name} is used by {names}. Remove those destinations first.")
    audit.record(
        by, "delete:vendor", organization_id=revision.organization_id, label=f"{revision.name}, all revisions"
    )
    every.delete()


def newest_own(organization: Organization, slug: str) -> VendorRevision | None:
    """The newest revision of an organization's own vendor."""
    return VendorRevision.objects.filter(organization=organization, slug=slug).order_by("-revision").first()


def changes_between(older: Mapping[str, Any], newer: Mapping[str, Any]) -> list[Change]:
    """Every place in which two definitions differ, in the order of the newer one."""
    return list(_changes("", older, newer))


def _changes(place: str, before: Any, after: Any) -> Any:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*after, *before]):
            yield from _changes(f"{place}.{key}" if place else str(key), before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _changes(place, _keyed(before), _keyed(after))
    else:
        yield Change(place=place, before=before, after=after)


def _keyed(entries: list[Any]) -> dict[str, Any]:
    """List entries by what names them, so that one put in front does not change all the others."""
    found: dict[str, Any] = {}
    for index, entry in enumerate(entries):
        named = entry if isinstance(entry, Mapping) else {}
        name = next(
            (str(named[key]) for key in ("rule", "title", "id", "parameter") if key in named), str(index)
        )
        found[name if name not in found else f"{name} ({index})"] = entry
    return found


def _check_slug(slug: str, newest: VendorRevision | None, of: str | None) -> None:
    if of is not None and slug != of:
        sentence = (
            f"The slug is `{slug}`, and this is the vendor `{of}`: a vendor keeps its slug. Write `{of}`."
        )
        raise ValidationError(sentence)
    if of is None and newest is not None:
        raise ValidationError(
            f"There is a vendor `{slug}` already. Open it and add a revision, or choose another slug."
        )
    if newest is None and VendorRevision.objects.filter(organization=None, slug=slug).exists():
        raise ValidationError(f"`{slug}` is a built-in vendor. Choose another slug, such as `{slug}-own`.")
