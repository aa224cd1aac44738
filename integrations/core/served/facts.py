"""What the file routes know of a write key, a build's bytes, and the clusters of this installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


class Away(Exception):
    """The database does not answer just now, and nobody remembers what was asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """A build that was deployed once, by its bytes' hash (64 hex digits)."""

    id: UUID
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveFile:
    """What the Cluster File Endpoint answers with."""

    build: Build
    deployed_at: datetime
    cache_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyFacts:
    """An unrevoked write key with what its pipeline serves. `deployed` has every build that ever was live."""

    key_id: UUID
    pipeline_id: UUID
    organization_id: UUID
    cluster_id: UUID
    base_url: str  # of the cluster
    sites: tuple[str, ...]  # of the cluster
    live: LiveFile | None
    deployed: tuple[Build, ...] = ()

    def pinned(self, prefix: str) -> Build | None:
        """The one deployed build whose hash begins so."""
        found = [build for build in self.deployed if build.sha256.startswith(prefix)]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """A build's bytes, plain and compressed."""

    plain: bytes
    gzip: bytes
    brotli: bytes

    @property
    def size(self) -> int:
        return len(self.plain) + len(self.gzip) + len(self.brotli)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterFacts:
    """A cluster with the sites that may read its cross-domain id."""

    id: UUID
    organization_id: UUID
    base_url: str
    sites: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Clusters:
    """Every cluster, by the host of its base URL; several organizations may share a host."""

    by_host: Mapping[str, tuple[ClusterFacts, ...]]

    def at(self, host: str) -> tuple[ClusterFacts, ...]:
        return self.by_host.get(host, ())
