"""Host names: of a request, of a URL, and of the sites that may read an id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

LOOPBACK = re.compile(r"localhost|.+\.localhost|127(?:\.\d{1,3}){3}|::1")
SITE = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)


def host_of(authority: str) -> str:
    """The name in a Host header, lower case, without port; empty when it is none."""
    return host_of_url(f"//{authority}") if authority and not set(authority) & set("/@?#\\ ") else ""


def host_of_url(url: str) -> str:
    """The host name of a URL, lower case; empty when it has none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """This machine and no other."""
    return LOOPBACK.fullmatch(host) is not None


def is_site(name: str) -> bool:
    """A domain as it may stand in a cluster's list: `shop.example`, no scheme, no port."""
    return SITE.fullmatch(name) is not None and not name.replace(".", "").isdigit()


def is_of_sites(origin: str, sites: Iterable[str], *, plain_http: bool) -> bool:
    """Whether the Origin is one of these domains or below one; http counts only where the cluster is http."""
    try:
        parts = urlsplit(origin)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if not host or parts.scheme not in (("https", "http") if plain_http else ("https",)):
        return False
    return any(host == site or host.endswith(f".{site}") for site in sites)
