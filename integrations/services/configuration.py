"""Makes, changes and removes configuration rows: checked, planned with from the commit on, audited in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, ProtectedError

from accounts.core.principal import Principal
from accounts.models import Organization
from accounts.services import audit
from integrations.models import Cluster, ConsentCategory, Destination, Pipeline
from integrations.services.destinations import remove_destination
from integrations.services.served.changes import cluster_changed, pipeline_changed
from integrations.services.snapshots import configuration_changed, organization_changed

Many = Mapping[str, Iterable[Model]]


@transaction.atomic
def create(by: Principal, instance: Model, *, many: Many | None = None) -> None:
    """A new row. ValidationError when it is not right."""
    instance.full_clean()
    instance.save(force_insert=True)
    _set(instance, many)
    _follow(by, "create", instance, audit.differences({}, audit.snapshot(instance)))


@transaction.atomic
def update(by: Principal, instance: Model, changes: Mapping[str, Any], *, many: Many | None = None) -> Any:
    """What is given, laid on the row as it is stored now; the row. ValidationError when it is not right.

    What somebody else changed since `instance` was read stays. Nothing is written, nor audited, when nothing
    differs.
    """
    stored = type(instance)._default_manager.select_for_update().get(pk=instance.pk)
    before = audit.snapshot(stored)
    for name, value in changes.items():
        setattr(stored, name, value)
    stored.full_clean()
    if changes:
        stored.save(update_fields=list(changes))
    _set(stored, many)
    differences = audit.differences(before, audit.snapshot(stored))
    if differences:
        _follow(by, "update", stored, differences)
    return stored


@transaction.atomic
def remove(by: Principal, instance: Model) -> None:
    """The row and what hangs on it. ValidationError when others still need it."""
    before, kept_id = audit.snapshot(instance), instance.pk
    organization_id = organization_of(instance)
    planned = _planned_with(instance)
    if isinstance(instance, Pipeline):
        for destination in instance.destinations.all():
            remove_destination(by, destination)  # what waits is cancelled with its reason
    try:
        instance.delete()
    except ProtectedError as error:
        names = ", ".join(sorted({str(one) for one in error.protected_objects})[:5])
        raise ValidationError(f"{instance} is still used by {names}. Remove or change those first.") from None
    instance.pk = kept_id
    planned()
    noun = noun_of(instance)
    differences = audit.differences(before, {})
    audit.record(by, f"delete:{noun}", instance, organization_id=organization_id, differences=differences)


def organization_of(instance: Model) -> UUID:
    """The organization a row belongs to."""
    if isinstance(instance, Organization):
        return instance.id
    owner: Any = getattr(instance, "pipeline", instance)
    organization_id: UUID = owner.organization_id
    return organization_id


def noun_of(instance: Model) -> str:
    """The noun of a row's permissions and audit entries."""
    return str(instance._meta.verbose_name).replace(" ", "_")


def _follow(by: Principal, verb: str, instance: Model, differences: audit.Differences) -> None:
    _planned_with(instance)()
    audit.record(
        by,
        f"{verb}:{noun_of(instance)}",
        instance,
        organization_id=organization_of(instance),
        differences=differences,
    )


def _planned_with(instance: Model) -> Any:
    """What to call so that events are planned, and files served, with the change."""
    match instance:
        case Pipeline(id=pipeline_id):
            pipeline_changed(pipeline_id)
            return lambda: configuration_changed(pipeline_id)
        case Destination(pipeline_id=pipeline_id):
            return lambda: configuration_changed(pipeline_id)
        case Cluster(id=cluster_id):
            cluster_changed(cluster_id)
        case ConsentCategory(organization_id=organization_id):
            return lambda: organization_changed(organization_id)
    return lambda: None


def _set(instance: Model, many: Many | None) -> None:
    for name, rows in (many or {}).items():
        getattr(instance, name).set(rows)
