"""Relations in bodies: what the principal can't see is as unknown as what is not there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.fields import empty

from accounts.core.principal import NOBODY, Principal
from accounts.models import Organization
from accounts.services import access

UNSEEN = "There is none with this id that you may use here."


class VisibleField(serializers.PrimaryKeyRelatedField):
    """A row by its id, of an organization where the principal has the permission.

    `organization_path` leads from the row to its organization's id.
    """

    default_error_messages = {"does_not_exist": UNSEEN, "incorrect_type": "Give the id as a string."}

    def __init__(
        self,
        queryset: QuerySet[Any] | None = None,
        *,
        permission: str = "",
        organization_path: str = "organization_id",
        **options: Any,
    ) -> None:
        self.permission, self.organization_path = permission, organization_path
        super().__init__(queryset=queryset, **options)

    def get_queryset(self) -> QuerySet[Any]:
        queryset = super().get_queryset()
        return access.visible(queryset, self.principal, self.permission, self.organization_path)

    def to_internal_value(self, data: Any) -> Model:
        """Malformed ids are unknown ones."""
        try:
            return super().to_internal_value(data)
        except (ValueError, TypeError, OverflowError):
            self.fail("does_not_exist", pk_value=data)

    def use_pk_only_optimization(self) -> bool:
        return True

    @property
    def principal(self) -> Principal:
        """Who asks."""
        view = self.context.get("view")
        return view.principal if view is not None else NOBODY


class OrganizationField(VisibleField):
    """The organization of a new row: one where the principal has the view's permission.

    Left out, it is the only one where the principal has it, if there is only one.
    """

    default_error_messages = {
        "required": "Name the organization: there is more than one in which you may do this.",
        "does_not_exist": "There is no organization with this id in which you may do this.",
    }

    def __init__(self, **options: Any) -> None:
        if not options.get("read_only"):
            options = {"queryset": Organization.objects.all(), "required": False, **options}
        options.setdefault("help_text", "Left out, it is the token's organization.")
        super().__init__(organization_path="id", **options)

    def get_queryset(self) -> QuerySet[Any]:
        self.permission = self.context["view"].permission_needed()
        return super().get_queryset()

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation(self._only() if data is empty else data)

    def permitted(self) -> frozenset[UUID] | None:
        """Where the principal has the permission; None is everywhere."""
        return self.principal.organization_ids(self.context["view"].permission_needed())

    def _only(self) -> Any:
        permitted = self.permitted()
        if permitted is None or len(permitted) != 1:
            self.fail("required")
        return str(next(iter(permitted)))
