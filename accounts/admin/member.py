"""Members: who belongs to an organization, in which role. New ones come by invitation."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import display

from accounts.admin.acting import principal
from accounts.admin.filters import OrganizationFilter
from accounts.admin.scoped import ScopedAdmin
from accounts.core.permissions import Role
from accounts.models import Member
from accounts.services.giving import refuse_beyond
from accounts.services.members import change_role, grant_event_reading, remove


@admin.register(Member)
class MemberAdmin(ScopedAdmin):
    noun = "member"
    fixed_fields = ["organization", "user"]
    list_display = ["user", "organization", "role_chip", "can_read_events"]
    list_select_related = ["user", "organization"]
    list_filter = [OrganizationFilter, "role"]
    search_fields = ["user__email"]
    ordering = ["user__email"]
    fields = ["organization", "user", "role", "can_read_events"]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Adding is inviting: nobody becomes a member without having said so."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:accounts_invitation_add"))

    def update_row(self, request: HttpRequest, obj: Member, form: Any) -> None:
        by, place = principal(request), obj.organization_id
        if "role" in form.changed_data:
            refuse_beyond(by, place, role=Role(obj.role))
            change_role(by, obj, Role(obj.role))
        if "can_read_events" in form.changed_data:
            refuse_beyond(by, place, grant="read:events")
            grant_event_reading(by, obj, obj.can_read_events)

    def remove_row(self, request: HttpRequest, obj: Member) -> None:
        remove(principal(request), obj)

    @display(description="role", label=True, ordering="role")  # type: ignore[untyped-decorator]
    def role_chip(self, member: Member) -> str:
        return member.get_role_display()
