"""Destinations as their lanes need them: read once, secrets in clear."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError

from integrations.core.consent import Category, Policy
from integrations.core.filter import Filter
from integrations.core.vendor import Mode, Vendor
from integrations.models import Destination
from integrations.services.filters import stored_filter
from integrations.services.mapping_changes import compiled_for
from integrations.services.snapshots import category_value

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """A destination as its lane needs it, secrets in clear."""

    name: str
    vendor: Vendor
    settings: Mapping[str, object]
    mode: Mode
    enabled: bool
    version: int
    consent: Policy
    honours_gpc: bool
    categories: tuple[Category, ...]
    filter: Filter | None
    delay_s: int
    max_age_s: int | None


def read_setups(lane_ids: Sequence[UUID]) -> dict[UUID, Setup]:
    """The setups of these lanes. One that can't be read (a key that is gone, a revision that does not
    compile any more) is left out with a line in the log: the others must go on.
    """
    destinations = (
        Destination.objects.filter(id__in=lane_ids)
        .select_related("vendor_revision", "pipeline")
        .prefetch_related("consent_categories")
    )
    try:
        return {destination.id: _setup(destination) for destination in destinations}
    except DatabaseError:
        raise
    except Exception:
        if len(lane_ids) == 1:
            log.exception("Destination %s can't be driven", lane_ids[0])
            return {}
    return {id: setup for lane_id in lane_ids for id, setup in read_setups([lane_id]).items()}


def _setup(destination: Destination) -> Setup:
    pipeline = destination.pipeline
    vendor = compiled_for(destination.vendor_revision, destination.mapping_changes)
    return Setup(
        name=destination.name,
        vendor=vendor,
        settings={**destination.settings, **destination.secrets},
        mode=Mode(destination.mode),
        enabled=destination.enabled,
        version=pipeline.config_version,
        consent=Policy(pipeline.consent_policy),
        honours_gpc=pipeline.honours_gpc,
        categories=tuple(category_value(category) for category in destination.consent_categories.all()),
        filter=stored_filter(destination.filter, vendor.slug),
        delay_s=destination.delay_s,
        max_age_s=destination.max_age_s,
    )


def holds_unknown(setup: Setup, operation: str) -> bool:
    """Only live requests can double anything."""
    return setup.mode is Mode.LIVE and not setup.vendor.retry_on_unknown(operation)


def read_back_after_s(setup: Setup, operation: str) -> float | None:
    """When to ask whether something arrived, None where the vendor can't be asked or nothing can double."""
    declared = setup.vendor.operation(operation).read_back if setup.mode is Mode.LIVE else None
    return declared.after_s if declared is not None else None
