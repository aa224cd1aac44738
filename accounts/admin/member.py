"""Members: who belongs to an organization, in which role. New ones come by invitation."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.admin.acting import may, principal
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
    fields = ["organization", "user", "role", "can_read_events"]
    actions_list = ["invite"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_invite_permission(self, request: HttpRequest) -> bool:
        return may(request, "create:member")

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

    @action(description="Invite", permissions=["invite"], icon="person_add", variant=ActionVariant.PRIMARY)
    def invite(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:accounts_invitation_add"))
