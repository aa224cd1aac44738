"""Users: people who sign in. Members see each other; only installation staff changes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.admin.acting import principal
from accounts.admin.dialogs import question
from accounts.admin.organization import MemberInline
from accounts.admin.saving import changed_in
from accounts.admin.scoped import ScopedAdmin
from accounts.models import Member, User
from accounts.services import access, audit
from accounts.services.users import change_user, create_user, remove_user, take_second_factor

admin.site.unregister(Group)  # rights come from roles in organizations


class UserMemberInline(MemberInline):
    fields = ["organization", "role", "can_read_events"]
    verbose_name_plural = "memberships"


@admin.register(User)
class UserAdmin(ScopedAdmin, DjangoUserAdmin):  # type: ignore[type-arg,misc]
    organization_path = "memberships__organization_id"
    noun = "member"
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = [
        "email",
        "first_name",
        "last_name",
        "is_active",
        "installation_staff",
        "last_login",
    ]
    list_filter = ["is_active", "is_superuser"]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    inlines = [UserMemberInline]
    actions_detail = ["take_second_factor"]
    add_fieldsets = [(None, {"fields": ["email", "is_staff", "usable_password", "password1", "password2"]})]
    staff_fieldsets = [
        (None, {"fields": ["email", "password", ("first_name", "last_name")]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "installation_role"]}),
        ("Times", {"fields": ["last_login", "date_joined"]}),
    ]
    words = {  # Django's own speak of staff where members are meant
        "is_active": (
            "Active",
            "Off, nobody signs in with this address, and sessions end. Better than deleting the user.",
        ),
        "is_staff": ("May open the admin", "On for members and for installation staff."),
        "is_superuser": ("Superuser", "Installation staff with every right in every organization."),
    }
    member_fieldsets = [(None, {"fields": ["email", ("first_name", "last_name"), "is_active", "last_login"]})]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        return self.staff_fieldsets if request.user.is_superuser else self.member_fieldsets

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        label, help_text = self.words.get(db_field.name, (None, None))
        own = {"label": label, "help_text": help_text} if label else {}
        return super().formfield_for_dbfield(db_field, request, **{**own, **kwargs})

    @display(description="installation staff")
    def installation_staff(self, user: User) -> str:
        return "Superuser" if user.is_superuser else user.get_installation_role_display() or "-"

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else []

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Everybody who shares an organization with the user."""
        if request.user.is_superuser:
            return queryset
        members = access.visible(Member.objects.all(), principal(request), "read:member", "organization_id")
        return queryset.filter(id__in=members.values("user_id"))

    def told_in(self, obj: User) -> Sequence[UUID | None]:
        """Customers see what staff does to their members."""
        return list(obj.memberships.values_list("organization_id", flat=True)) or [None]

    def create_row(self, request: HttpRequest, obj: User, form: Any) -> None:
        create_user(principal(request), obj)

    def update_row(self, request: HttpRequest, obj: User, form: Any) -> None:
        change_user(principal(request), obj, changed_in(form, obj))

    def remove_row(self, request: HttpRequest, obj: User) -> None:
        remove_user(principal(request), obj)

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        answer: HttpResponse = super().user_change_password(request, id, form_url)
        if isinstance(answer, HttpResponseRedirect):
            user = User.objects.get(pk=id)
            for place in self.told_in(user):
                audit.record(principal(request), "change:password", user, organization_id=place)
        return answer

    def has_second_factor_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The button stands where there is one to take."""
        return request.user.is_superuser and Authenticator.objects.filter(user=obj).exists()

    @action(
        description="Remove second factor",
        permissions=["second_factor"],
        icon="phonelink_erase",
        variant=ActionVariant.DANGER,
        dialog=question(
            "Remove the second factor?",
            "For who lost phone and recovery codes. Make sure by another way who asks: from now on the "
            "password alone opens the account, until a new second factor is set up.",
            submit="Remove",
        ),
    )
    def take_second_factor(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.carry_out(request, object_id, take_second_factor, "{} signs in by password alone.")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self.allowed(request, "read")
        return self.visible(request, User.objects.filter(id=obj.id)).exists()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser
