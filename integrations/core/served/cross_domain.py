"""The cross-domain id: one cookie on the cluster's host, and what each organization sees of it."""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

COOKIE = "cross_domain_id"
LIFETIME_S = 395 * 24 * 3600  # thirteen months; never prolonged
SEED = re.compile(r"[0-9a-f]{32}")
DELETED = "deleted; Max-Age=0"


def cookie_name(*, secure: bool) -> str:
    """With the prefix that keeps subdomains from planting a cookie, where browsers know it."""
    return f"__Host-{COOKIE}" if secure else COOKIE


def id_of(seed: str, organization_id: UUID) -> str:
    """The visitor's id for this organization: two organizations on one host can't compare theirs."""
    digest = hashlib.sha256(f"{seed}:{organization_id}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))


def seed_in(cookie_header: str, *, secure: bool) -> str:
    """The seed that the visitor already has; empty when there is none, or none of ours."""
    wanted = cookie_name(secure=secure)
    for pair in cookie_header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted and SEED.fullmatch(value):
            return value
    return ""


def set_cookie(seed: str, *, secure: bool) -> str:
    """The Set-Cookie header. On https, other sites may send the cookie by `credentials: include`."""
    return _header(f"{seed}; Max-Age={LIFETIME_S}", secure=secure)


def delete_cookie(*, secure: bool) -> str:
    """The Set-Cookie header that takes it away."""
    return _header(DELETED, secure=secure)


def _header(value: str, *, secure: bool) -> str:
    ending = "Secure; SameSite=None" if secure else "SameSite=Lax"
    return f"{cookie_name(secure=secure)}={value}; Path=/; HttpOnly; {ending}"
