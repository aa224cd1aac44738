"""How draft, newest build and live file stand to each other, in values and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from integrations.core.tracking_file.problem import Problem
from integrations.models import FileBuild, TrackingFile


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a file stands. `sentences` say all of it, the most pressing first."""

    newest: FileBuild | None
    live: FileBuild | None
    live_since: datetime | None
    draft_is_newer: bool  # a build of the draft would differ from the newest one
    build_is_newer: bool  # the newest build is not the live one
    would_differ: bool  # so would a build of the very draft of the newest one: its surroundings changed
    problems: tuple[Problem, ...]
    sentences: tuple[str, ...]


def standing_of(file: TrackingFile) -> Standing:
    """As of now."""
    raise NotImplementedError
