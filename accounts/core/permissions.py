"""Who may do what: the one matrix, for the admin, the API and tokens alike."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a member is in an organization."""

    ADMIN = "admin"
    DEPLOYMENT_MANAGER = "deployment_manager"
    INTEGRATION_MANAGER = "integration_manager"
    READ_ONLY = "read_only"

    @property
    def label(self) -> str:
        """As people write it."""
        return "Read-Only" if self is Role.READ_ONLY else self.value.replace("_", " ").title()


# A permission is `verb:noun`. Columns: Admin, Deployment Manager, Integration Manager, Read-Only.
# Integration Managers configure and stage; what changes a live destination or file is published by others.
# `read:events` (contents of events, personal data in clear) is also a grant that any member may have.
MATRIX = """
                               A  D  I  R
read:organization              x  x  x  x
update:organization            x  .  .  .
read:member                    x  x  x  x
create:member                  x  .  .  .
update:member                  x  .  .  .
delete:member                  x  .  .  .
read:token                     x  x  x  .
create:token                   x  .  .  .
revoke:token                   x  .  .  .
read:audit                     x  x  x  x
read:cluster                   x  x  x  x
create:cluster                 x  .  .  .
update:cluster                 x  .  .  .
delete:cluster                 x  .  .  .
read:pipeline                  x  x  x  x
create:pipeline                x  x  x  .
update:pipeline                x  x  x  .
delete:pipeline                x  .  .  .
read:write_key                 x  x  x  x
create:write_key               x  x  x  .
update:write_key               x  x  .  .
revoke:write_key               x  x  .  .
read:consent_category          x  x  x  x
create:consent_category        x  x  x  .
update:consent_category        x  x  x  .
delete:consent_category        x  .  .  .
read:vendor                    x  x  x  x
create:vendor                  x  x  x  .
update:vendor                  x  x  x  .
delete:vendor                  x  .  .  .
read:destination               x  x  x  x
create:destination             x  x  x  .
update:destination             x  x  x  .
publish:destination            x  x  .  .
pause:destination              x  x  x  .
delete:destination             x  .  .  .
rotate:secret                  x  x  .  .
preview:destination            x  x  x  x
test:destination               x  x  x  .
live_test:destination          x  x  .  .
read:delivery                  x  x  x  x
decide:delivery                x  x  .  .
replay:delivery                x  x  x  .
read:events                    x  .  .  .
erase:events                   x  .  .  .
read:metrics                   x  x  x  x
read:tracking_file             x  x  x  x
update:tracking_file           x  x  x  .
deploy:tracking_file           x  x  .  .
read:webhook_config            x  x  x  .
create:webhook_config          x  x  x  .
update:webhook_config          x  x  x  .
delete:webhook_config          x  x  x  .
read:webhook_delivery_logs     x  x  x  .
"""


def _read(matrix: str) -> dict[Role, frozenset[str]]:
    rows = [line.split() for line in matrix.strip().splitlines()[1:]]
    return {
        role: frozenset(row[0] for row in rows if row[1 + column] == "x") for column, role in enumerate(Role)
    }


PERMISSIONS: Mapping[Role, frozenset[str]] = _read(MATRIX)
ALL_PERMISSIONS = PERMISSIONS[Role.ADMIN]
GRANTS = frozenset({"read:events"})  # what a member may have beside the role


def permissions_of(role: Role, *, granted: frozenset[str] = frozenset()) -> frozenset[str]:
    """All that a member of this role may do, with their grants."""
    return PERMISSIONS[role] | (granted & GRANTS)


def allows(role: Role, permission: str, *, granted: frozenset[str] = frozenset()) -> bool:
    """Whether a member of this role, with these grants, may do it."""
    return permission in permissions_of(role, granted=granted)
