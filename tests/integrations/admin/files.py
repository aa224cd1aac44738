"""Tracking files of the samples' organization, made as the product makes them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts.core.principal import system
from accounts.models import Organization
from integrations.models import FileBuild, TrackingFile
from integrations.services.tracking_files.builds import build, newest_build
from integrations.services.tracking_files.deployments import deploy
from integrations.services.tracking_files.drafts import file_of, save_draft
from tests.integrations.admin.samples import Samples

BY = system("the samples")
HOSTING_URL = "https://cdn.sample.example/s.js"


def make_file(samples: Samples, **settings: Any) -> TrackingFile:
    """The file of the samples' pipeline with a draft that can be built, auto-deployed to the cluster."""
    Organization.objects.filter(id=samples.organization.id).update(auto_deploys=True)
    samples.organization.refresh_from_db()
    samples.pipeline.organization.refresh_from_db()
    file = file_of(samples.pipeline)
    wanted = {"hosting": "cluster", "file_hosting_url": HOSTING_URL, **settings}
    save_draft(BY, file, {"settings": wanted, "consent": {"sources": ["onetrust"]}})
    return file


def make_build(file: TrackingFile, **settings: Any) -> FileBuild:
    """One more build, of these settings."""
    save_draft(BY, file, {"settings": settings})
    build(BY, file)
    made = newest_build(file)
    assert made
    return made


def make_live_file(samples: Samples) -> TrackingFile:
    """A file with build 1, which is live. The same one when asked again."""
    file = file_of(samples.pipeline)
    if file.live_build is None:
        file = make_file(samples)
        deploy(BY, file, make_build(file))
    return file


def step(file: TrackingFile, name: str) -> str:
    """The address of a page of the file: a step, `sizes` or `change`."""
    return reverse(f"admin:integrations_trackingfile_{name}", args=[file.pk])
