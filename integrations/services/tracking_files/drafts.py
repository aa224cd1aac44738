"""The draft of a tracking file: what the next build is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.core.principal import Principal
from accounts.services import audit
from integrations.core.tracking_file import draft as documents
from integrations.core.tracking_file.problem import Problem, at
from integrations.core.tracking_file.shape import shape_problems
from integrations.models import Pipeline, TrackingFile
from integrations.services.tracking_files import serving
from integrations.services.tracking_files.resolve import BadDraft, check
from integrations.services.tracking_files.surroundings import surroundings_of

LONGEST_CACHE_S = 31_536_000
DEPLOY = "deploy:tracking_file"


def file_of(pipeline: Pipeline) -> TrackingFile:
    """The pipeline's tracking file; made with the default draft when there is none yet."""
    found = TrackingFile.objects.filter(pipeline=pipeline).select_related("live_build").first()
    if found is None:
        found, _ = TrackingFile.objects.get_or_create(
            pipeline=pipeline, defaults={"draft": default_draft(pipeline)}
        )
    found.pipeline = pipeline
    return found


def default_draft(pipeline: Pipeline) -> dict[str, Any]:
    """`{settings, consent, syncs}` for a pipeline that nobody has configured, complete."""
    return documents.default_draft(surroundings_of(pipeline), cluster_url=pipeline.cluster.base_url)


def draft_of(file: TrackingFile) -> dict[str, Any]:
    """The draft as it stands, with defaults where it names nothing: every member is there."""
    return documents.completed(file.draft)


@transaction.atomic
def save_draft(by: Principal, file: TrackingFile, draft: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Keep what is given; what is not named stays: `{"consent": {"policy": "implied"}}` changes one member.

    Whatever has the right shape is kept, so that no work is lost, and what is wrong with the draft as it
    then stands is returned. `BadDraft` when the shape is wrong; then nothing is written.
    """
    faults = shape_problems(draft)
    if faults:
        raise BadDraft(faults)
    stored = locked_file(file)
    before = documents.completed(stored.draft)
    after = documents.changed(before, draft)
    if after != before:
        differences = {**audit.differences(_told_as(before), _told_as(after)), **_ended(by, stored, after)}
        stored.draft = after
        stored.draft_saved_at = timezone.now()
        stored.draft_saved_by = by.label[:254]
        stored.save()
        _told(by, stored, differences)
    _carry(stored, file)
    return check(stored).problems


@transaction.atomic
def set_cache_seconds(by: Principal, file: TrackingFile, seconds: int) -> None:
    """How long browsers and CDNs may keep the file; in force at once, without a build."""
    if not 0 <= seconds <= LONGEST_CACHE_S:
        sentence = f"Give 0 to {LONGEST_CACHE_S} seconds, which is a year."
        raise ValidationError({"cache_seconds": sentence})
    stored = locked_file(file)
    before, stored.cache_seconds = stored.cache_seconds, seconds
    if before != seconds:
        stored.save(update_fields=["cache_seconds"])
        _told(by, stored, {"cache_seconds": (before, seconds)})
        serving.deployed(stored)
    _carry(stored, file)


def _ended(by: Principal, stored: TrackingFile, after: Mapping[str, Any]) -> audit.Differences:
    """With manual location nothing is hosted on the cluster: what is live there ends, by who may deploy."""
    if after["settings"]["hosting"] != "manual" or stored.live_build is None:
        return {}
    if not by.may(DEPLOY, stored.pipeline.organization_id):
        sentence = (
            f"{stored.live_build} is live on the cluster, and manual location would end that: somebody with "
            f"the permission {DEPLOY} must choose it."
        )
        raise BadDraft((at(("settings", "hosting"), sentence),))
    ended = str(stored.live_build)
    stored.live_build = stored.live_since = None
    serving.deployed(stored)
    return {"live_build": (ended, None)}


def _carry(stored: TrackingFile, file: TrackingFile) -> None:
    """The caller's row as it is now stored."""
    for name in ("draft", "draft_saved_at", "draft_saved_by", "cache_seconds", "live_build", "live_since"):
        setattr(file, name, getattr(stored, name))


def locked_file(file: TrackingFile) -> TrackingFile:
    """The file as it is stored, and nobody else's to write until the transaction ends."""
    rows = TrackingFile.objects.select_for_update(of=("self",))
    return rows.select_related("pipeline__organization", "pipeline__cluster", "live_build").get(pk=file.pk)


def _told_as(draft: Mapping[str, Any]) -> dict[str, Any]:
    return {f"draft.{name}": value for name, value in documents.flat(draft).items()}


def _told(by: Principal, file: TrackingFile, differences: audit.Differences) -> None:
    organization_id = file.pipeline.organization_id
    audit.record(by, "update:tracking_file", file, organization_id=organization_id, differences=differences)
