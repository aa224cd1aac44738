"""The facts of the file routes as the database has them."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from integrations.core.served.facts import Build, ClusterFacts, Clusters, KeyFacts, LiveFile
from integrations.core.served.hosts import host_of_url
from integrations.models import Cluster, FileBuild, TrackingFile, WriteKey


def key_facts(key: str) -> KeyFacts | None:
    """None when the key is unknown or revoked."""
    found = WriteKey.objects.filter(key=key, revoked_at=None).select_related("pipeline__cluster").first()
    if found is None:
        return None
    pipeline = found.pipeline
    file = (
        TrackingFile.objects.filter(pipeline=pipeline)
        .select_related("live_build")
        .defer(
            "live_build__content",
            "live_build__content_gzip",
            "live_build__content_brotli",
            "live_build__config",
        )
        .first()
    )
    return KeyFacts(
        key_id=found.id,
        pipeline_id=pipeline.id,
        organization_id=pipeline.organization_id,
        cluster_id=pipeline.cluster_id,
        base_url=pipeline.cluster.base_url,
        sites=tuple(pipeline.cluster.sites),
        live=_live(file) if file else None,
        deployed=_deployed(file.id) if file else (),
    )


def clusters(_: str = "") -> Clusters:
    """Every cluster of the installation."""
    by_host: dict[str, list[ClusterFacts]] = defaultdict(list)
    for cluster in Cluster.objects.all():
        facts = ClusterFacts(
            id=cluster.id,
            organization_id=cluster.organization_id,
            base_url=cluster.base_url,
            sites=tuple(cluster.sites),
        )
        by_host[host_of_url(cluster.base_url)].append(facts)
    return Clusters(by_host={host: tuple(found) for host, found in by_host.items()})


def _live(file: TrackingFile) -> LiveFile | None:
    """None before the first upload; manual location ends what is live."""
    if file.live_build is None or file.live_since is None:
        return None
    return LiveFile(
        build=Build(id=file.live_build.id, sha256=file.live_build.sha256),
        deployed_at=file.live_since,
        cache_seconds=file.cache_seconds,
    )


def _deployed(file_id: UUID) -> tuple[Build, ...]:
    builds = FileBuild.objects.filter(tracking_file_id=file_id, deployments__isnull=False).distinct()
    return tuple(Build(id=id, sha256=sha256) for id, sha256 in builds.order_by().values_list("id", "sha256"))
