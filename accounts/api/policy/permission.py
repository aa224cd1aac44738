"""What it takes to call an action: one `verb:noun` of the matrix, in the organization of the row."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

VERBS = {
    "list": "read",
    "retrieve": "read",
    "create": "create",
    "update": "update",
    "partial_update": "update",
    "destroy": "delete",
}


class HasPermission(BasePermission):
    """Asks the view which permission it needs, and its principal whether it is there."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether it is held anywhere; rows are asked one by one."""
        if request.auth is None:
            return False
        needed = view.permission_needed()
        if needed and not request.auth.may(needed):
            raise PermissionDenied(sentence(needed))
        return True

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Whether it is held in the organization of the row."""
        view.require(view.organization_id_of(obj))
        return True


def sentence(permission: str) -> str:
    """What is missing."""
    return f"This needs the permission {permission}."
