"""What an organization's webhook hears of its tracking files (seed 001's table of payload fields)."""

from __future__ import annotations

from datetime import datetime

from accounts.core.principal import Principal
from accounts.services.tokens import email_of
from integrations.models import TrackingFile
from integrations.services.tracking_files.drafts import draft_of
from integrations.services.tracking_files.surroundings import endpoint_url, unrevoked_keys
from webhooks.services.messages import publish

HOSTING_TYPES = {"cluster": "mr_hosted", "manual": "self_hosted"}

Data = dict[str, object]


def config_saved(by: Principal, file: TrackingFile, *, at: datetime) -> None:
    """A new build is ready for review."""
    publish(file.pipeline.organization_id, "file.config_saved", _data(by, file), at=at)


def deployed(by: Principal, file: TrackingFile, *, at: datetime) -> None:
    """A build went live. `source_url` is the cluster's address of it, `cdn_url` where browsers load it."""
    urls: Data = {
        "source_url": endpoint_url(file.pipeline),
        "cdn_url": draft_of(file)["settings"]["file_hosting_url"],
    }
    publish(file.pipeline.organization_id, "file.deployed", _data(by, file, urls), at=at)


def _data(by: Principal, file: TrackingFile, urls: Data | None = None) -> Data:
    """The fields in the table's order."""
    pipeline = file.pipeline
    keys = unrevoked_keys(pipeline)
    return {
        "analytics_file_id": str(file.id),
        "org_id": str(pipeline.organization_id),
        "org_name": pipeline.organization.name,
        "pipeline_id": str(pipeline.id),
        "pipeline_name": pipeline.name,
        "writekey": keys[0].key if keys else "",
        "cluster_id": str(pipeline.cluster_id),
        "cluster_name": pipeline.cluster.name,
        **(urls or {}),
        "file_hosting_type": HOSTING_TYPES[draft_of(file)["settings"]["hosting"]],
        "user_email": email_of(by),
    }
