"""The cross-domain id: one visitor, one id on all sites of an organization.

The cluster's host keeps a random seed in a cookie that scripts can't read; each organization gets its own id,
derived from it. Nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

import msgspec

from integrations.core.served.cross_domain import delete_cookie, id_of, seed_in, set_cookie
from integrations.core.served.hosts import host_of_url, is_loopback, is_of_sites
from integrations.ingest.cors import origin_of
from integrations.ingest.reply import JSON, Refusal, Reply
from integrations.ingest.request import Request
from integrations.serving.hatch import Hatch
from integrations.serving.keys import facts_of, must_be_own_host
from integrations.serving.sdk_settings import UNKNOWN_KEY

NEVER_KEPT = {"Cache-Control": "no-store"}
SAME_SITE = ("same-origin", "same-site")  # what a browser says of pages of the cluster's own domain


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """Whose id it is, on which scheme its cluster answers, and which sites may read it."""

    organization_id: UUID
    secure: bool
    sites: frozenset[str]


def cross_domain_id(request: Request, hatch: Hatch, path: dict[str, str]) -> Reply:
    """The visitor's id, made at the first visit. A visitor who opted out by GPC has none."""
    owner = _owner(request, hatch)
    _must_be_private(request, hatch, owner)
    _must_be_allowed(request, owner)
    seed = seed_in(request.header("cookie"), secure=owner.secure)
    if request.header("sec-gpc").strip() == "1":
        gone = {"Set-Cookie": delete_cookie(secure=owner.secure)} if seed else {}
        return Reply(204, headers=NEVER_KEPT | gone)
    headers = JSON | NEVER_KEPT
    if not seed:
        seed = uuid4().hex
        headers |= {"Set-Cookie": set_cookie(seed, secure=owner.secure)}
    return Reply(200, msgspec.json.encode({"id": id_of(seed, owner.organization_id)}), headers)


def _owner(request: Request, hatch: Hatch) -> Owner:
    """By the write key where there is one; else by the host, if only one organization answers on it."""
    must_be_own_host(request, hatch)
    here = hatch.shelf.clusters().at(hatch.host(request))
    key = request.parameters().get("writeKey", "")
    if key:
        facts = facts_of(request, hatch, key)
        if facts is None:
            raise Refusal(404, "unknown_write_key", UNKNOWN_KEY)
        return _owned(facts.organization_id, [facts.base_url], facts.sites)
    hatch.requests.count(hatch.address(request), "cross-domain")
    organizations = {cluster.organization_id for cluster in here}
    if len(organizations) != 1:
        message = "It can't be told whose id this is. Add ?writeKey= with a write key of the pipeline."
        raise Refusal(400, "missing_write_key", message)
    sites = [site for cluster in here for site in cluster.sites]
    return _owned(organizations.pop(), [cluster.base_url for cluster in here], sites)


def _owned(organization_id: UUID, base_urls: Iterable[str], sites: Iterable[str]) -> Owner:
    """The hosts of its own clusters are its sites too."""
    base_urls = list(base_urls)
    return Owner(
        organization_id=organization_id,
        secure=all(url.startswith("https:") for url in base_urls),
        sites=frozenset(sites) | {host_of_url(url) for url in base_urls},
    )


def _must_be_private(request: Request, hatch: Hatch, owner: Owner) -> None:
    """Over plain HTTP an id would travel readably: only on this machine, for trying it out."""
    if not owner.secure and not (is_loopback(hatch.host(request)) or is_loopback(hatch.address(request))):
        message = "The cross-domain id is given over HTTPS only. Give the cluster a base URL with https."
        raise Refusal(403, "https_only", message)


def _must_be_allowed(request: Request, owner: Owner) -> None:
    """A page of the cluster's own domain, or of a listed site; a request outside any page has no origin."""
    origin, relation = origin_of(request), request.header("sec-fetch-site")
    if relation in SAME_SITE or not (origin or relation == "cross-site"):
        return
    if not is_of_sites(origin, owner.sites, plain_http=not owner.secure):
        message = "This site may not read the id. Add its domain to the sites of the cluster."
        raise Refusal(403, "unknown_site", message)
