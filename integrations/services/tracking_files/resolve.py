"""A draft with everything that it refers to looked up: the configuration of a build, or what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from integrations.core.tracking_file import resolve as core
from integrations.core.tracking_file.config import FileConfig
from integrations.core.tracking_file.draft import completed
from integrations.core.tracking_file.problem import Problem, errors_of
from integrations.core.tracking_file.resolve import Resolved
from integrations.core.tracking_file.shape import shape_problems
from integrations.core.tracking_file.vendor_syncs import vendor_syncs
from integrations.models import TrackingFile
from integrations.services.tracking_files.surroundings import endpoint_url, surroundings_of

__all__ = ["BadDraft", "OfferedSync", "check", "endpoint_url", "offered_syncs", "resolve"]


class BadDraft(ValidationError):
    """A draft that can't be kept, or not be built. `problems` has the places and the sentences."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__([one.sentence for one in problems])
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class OfferedSync:
    """One identity sync that a vendor of the pipeline declares, as it would run now."""

    vendor: str  # slug
    vendor_name: str
    sync: str  # id
    method: str
    about: str
    enabled: bool
    lifetime_days: int
    resync: bool
    timeout_ms: int
    categories: tuple[str, ...]  # codes
    destinations: tuple[str, ...]  # names


def check(file: TrackingFile, draft: Mapping[str, Any] | None = None) -> Resolved:
    """The draft (the stored one when none is given): its `config`, or None, and all `problems`."""
    given = file.draft if draft is None else draft
    faults = shape_problems(given)
    if faults:
        return Resolved(config=None, problems=faults)
    return core.resolve(completed(given), surroundings_of(file.pipeline))


def resolve(file: TrackingFile, draft: Mapping[str, Any] | None = None) -> FileConfig:
    """The configuration of a build; BadDraft with the errors when the draft has any."""
    checked = check(file, draft)
    if checked.config is None:
        raise BadDraft(errors_of(checked.problems))
    return checked.config


def offered_syncs(file: TrackingFile, draft: Mapping[str, Any] | None = None) -> tuple[OfferedSync, ...]:
    """The syncs of the pipeline's vendors, with what the draft says of each."""
    whole = completed(file.draft if draft is None else draft)
    return tuple(
        OfferedSync(
            vendor=one.offer.vendor,
            vendor_name=one.offer.name,
            sync=one.declared.id,
            method=one.declared.method,
            about=one.declared.about,
            enabled=one.enabled,
            lifetime_days=one.lifetime_days,
            resync=one.resync,
            timeout_ms=one.timeout_ms,
            categories=one.categories,
            destinations=one.offer.destinations,
        )
        for one in vendor_syncs(whole, surroundings_of(file.pipeline))
    )
