"""Finds what is known of the write key in an address, and counts who asks for what."""

from __future__ import annotations

from integrations.core.served.facts import KeyFacts
from integrations.core.served.hosts import host_of_url
from integrations.ingest.reply import Refusal
from integrations.ingest.request import Request
from integrations.serving.hatch import Hatch


def facts_of(request: Request, hatch: Hatch, key: str) -> KeyFacts | None:
    """None when the key is unknown, revoked, or another cluster's on this host. Raises Busy and Away."""
    address = hatch.address(request)
    if not hatch.shelf.has_key(key):
        hatch.misses.check(address)
    hatch.requests.count(address, key)
    facts = hatch.shelf.key(key)
    if facts is None:
        hatch.misses.count(address)
        return None
    return facts if _is_served_at(hatch.host(request), facts, hatch) else None


def must_be_own_host(request: Request, hatch: Hatch) -> None:
    """These paths answer on clusters' hosts and this installation's names only. Raises Refusal."""
    host = hatch.host(request)
    if not hatch.shelf.clusters().at(host) and not hatch.is_own_host(host):
        message = (
            f"{host or 'This'} is no cluster's host. Use the host of the cluster's base URL, or add this one "
            "to ALLOWED_HOSTS."
        )
        raise Refusal(404, "unknown_host", message)


def _is_served_at(host: str, facts: KeyFacts, hatch: Hatch) -> bool:
    """On the host of a cluster only its own keys count; a host that no cluster has may be a CDN's."""
    return host == host_of_url(facts.base_url) or not hatch.shelf.clusters().at(host)
