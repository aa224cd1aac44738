"""Deployments: a build goes live at the Cluster File Endpoint; an older one is a rollback."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.core.principal import Principal
from accounts.services import audit
from integrations.models import FileBuild, FileDeployment, TrackingFile
from integrations.services.tracking_files import notices, serving
from integrations.services.tracking_files.drafts import draft_of, locked_file
from integrations.services.tracking_files.surroundings import endpoint_url

MANUAL = (
    "The file's location is manual: nothing is hosted on the cluster. Download the build and host it "
    "yourself, or choose Auto-deploy to Cluster."
)
NOT_ALLOWED = (
    "Auto-deploy to the cluster is off for this organization: download the build and host it yourself, or "
    "ask the staff of this installation to switch it on."
)
NO_KEY = "The pipeline has no write key that is not revoked, so the endpoint has no address: make one first."


@transaction.atomic
def deploy(by: Principal, file: TrackingFile, build: FileBuild) -> FileDeployment:
    """Make this build live, and say so. ValidationError with the reason where deploying is not possible."""
    stored = locked_file(file)
    if build.tracking_file_id != stored.pk:
        raise ValidationError({"build": "This build is of another tracking file: choose one of this file."})
    if refusal := why_not_deployable(stored):
        raise ValidationError(refusal)
    before, now = stored.live_build, timezone.now()
    made = FileDeployment.objects.create(
        tracking_file=stored,
        build=build,
        is_rollback=before is not None and build.number < before.number,
        deployed_at=now,
        deployed_by=by.label[:254],
    )
    stored.live_build = file.live_build = build
    stored.live_since = file.live_since = now
    stored.save(update_fields=["live_build", "live_since"])
    audit.record(
        by,
        "deploy:tracking_file",
        stored,
        organization_id=stored.pipeline.organization_id,
        differences={"live_build": (str(before) if before else None, str(build))},
        label=f"{stored}, {build}",
    )
    notices.deployed(by, stored, at=now)
    serving.deployed(stored)
    return made


def why_not_deployable(file: TrackingFile) -> str:
    """Why nothing of this file can be uploaded to the cluster, as a sentence; empty when it can."""
    if draft_of(file)["settings"]["hosting"] != "cluster":
        return MANUAL
    if not file.pipeline.organization.auto_deploys:
        return NOT_ALLOWED
    return "" if endpoint_url(file.pipeline) else NO_KEY
