"""Invitations: places in an organization that wait for their person."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.admin.acting import only_organization, principal
from accounts.admin.cells import chip, exact
from accounts.admin.dialogs import finish
from accounts.admin.filters import ClosedFilter, OrganizationFilter
from accounts.admin.saving import Kept
from accounts.admin.scoped import ScopedAdmin
from accounts.admin.shown_once import shown_once
from accounts.core.permissions import Role
from accounts.models import Invitation
from accounts.services.giving import refuse_beyond
from accounts.services.members import invite, withdraw

LINK = "_invitation_link"  # on the request that made it, and nowhere else
CHIPS = {"open": "waiting", "accepted": "active", "expired": "paused"}


def state_of(invitation: Invitation) -> tuple[str, str]:
    """Whether it can be accepted: a key and its word."""
    if invitation.accepted_at:
        return "accepted", "Accepted"
    return ("open", "Open") if invitation.expires_at > timezone.now() else ("expired", "Expired")


class InvitationStateFilter(ClosedFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("accepted", "Accepted"), ("expired", "Expired")]

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == "accepted":
            return queryset.exclude(accepted_at=None)
        end = "expires_at__gt" if value == "open" else "expires_at__lte"
        return queryset.filter(accepted_at=None, **{end: timezone.now()})


@admin.register(Invitation)
class InvitationAdmin(Kept, ScopedAdmin):
    noun = "member"
    list_display = ["email", "organization", "role_word", "state", "expires", "invited_by"]
    list_select_related = ["organization"]
    list_filter = [OrganizationFilter, InvitationStateFilter]
    search_fields = ["email"]
    actions = None
    actions_detail = ["withdraw"]
    fields = ["organization", "email", "role"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = ["state", "invited_by", "created_at", "expires_at", "accepted_at"]
        return [*self.fields, *shown] if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only with its organization."""
        return request.user.is_superuser

    def has_withdraw_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        invitation = self.row(request, obj) if obj else None
        is_open = invitation is not None and state_of(invitation)[0] == "open"
        return is_open and self.allowed(request, "delete", invitation)

    # --- Inviting ---
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        context = {"title": "Invite a member", **(extra_context or {})}
        one_button = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**context, **one_button})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The least that can be given, and the organization when there is only one."""
        one = only_organization(request, "create:member")
        return {"role": Role.READ_ONLY, "organization": one, **super().get_changeform_initial_data(request)}

    def create_row(self, request: HttpRequest, obj: Invitation, form: Any) -> None:
        by, role = principal(request), Role(obj.role)
        refuse_beyond(by, obj.organization_id, role=role)
        made, link = invite(by, obj.organization, email=obj.email, role=role)
        obj.__dict__.update(made.__dict__)
        request.__dict__[LINK] = link

    def response_add(
        self, request: HttpRequest, obj: Invitation, post_url_continue: Any = None
    ) -> HttpResponse:
        link = request.__dict__[LINK]
        if not link:
            messages.success(request, f"The invitation was sent to {obj.email}.")
            return self.response_post_save_add(request, obj)
        why = f"hand this link to {obj.email}. It works for 7 days and can't be shown again."
        return shown_once(request, self, f"Invitation of {obj.email}", why, link)

    # --- Columns ---
    @display(description="role", label=True, ordering="role")
    def role_word(self, invitation: Invitation) -> str:
        return invitation.get_role_display()

    @display
    def state(self, invitation: Invitation) -> str:
        key, word = state_of(invitation)
        return chip((CHIPS[key], word))

    @display(description="expires", ordering="expires_at")
    def expires(self, invitation: Invitation) -> str:
        return exact(invitation.expires_at)

    @action(
        description="Revoke",
        permissions=["withdraw"],
        icon="block",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Revoke this invitation?",
            "description": "Its link stops working. You can invite the same address again.",
            "form_submit_text": "Revoke",
            "form_class": None,
        },
    )
    def withdraw(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        invitation = self.visible_or_404(request, object_id)
        done, url = (
            f"The invitation of {invitation.email} is revoked.",
            reverse("admin:accounts_invitation_changelist"),
        )
        return finish(request, url, done, lambda: withdraw(principal(request), invitation))
