"""Looks up what a draft stands in: keys, categories, and the vendors of the pipeline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from integrations.core.tracking_file.config import Category
from integrations.core.tracking_file.surroundings import (
    UNNAMED_LIFETIME_DAYS,
    Declared,
    Offer,
    Surroundings,
)
from integrations.core.tracking_file.vendor_syncs import settled
from integrations.core.vendor import Vendor
from integrations.models import ConsentCategory, Destination, Pipeline, WriteKey
from integrations.services.vendors import compiled


def surroundings_of(pipeline: Pipeline) -> Surroundings:
    """As of now. A destination's secrets are not even read."""
    keys = unrevoked_keys(pipeline)
    return Surroundings(
        write_key=keys[0].key if keys else "",
        endpoint_urls=tuple(url_for(pipeline, one.key) for one in keys),
        is_web=pipeline.kind == Pipeline.Kind.WEB,
        is_development=pipeline.environment == Pipeline.Environment.DEVELOPMENT,
        may_auto_deploy=pipeline.organization.auto_deploys,
        is_explicit=pipeline.consent_policy == Pipeline.ConsentPolicy.EXPLICIT,
        categories=tuple(
            _category(one)
            for one in ConsentCategory.objects.filter(organization_id=pipeline.organization_id).order_by(
                "code"
            )
        ),
        offers=tuple(_offers(pipeline)),
    )


def unrevoked_keys(pipeline: Pipeline) -> list[WriteKey]:
    """The pipeline's write keys that are answered to, the primary first."""
    return list(pipeline.write_keys.filter(revoked_at=None).order_by("-is_primary", "created_at", "id"))


def endpoint_url(pipeline: Pipeline) -> str:
    """The Cluster File Endpoint: `https://CLUSTER/v1/pipelines/<primary key>/file`; empty without a key."""
    keys = unrevoked_keys(pipeline)
    return url_for(pipeline, keys[0].key) if keys else ""


def url_for(pipeline: Pipeline, key: str) -> str:
    """The Cluster File Endpoint under one of the pipeline's keys."""
    return f"{pipeline.cluster.base_url.rstrip('/')}/v1/pipelines/{key}/file"


def _category(category: ConsentCategory) -> Category:
    return Category(
        code=category.code,
        name=category.name,
        cmp_codes=tuple(category.cmp_codes),
        tcf_purposes=tuple(category.tcf_purposes),
        gpp_fields=tuple(category.gpp_fields),
        is_sale_or_sharing=category.is_sale_or_sharing,
    )


def _offers(pipeline: Pipeline) -> Iterator[Offer]:
    """One for each vendor that an enabled destination of the pipeline is connected to, by name."""
    destinations = (
        Destination.objects.filter(pipeline=pipeline, enabled=True)
        .defer("secrets")
        .select_related("vendor_revision")
        .prefetch_related("consent_categories")
        .order_by("name", "id")
    )
    of_vendor: dict[str, list[Destination]] = defaultdict(list)
    for destination in destinations:
        of_vendor[compiled(destination.vendor_revision).slug].append(destination)
    for slug in sorted(of_vendor):
        if _declared(compiled(of_vendor[slug][0].vendor_revision)):
            yield _offer(slug, of_vendor[slug])


def _offer(slug: str, destinations: list[Destination]) -> Offer:
    first, *others = destinations
    vendor = compiled(first.vendor_revision)
    declared = _declared(vendor)
    codes = {
        one.id: sorted(category.code for category in one.consent_categories.all()) for one in destinations
    }
    come_to = _come_to(first)
    return Offer(
        vendor=slug,
        name=vendor.name,
        destinations=tuple(one.name for one in destinations),
        categories=tuple(sorted({code for some in codes.values() for code in some})),
        uncategorised=tuple(one.name for one in destinations if not codes[one.id]),
        settings=_settings(vendor, first),
        differing=tuple(one.name for one in others if _come_to(one) != come_to),
        syncs=declared,
    )


def _come_to(destination: Destination) -> object:
    """The destination's syncs with its settings in them, to compare with another's."""
    vendor = compiled(destination.vendor_revision)
    return [
        (one.id, one.method, one.cookie, settled(one, _settings(vendor, destination)))
        for one in _declared(vendor)
    ]


def _settings(vendor: Vendor, destination: Destination) -> Mapping[str, object]:
    """What may be shown; a secret has no value here, so that it can reach no file."""
    shown = {name: setting for name, setting in vendor.settings.items() if not setting.secret}
    defaults = {name: one.default for name, one in shown.items() if one.default is not None}
    return {**defaults, **{name: value for name, value in destination.settings.items() if name in shown}}


def _declared(vendor: Vendor) -> tuple[Declared, ...]:
    """The vendor's identity syncs, and one for each click id that none of them keeps."""
    syncs = [
        Declared(
            id=one.id,
            method=one.method,
            options={name: value for name, value in one.options.items() if name != "cookie"},
            lifetime_days=one.lifetime_days or UNNAMED_LIFETIME_DAYS,
            cookie=str(one.options.get("cookie", "")),
            about=one.about,
        )
        for one in vendor.identity_syncs
    ]
    kept = {name for one in syncs if one.method == "urlParams" for name in _parameters(one)}
    for click_id in vendor.click_ids:
        if click_id.parameter not in kept:
            syncs.append(
                Declared(
                    id=click_id.parameter,
                    method="urlParams",
                    options={"parameters": [click_id.parameter]},
                    lifetime_days=click_id.lifetime_days,
                    cookie=click_id.cookie,
                    about=click_id.about,
                )
            )
    return tuple(syncs)


def _parameters(declared: Declared) -> list[str]:
    parameters = declared.options.get("parameters", [])
    return [str(one) for one in parameters] if isinstance(parameters, list | tuple) else []
