"""Builds: immutable bytes with their number, hashes and sizes."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.core.principal import Principal
from accounts.services import audit
from integrations.core.tracking_file.document import to_document
from integrations.models import FileBuild, TrackingFile
from integrations.services.tracking_files import notices
from integrations.services.tracking_files.assembly import assembled
from integrations.services.tracking_files.drafts import locked_file
from integrations.services.tracking_files.resolve import resolve

BYTES = ("content", "content_gzip", "content_brotli")


@transaction.atomic
def build(by: Principal, file: TrackingFile) -> FileBuild | None:
    """The next build of the draft, announced once; None when its bytes are those of the newest build.

    BadDraft when the draft has errors. Builds of one file wait for each other, so numbers have no gaps.
    """
    stored = locked_file(file)
    config = resolve(stored)
    made = assembled(config)
    newest = newest_build(stored)
    if newest is not None and newest.sha256 == made.sha256:
        return None
    now = timezone.now()
    row = FileBuild.objects.create(
        tracking_file=stored,
        number=newest.number + 1 if newest else 1,
        config=to_document(config),
        modules=list(made.modules),
        module_set=made.module_set,
        content=made.content,
        content_gzip=made.content_gzip,
        content_brotli=made.content_brotli,
        sha256=made.sha256,
        integrity=made.integrity,
        size=len(made.content),
        size_gzip=len(made.content_gzip),
        size_brotli=len(made.content_brotli),
        made_at=now,
        made_by=by.label[:254],
    )
    told = {"number": (None, row.number), "sha256": (None, row.sha256), "size": (None, row.size)}
    organization_id = stored.pipeline.organization_id
    audit.record(
        by,
        "build:tracking_file",
        stored,
        organization_id=organization_id,
        differences=told,
        label=f"{stored}, {row}",
    )
    notices.config_saved(by, stored, at=now)
    return row


def newest_build(file: TrackingFile) -> FileBuild | None:
    """The build with the highest number, without its bytes."""
    return FileBuild.objects.filter(tracking_file=file).defer(*BYTES).order_by("-number").first()
