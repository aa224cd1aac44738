"""Nobody gives more than they have: what a narrow token could otherwise do through a member it makes."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError

from accounts.core.permissions import Role, permissions_of
from accounts.core.principal import Principal


def refuse_beyond(by: Principal, organization_id: UUID, *, role: Role | None = None, grant: str = "") -> None:
    """ValidationError when the role, or the grant, may do what `by` may not do there."""
    given = permissions_of(role) if role else frozenset({grant})
    beyond = sorted(permission for permission in given if not by.may(permission, organization_id))
    if beyond:
        field = "role" if role else "can_read_events"
        raise ValidationError({field: f"You can't give what you don't have: {', '.join(beyond)}."})
