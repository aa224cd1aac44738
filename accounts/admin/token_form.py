"""The form of a new API token: for whom, what it may, how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.widgets import (
    CHECKBOX_CLASSES,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
)

from accounts.core.permissions import MATRIX
from accounts.core.principal import Principal
from accounts.models import ApiToken, Organization

ORGANIZATION, PERSONAL = "organization", "personal"
DAYS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "1 year", "": "Never"}
ORDER = [line.split()[0] for line in MATRIX.strip().splitlines()[1:]]


class ScopesWidget(forms.CheckboxSelectMultiple):
    """Check boxes in a tile a noun."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        groups = self.get_context(name, value, attrs)["widget"]["optgroups"]
        context = {"groups": groups, "box": " ".join(CHECKBOX_CLASSES)}
        return render_to_string("admin/accounts/apitoken/scopes.html", context)


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    """Subclassed per organization and user by `token_form`."""

    owner = forms.ChoiceField(
        label="Whose token",
        widget=UnfoldAdminRadioSelectWidget,
        help_text="A personal one never does more than its user may at that moment.",
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        widget=ScopesWidget,
        error_messages={"required": "A token without scopes can do nothing: choose at least one."},
    )
    valid_days = forms.ChoiceField(
        label="Expires after",
        choices=list(DAYS.items()),
        initial="90",
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = ApiToken
        fields = ["name"]

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["valid_days"]
        return timezone.now() + timedelta(days=int(days)) if days else None


def token_form(by: Principal, organization: Organization) -> type[TokenForm]:
    """The form class for this user's tokens of the organization: it offers no more than the user has."""
    form = type("TokenForm", (TokenForm,), {})
    form.base_fields["owner"].choices = owners_for(by, organization)
    form.base_fields["owner"].initial = owners_for(by, organization)[0][0]
    form.base_fields["scopes"].choices = scopes_for(by, organization)
    return form


def owners_for(by: Principal, organization: Organization) -> list[tuple[str, str]]:
    """Whose tokens this user can make there: the organization's, their own as a member, or none."""
    owners = []
    if by.may("create:token", organization.pk):
        owners.append((ORGANIZATION, f"{organization}'s"))
    if organization.pk in by.granted:
        owners.append((PERSONAL, f"My own ({by.label})"))
    return owners


def scopes_for(by: Principal, organization: Organization) -> list[tuple[str, list[tuple[str, str]]]]:
    """The permissions that the user has there: verbs by noun, in the matrix's order."""
    held = [scope for scope in ORDER if by.may(scope, organization.pk)]
    nouns = list(dict.fromkeys(_noun(scope) for scope in held))
    held.sort(key=lambda scope: nouns.index(_noun(scope)))
    return [
        (noun.replace("_", " "), [(scope, _verb(scope)) for scope in scopes])
        for noun, scopes in groupby(held, key=_noun)
    ]


def _noun(scope: str) -> str:
    return scope.partition(":")[2]


def _verb(scope: str) -> str:
    return scope.partition(":")[0].replace("_", " ")
