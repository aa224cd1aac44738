"""Who may do what: roles, and the `verb:noun` permissions each of them has. The one place that decides."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a member is in an organization."""

    ADMIN = "admin"
    DEPLOYMENT_MANAGER = "deployment_manager"
    INTEGRATION_MANAGER = "integration_manager"
    READ_ONLY = "read_only"


NOUNS = ("cluster", "pipeline", "write_key", "consent_category", "vendor", "destination")
READ = frozenset(f"read:{noun}" for noun in (*NOUNS, "delivery", "organization", "member"))
CONFIGURE = frozenset(
    f"{verb}:{noun}"
    for verb in ("create", "update")
    for noun in ("pipeline", "consent_category", "destination")
)

PERMISSIONS: Mapping[Role, frozenset[str]] = {
    Role.ADMIN: READ
    | frozenset(f"{verb}:{noun}" for verb in ("create", "update", "delete") for noun in (*NOUNS, "member"))
    | {"update:organization", "read:events", "publish:destination", "revoke:write_key", "decide:delivery"},
    Role.DEPLOYMENT_MANAGER: READ
    | CONFIGURE
    | {"create:write_key", "publish:destination", "revoke:write_key", "decide:delivery"},
    Role.INTEGRATION_MANAGER: READ | CONFIGURE | {"create:write_key"},
    Role.READ_ONLY: READ,
}


def allows(role: Role, permission: str, *, granted: frozenset[str] = frozenset()) -> bool:
    """Whether a member of this role, with these further grants (`read:events`), may do it."""
    return permission in PERMISSIONS[role] or permission in granted
