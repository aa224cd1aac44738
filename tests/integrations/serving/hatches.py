"""A shelf in memory behind the hatch, and a short way to knock."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from integrations.core.served.facts import (
    Away,
    Build,
    ClusterFacts,
    Clusters,
    Content,
    KeyFacts,
    LiveFile,
)
from integrations.ingest.client import TrustedProxies
from integrations.ingest.reply import Reply
from integrations.ingest.request import Request
from integrations.serving.handle import handle
from integrations.serving.hatch import Hatch
from integrations.serving.rates import Rate
from integrations.serving.routes import find_route

KEY = "wk_live-1"
HOST = "events.shop.example"
DEPLOYED_AT = datetime(2026, 11, 21, 5, 42, 10, 700_000, tzinfo=UTC)
SCRIPT = b"window.analytics=1;"
OLD_SCRIPT = b"window.analytics=0;"
CONTENT = Content(plain=SCRIPT, gzip=gzip.compress(SCRIPT, mtime=0), brotli=b"brotli of it")


def build_of(content: bytes) -> Build:
    return Build(id=uuid4(), sha256=hashlib.sha256(content).hexdigest())


BUILD, OLD_BUILD = build_of(SCRIPT), build_of(OLD_SCRIPT)
SHA256 = BUILD.sha256
FACTS = KeyFacts(
    key_id=uuid4(),
    pipeline_id=uuid4(),
    organization_id=uuid4(),
    cluster_id=uuid4(),
    base_url=f"https://{HOST}",
    sites=("shop-two.example",),
    live=LiveFile(build=BUILD, deployed_at=DEPLOYED_AT, cache_seconds=300),
    deployed=(OLD_BUILD, BUILD),
)


def cluster_of(facts: KeyFacts) -> ClusterFacts:
    return ClusterFacts(
        id=facts.cluster_id,
        organization_id=facts.organization_id,
        base_url=facts.base_url,
        sites=facts.sites,
    )


def stranger(base_url: str) -> KeyFacts:
    """Another organization's key, in a cluster with this base URL."""
    own = {name: uuid4() for name in ("key_id", "pipeline_id", "organization_id", "cluster_id")}
    return replace(FACTS, base_url=base_url, sites=(), **own)


@dataclass
class FakeShelf:
    """Knows what a test gives it, and keeps what was noted."""

    keys: dict[str, KeyFacts] = field(default_factory=lambda: {KEY: FACTS})
    contents: dict[UUID, Content] = field(
        default_factory=lambda: {
            BUILD.id: CONTENT,
            OLD_BUILD.id: Content(plain=OLD_SCRIPT, gzip=b"old gzip", brotli=b"old brotli"),
        }
    )
    fetches: list[UUID] = field(default_factory=list)
    asked: int = 0
    is_away: bool = False

    def key(self, key: str) -> KeyFacts | None:
        self.asked += 1
        if self.is_away:
            raise Away
        return self.keys.get(key)

    def has_key(self, key: str) -> bool:
        return key in self.keys

    def clusters(self) -> Clusters:
        by_host: dict[str, tuple[ClusterFacts, ...]] = {}
        for facts in self.keys.values():
            host = facts.base_url.partition("//")[2].partition(":")[0]
            by_host[host] = (*by_host.get(host, ()), cluster_of(facts))
        return Clusters(by_host=by_host)

    def content(self, build: Build) -> Content | None:
        return self.contents.get(build.id)

    def fetched(self, key_id: UUID) -> None:
        self.fetches.append(key_id)


def hatch_of(shelf: FakeShelf, **limits: int) -> Hatch:
    return Hatch(
        shelf=shelf,
        is_own_host=lambda host: host in ("localhost", "127.0.0.1"),
        requests=Rate(limits.get("requests", 1000)),
        misses=Rate(limits.get("misses", 1000)),
        proxies=TrustedProxies(["10.0.0.0/8"]),
    )


@dataclass
class Client:
    """One client of the hatch; keyword arguments are headers."""

    shelf: FakeShelf = field(default_factory=FakeShelf)
    hatch: Hatch | None = None
    address: str = "203.0.113.7"
    host: str = HOST

    def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        self.hatch = self.hatch or hatch_of(self.shelf)
        path, _, query = path.partition("?")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        found = find_route(path)
        assert found, f"nobody answers at {path}"
        request = Request(method, path, query, {"host": self.host} | named, b"", self.address)
        return handle(request, *found, self.hatch)

    def file(self, method: str = "GET", key: str = KEY, **headers: str) -> Reply:
        return self.get(f"/v1/pipelines/{key}/file", method, **headers)


def with_live(**changes: Any) -> KeyFacts:
    assert FACTS.live
    return replace(FACTS, live=replace(FACTS.live, **changes))
