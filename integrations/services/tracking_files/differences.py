"""What differs between two builds, or between the draft and a build, for reading."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.core.tracking_file.differences import Change, changes
from integrations.core.tracking_file.document import to_document
from integrations.models import FileBuild, TrackingFile
from integrations.services.tracking_files.assembly import assembled
from integrations.services.tracking_files.builds import newest_build
from integrations.services.tracking_files.resolve import resolve

__all__ = ["Change", "Differences", "Weight", "between", "of_draft"]


@dataclass(frozen=True, kw_only=True)
class Weight:
    """Sizes in bytes."""

    raw: int
    gzip: int
    brotli: int


@dataclass(frozen=True, kw_only=True)
class Differences:
    """Everything that differs. `before` is None when there was nothing to compare with.

    `has_other_modules`: the installation's set of browser modules is another one, so that the bytes may
    differ although nothing else does.
    """

    changes: tuple[Change, ...]
    added_modules: tuple[str, ...]
    removed_modules: tuple[str, ...]
    has_other_modules: bool
    before: Weight | None
    after: Weight
    is_empty: bool  # the bytes are the same


def between(before: FileBuild | None, after: FileBuild) -> Differences:
    """What came with `after`."""
    return Differences(
        changes=changes(before.config if before else None, after.config),
        has_other_modules=before is not None and before.module_set != after.module_set,
        **_modules(before, after.modules),
        before=_weight(before) if before else None,
        after=_weight(after),
        is_empty=before is not None and before.sha256 == after.sha256,
    )


def of_draft(file: TrackingFile, against: FileBuild | None = None) -> Differences:
    """What a build of the draft would change, against the newest build when none is given. BadDraft."""
    before = against or newest_build(file)
    config = resolve(file)
    made = assembled(config)
    return Differences(
        changes=changes(before.config if before else None, to_document(config)),
        has_other_modules=before is not None and before.module_set != made.module_set,
        **_modules(before, list(made.modules)),
        before=_weight(before) if before else None,
        after=Weight(raw=len(made.content), gzip=len(made.content_gzip), brotli=len(made.content_brotli)),
        is_empty=before is not None and before.sha256 == made.sha256,
    )


def _modules(before: FileBuild | None, after: list[str]) -> dict[str, tuple[str, ...]]:
    old: list[str] = before.modules if before else []
    return {
        "added_modules": tuple(one for one in after if one not in old),
        "removed_modules": tuple(one for one in old if one not in after),
    }


def _weight(build: FileBuild) -> Weight:
    return Weight(raw=build.size, gzip=build.size_gzip, brotli=build.size_brotli)
