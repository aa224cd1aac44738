"""A draft with everything that it refers to looked up: the configuration of a build, or what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from integrations.core.tracking_file.config import FileConfig
from integrations.core.tracking_file.problem import Problem
from integrations.models import Pipeline, TrackingFile


class BadDraft(ValidationError):
    """A draft that can't be kept, or not be built. `problems` has the places and the sentences."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__([one.sentence for one in problems])
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a draft comes to. `config` is None when there are errors; warnings stand among the problems."""

    config: FileConfig | None
    problems: tuple[Problem, ...]


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


def check(file: TrackingFile, draft: Mapping[str, Any] | None = None) -> Checked:
    """The draft (the stored one when none is given) with all that is wrong with it. Never raises."""
    raise NotImplementedError


def resolve(file: TrackingFile, draft: Mapping[str, Any] | None = None) -> FileConfig:
    """The configuration of a build; BadDraft with the errors when the draft has any."""
    raise NotImplementedError


def offered_syncs(file: TrackingFile, draft: Mapping[str, Any] | None = None) -> tuple[OfferedSync, ...]:
    """The syncs of the pipeline's vendors, with what the draft says of each."""
    raise NotImplementedError


def endpoint_url(pipeline: Pipeline) -> str:
    """The Cluster File Endpoint: `https://CLUSTER/v1/pipelines/<primary key>/file`; empty without a key."""
    raise NotImplementedError
