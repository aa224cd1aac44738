"""The lines that a site pastes to load its tracking file."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.models import FileBuild, TrackingFile


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """Four forms of the same, and what a Content-Security-Policy must allow for it."""

    plain: str  # always the live file: follows every deployment
    with_integrity: str  # this build and no other (SRI), from its immutable address; empty without a build
    with_nonce: str  # for a strict CSP: the server puts its nonce in place of NONCE
    without_inline: str  # one script tag; calls before it has loaded need `window.<name>` to be there
    policy: str


def snippet_of(file: TrackingFile, build: FileBuild | None = None) -> Snippet:
    """How to load the file; with SRI for the build, the live one when none is given."""
    raise NotImplementedError
