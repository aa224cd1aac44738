"""The lines that a site pastes to load its tracking file."""

from __future__ import annotations

from integrations.core.tracking_file import snippet as core
from integrations.core.tracking_file.document import from_document
from integrations.core.tracking_file.snippet import Snippet
from integrations.models import FileBuild, TrackingFile
from integrations.services.tracking_files.builds import newest_build
from integrations.services.tracking_files.drafts import draft_of
from integrations.services.tracking_files.resolve import resolve
from integrations.services.tracking_files.surroundings import surroundings_of

__all__ = ["Snippet", "snippet_of"]

PREFIX_LENGTH = 16  # hexadecimal digits of the SHA-256 that name a build's immutable address


def snippet_of(file: TrackingFile, build: FileBuild | None = None) -> Snippet:
    """How to load the file. With SRI for this build, else the live one, else the newest.

    BadDraft when nothing was built yet and the draft can't be.
    """
    chosen = build or file.live_build or newest_build(file)
    config = from_document(chosen.config) if chosen else resolve(file)
    url = draft_of(file)["settings"]["file_hosting_url"]
    return core.snippet(
        config,
        url,
        pinned_url=pinned_url(file, chosen) if chosen else "",
        integrity=chosen.integrity if chosen else "",
    )


def pinned_url(file: TrackingFile, build: FileBuild) -> str:
    """Where these very bytes stay: beside the Cluster File Endpoint, when browsers load from there.

    Elsewhere only the customer knows how a build's own address looks, so it is the File Hosting URL, and the
    page must get the new snippet with each deployment.
    """
    url: str = draft_of(file)["settings"]["file_hosting_url"]
    if url in surroundings_of(file.pipeline).endpoint_urls:
        return f"{url}/{build.sha256[:PREFIX_LENGTH]}.js"
    return url
