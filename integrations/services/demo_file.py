"""The demo shop's tracking file: configured, built and live, so that the shop is a real site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.core.principal import Principal
from integrations.models import Pipeline, TrackingFile
from integrations.services import configuration
from integrations.services.tracking_files.builds import build, newest_build
from integrations.services.tracking_files.deployments import deploy
from integrations.services.tracking_files.drafts import file_of, save_draft
from integrations.services.tracking_files.snippet import snippet_of
from integrations.services.tracking_files.surroundings import endpoint_url

DRAFT: dict[str, Any] = {
    "settings": {"calls_page_on_load": True},
    "consent": {
        "enabled": True,
        "sources": ["custom_cookie"],
        "custom_cookie": {"name": "shop_consent", "format": "json", "path": ""},
        "storage_categories": ["functional"],  # the banner's words: "remembers your cart and your choices"
    },
}


@transaction.atomic
def live_snippet(by: Principal, pipeline: Pipeline) -> str:
    """What the shop pastes. Made once; later only the addresses follow where the demo runs now."""
    moved = _follow_address(by, pipeline)
    file = file_of(pipeline)
    if newest_build(file) is None:
        save_draft(by, file, DRAFT)
        _go_live(by, file)
    elif moved:
        _go_live(by, file)
    return snippet_of(file).plain


def _follow_address(by: Principal, pipeline: Pipeline) -> bool:
    """Whether the demo's cluster stood at another address than the one it is started at now."""
    cluster = pipeline.cluster
    if cluster.base_url == settings.PUBLIC_URL:
        return False
    pipeline.cluster = configuration.update(by, cluster, {"base_url": settings.PUBLIC_URL})
    return True


def _go_live(by: Principal, file: TrackingFile) -> None:
    base_url = file.pipeline.cluster.base_url.rstrip("/")
    save_draft(
        by,
        file,
        {"settings": {"file_hosting_url": endpoint_url(file.pipeline), "ingestion_url": base_url}},
    )
    build(by, file)
    newest = newest_build(file)
    assert newest, "a build was just made, or there was one"
    deploy(by, file, newest)
