"""Builds: immutable bytes with their number, hashes and sizes."""

from __future__ import annotations

from accounts.core.principal import Principal
from integrations.models import FileBuild, TrackingFile


def build(by: Principal, file: TrackingFile) -> FileBuild | None:
    """The next build of the draft, announced once; None when its bytes are those of the newest build.

    BadDraft when the draft has errors.
    """
    raise NotImplementedError


def newest_build(file: TrackingFile) -> FileBuild | None:
    """The build with the highest number, without its bytes."""
    raise NotImplementedError
