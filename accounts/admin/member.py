"""Members: who belongs to an organization, in which role."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminEmailInputWidget

from accounts.admin.scoped import ScopedAdmin
from accounts.models import Member, User


class NewMemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """Takes an e-mail address instead of offering the users of other organizations."""

    email = forms.EmailField(
        label="E-mail address",
        widget=UnfoldAdminEmailInputWidget,
        help_text="The address this person signs in with.",
    )

    class Meta:
        model = Member
        fields = ["organization", "role", "can_read_events"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        user = User.objects.filter(email__iexact=cleaned.get("email", "")).first()
        if "email" in cleaned and user is None:
            self.add_error(
                "email", "Nobody signs in with this address: installation staff adds the user first."
            )
        elif user and Member.objects.filter(user=user, organization=cleaned.get("organization")).exists():
            self.add_error("email", "This person is a member of the organization already.")
        elif user:
            self.instance.user = user
        return cleaned


@admin.register(Member)
class MemberAdmin(ScopedAdmin):
    noun = "member"
    fixed_fields = ["organization", "user"]
    list_display = ["user", "organization", "role_chip", "can_read_events"]
    list_select_related = ["user", "organization"]
    list_filter = ["role"]
    search_fields = ["user__email"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        who = ["organization", "user"] if obj else ["organization", "email"]
        return [*who, "role", "can_read_events"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewMemberForm
        return super().get_form(request, obj, change, **kwargs)

    @display(description="role", label=True, ordering="role")  # type: ignore[untyped-decorator]
    def role_chip(self, member: Member) -> str:
        return member.get_role_display()
