"""Organizations: the customers of this installation."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.acting import principal
from accounts.admin.saving import changed_in
from accounts.admin.scoped import ScopedAdmin, WindowInline
from accounts.models import Member, Organization
from accounts.services.organizations import (
    change_organization,
    create_organization,
    may_switch,
    remove_organization,
)


class MemberInline(WindowInline):
    model = Member
    noun = "member"
    fields = ["user", "role", "can_read_events"]
    verbose_name_plural = "members"
    hide_title = True


@admin.register(Organization)
class OrganizationAdmin(ScopedAdmin):
    """Only installation staff makes and deletes them."""

    organization_path = "id"
    noun = "organization"
    list_display = ["name", "slug", "created_at"]
    search_fields = ["name", "slug"]
    fields = ["name", "slug", "auto_deploys", ("event_days", "attempt_days"), "created_at"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MemberInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What the installation gives is its staff's to switch."""
        given = [] if may_switch(principal(request)) else ["auto_deploys"]
        return ["created_at", *given]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """Only while the organization is new: its slug stands in addresses."""
        return {} if obj else {"slug": ["name"]}

    def create_row(self, request: HttpRequest, obj: Organization, form: Any) -> None:
        made = create_organization(
            principal(request),
            name=obj.name,
            slug=obj.slug,
            auto_deploys=obj.auto_deploys,
            event_days=obj.event_days,
            attempt_days=obj.attempt_days,
        )
        obj.__dict__.update(made.__dict__)

    def update_row(self, request: HttpRequest, obj: Organization, form: Any) -> None:
        change_organization(principal(request), obj, **changed_in(form, obj))

    def remove_row(self, request: HttpRequest, obj: Organization) -> None:
        remove_organization(principal(request), obj)

    def allowed(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        if verb in ("create", "delete"):
            return bool(request.user.is_superuser)
        return super().allowed(request, verb, obj)
