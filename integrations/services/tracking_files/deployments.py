"""Deployments: a build goes live at the Cluster File Endpoint; an older one is a rollback."""

from __future__ import annotations

from accounts.core.principal import Principal
from integrations.models import FileBuild, FileDeployment, TrackingFile


def deploy(by: Principal, file: TrackingFile, build: FileBuild) -> FileDeployment:
    """Make this build live, and say so. ValidationError with the reason where deploying is not possible."""
    raise NotImplementedError


def why_not_deployable(file: TrackingFile) -> str:
    """Why nothing of this file can be uploaded to the cluster, as a sentence; empty when it can."""
    raise NotImplementedError
