"""Who acts: a user, a token or the product itself, with what they may do where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from accounts.core.permissions import ALL_PERMISSIONS


class Kind(StrEnum):
    """What kind of actor it is."""

    USER = "user"
    TOKEN = "token"  # noqa: S105 (a kind, not a secret)
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """Somebody who acts. `granted` is what members may do, by organization.

    `everywhere` is what installation staff may do in every organization; what they do there is audited as
    done by staff. `address` is where the request came from, empty when there was none. `person` is the id of
    the user who acts or whose personal token it is, `ends_at` when a token does.
    """

    kind: Kind
    id: str
    label: str
    granted: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    everywhere: frozenset[str] = frozenset()
    address: str = ""
    person: str = ""
    ends_at: datetime | None = None

    def may(self, permission: str, organization_id: UUID | None = None) -> bool:
        """Whether it may, in this organization, or in any when none is named."""
        if permission in self.everywhere:
            return True
        if organization_id is not None:
            return permission in self.granted.get(organization_id, frozenset())
        return any(permission in permissions for permissions in self.granted.values())

    def organization_ids(self, permission: str) -> frozenset[UUID] | None:
        """Where it may; None is everywhere."""
        if permission in self.everywhere:
            return None
        return frozenset(one for one, permissions in self.granted.items() if permission in permissions)

    def is_staff_in(self, organization_id: UUID | None) -> bool:
        """Whether it acts there as installation staff, not as a member, and not as the product itself."""
        return self.kind is not Kind.SYSTEM and bool(self.everywhere) and organization_id not in self.granted


NOBODY = Principal(kind=Kind.USER, id="", label="nobody")


def system(label: str) -> Principal:
    """The product itself: a command, a task or the demo."""
    return Principal(kind=Kind.SYSTEM, id="", label=label, everywhere=ALL_PERMISSIONS)
