"""A pipeline's configuration as planning needs it, read once a version and process."""

from __future__ import annotations

from threading import Lock
from uuid import UUID

from django.db.models import F

from integrations.core.consent import Category, Policy
from integrations.core.plan import Snapshot, Target
from integrations.models import ConsentCategory, Destination, Pipeline
from integrations.services.filters import stored_filter
from integrations.services.vendors import compiled

_snapshots: dict[UUID, Snapshot] = {}
_lock = Lock()


def snapshot(pipeline_id: UUID, version: int) -> Snapshot:
    """The snapshot of this version; read anew, in the caller's transaction, when another one is cached."""
    known = _snapshots.get(pipeline_id)
    if known is not None and known.version == version:
        return known
    fresh = _read(pipeline_id, version)
    with _lock:
        _snapshots[pipeline_id] = fresh
    return fresh


def configuration_changed(pipeline_id: UUID) -> None:
    """Call in the transaction that changes what a pipeline does with events."""
    Pipeline.objects.filter(id=pipeline_id).update(config_version=F("config_version") + 1)


def organization_changed(organization_id: UUID) -> None:
    """Call in the transaction that changes what all pipelines of an organization share."""
    Pipeline.objects.filter(organization_id=organization_id).update(config_version=F("config_version") + 1)


def category_value(category: ConsentCategory) -> Category:
    """The category as the consent rules take it."""
    return Category(
        code=category.code,
        name=category.name,
        is_sale_or_sharing=category.is_sale_or_sharing,
        cmp_codes=tuple(category.cmp_codes),
    )


def _read(pipeline_id: UUID, version: int) -> Snapshot:
    pipeline = Pipeline.objects.get(id=pipeline_id)
    destinations = (
        Destination.objects.filter(pipeline=pipeline)
        .defer("secrets")
        .select_related("vendor_revision")
        .prefetch_related("consent_categories")
    )
    return Snapshot(
        pipeline_id=pipeline_id,
        organization_id=pipeline.organization_id,
        version=version,
        policy=Policy(pipeline.consent_policy),
        honours_gpc=pipeline.honours_gpc,
        targets=tuple(_target(destination) for destination in destinations),
    )


def _target(destination: Destination) -> Target:
    vendor = compiled(destination.vendor_revision)
    return Target(
        id=destination.id,
        name=destination.name,
        slugs=frozenset({vendor.slug.lower(), vendor.name.lower(), destination.name.lower()}),
        vendor=vendor,
        settings=destination.settings,
        categories=tuple(category_value(category) for category in destination.consent_categories.all()),
        enabled=destination.enabled,
        delay_s=destination.delay_s,
        filter=stored_filter(destination.filter, vendor.slug),
    )
