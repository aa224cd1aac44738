"""What differs between two builds, or between the draft and a build, for reading."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.models import FileBuild, TrackingFile


@dataclass(frozen=True, kw_only=True)
class Change:
    """One value that differs. `place` is in words, `path` in names; None stands for absent."""

    path: str
    place: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class Weight:
    """Sizes in bytes."""

    raw: int
    gzip: int
    brotli: int


@dataclass(frozen=True, kw_only=True)
class Differences:
    """Everything that differs. `before` is None when there was nothing to compare with."""

    changes: tuple[Change, ...]
    added_modules: tuple[str, ...]
    removed_modules: tuple[str, ...]
    before: Weight | None
    after: Weight

    @property
    def is_empty(self) -> bool:
        return not (self.changes or self.added_modules or self.removed_modules) and self.before == self.after


def between(before: FileBuild | None, after: FileBuild) -> Differences:
    """What came with `after`."""
    raise NotImplementedError


def of_draft(file: TrackingFile, against: FileBuild | None = None) -> Differences:
    """What a build of the draft would change, against the newest build when none is given. BadDraft."""
    raise NotImplementedError
