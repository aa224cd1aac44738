"""The pipelines of the benchmarks: three destinations, none, and one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.core.principal import system
from accounts.models import Organization
from integrations.models import Cluster, ConsentCategory, Destination, Pipeline
from integrations.services.demo import DESTINATIONS
from integrations.services.destinations import Wanted, connect_destination
from integrations.services.vendors import newest_revision
from integrations.services.write_keys import create_write_key

BY = system("the benchmarks")
ONE_RECEIVER = {"generic-post": {"url": "https://events.example.com/collect"}}


@dataclass(frozen=True, kw_only=True)
class Source:
    """A pipeline with the headers that send to it."""

    pipeline: Pipeline
    headers: tuple[str, ...]

    @property
    def destination(self) -> Destination:
        """The pipeline's only destination."""
        return Destination.objects.select_related("vendor_revision").get(pipeline=self.pipeline)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Whose events are planned for three destinations, for none, and for one."""

    three: Source
    none: Source
    one: Source


def make_sources() -> Sources:
    """The benchmarks' organization."""
    cluster = _organization("benchmarks")
    return Sources(
        three=_source(cluster, "three", DESTINATIONS),
        none=_source(cluster, "none", {}),
        one=_source(cluster, "one", ONE_RECEIVER),
    )


def make_customer(name: str) -> Source:
    """An organization of its own, with one pipeline and one destination."""
    return _source(_organization(name), name, ONE_RECEIVER)


def _organization(name: str) -> Cluster:
    """A new one with its cluster and its consent category."""
    organization = Organization.objects.create(name=name.capitalize(), slug=name)
    ConsentCategory.objects.create(organization=organization, code="advertising", name="Advertising")
    return Cluster.objects.create(
        organization=organization, name="Local", base_url="http://127.0.0.1", region="This machine"
    )


def _source(cluster: Cluster, name: str, destinations: Mapping[str, Mapping[str, str]]) -> Source:
    pipeline = Pipeline.objects.create(
        organization=cluster.organization, cluster=cluster, name=name, kind=Pipeline.Kind.SERVER
    )
    categories = ConsentCategory.objects.filter(organization=cluster.organization)
    key = create_write_key(BY, pipeline, f"bench_{name}_key")
    for slug, values in destinations.items():
        revision = newest_revision(slug)
        assert revision, f"{slug} is not in the catalogue"
        wanted = Wanted(
            name=slug,
            vendor_revision=revision,
            mode=Destination.Mode.SANDBOX,
            values=values,
            categories=list(categories),
        )
        connect_destination(BY, pipeline, wanted)
    return Source(pipeline=pipeline, headers=(f"X-Write-Key: {key.key}", "Content-Type: application/json"))
