"""The draft of a tracking file: what the next build is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.core.principal import Principal
from integrations.core.tracking_file.problem import Problem
from integrations.models import Pipeline, TrackingFile


def file_of(pipeline: Pipeline) -> TrackingFile:
    """The pipeline's tracking file; made with the default draft when there is none yet."""
    raise NotImplementedError


def default_draft(pipeline: Pipeline) -> dict[str, Any]:
    """`{settings, consent, syncs}` for a pipeline that nobody has configured, complete."""
    raise NotImplementedError


def draft_of(file: TrackingFile) -> dict[str, Any]:
    """The draft as it stands, with defaults where it names nothing: every member is there."""
    raise NotImplementedError


def save_draft(by: Principal, file: TrackingFile, draft: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Keep what is given; what is not named stays: `{"consent": {"policy": "implied"}}` changes one member.

    Whatever has the right shape is kept, so that no work is lost, and what is wrong with the draft as it
    then stands is returned. `BadDraft` when the shape is wrong; then nothing is written.
    """
    raise NotImplementedError


def set_cache_seconds(by: Principal, file: TrackingFile, seconds: int) -> None:
    """How long browsers and CDNs may keep the file; in force at once, without a build."""
    raise NotImplementedError
