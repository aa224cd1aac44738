"""Organizations: the customers of this installation."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.acting import principal
from accounts.admin.scoped import ScopedAdmin, WindowInline
from accounts.models import Member, Organization
from accounts.services.organizations import change_organization, may_switch


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
    fields = ["name", "slug", "auto_deploys", "created_at"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MemberInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What the installation gives is its staff's to switch."""
        given = [] if may_switch(principal(request)) else ["auto_deploys"]
        return ["created_at", *given]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """Only while the organization is new: its slug stands in addresses."""
        return {} if obj else {"slug": ["name"]}

    def update_row(self, request: HttpRequest, obj: Organization, form: Any) -> None:
        changed = {name: getattr(obj, name) for name in form.changed_data}
        change_organization(principal(request), obj, **changed)

    def allowed(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        if verb in ("create", "delete"):
            return bool(request.user.is_superuser)
        return super().allowed(request, verb, obj)
