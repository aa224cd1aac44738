"""A file's builds as rows: what each is now, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from integrations.admin.file_builder.weight import kilobytes
from integrations.models import FileBuild, TrackingFile

BYTES = ("content", "content_gzip", "content_brotli")


@dataclass(frozen=True, kw_only=True)
class BuildRow:
    """One build and its state: a key for the colour and its word."""

    build: FileBuild
    state: tuple[str, str] | None
    is_live: bool
    upload: str  # what bringing it to visitors is called
    size: str


def build_rows(file: TrackingFile, builds: QuerySet[FileBuild]) -> list[BuildRow]:
    """These builds, newest first, without their bytes."""
    found = list(builds.defer(*BYTES))
    deployed = set(
        file.deployments.filter(build__in=[one.id for one in found]).values_list("build_id", flat=True)
    )
    return [_row(file, one, deployed) for one in found]


def upload_words(file: TrackingFile, build: FileBuild) -> str:
    """Uploading what is older than the live build is a rollback."""
    live = file.live_build
    return (
        f"Roll back to build {build.number}"
        if live and build.number < live.number
        else "Upload File to Cluster"
    )


def _row(file: TrackingFile, build: FileBuild, deployed: Iterable[object]) -> BuildRow:
    is_live = build.id == file.live_build_id
    state = ("live", "Live") if is_live else ("usable", "Was live") if build.id in deployed else None
    return BuildRow(
        build=build,
        state=state,
        is_live=is_live,
        upload=upload_words(file, build),
        size=kilobytes(build.size_gzip),
    )
